/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of addresses on an interface: reads ARP and Neighbor Discovery
 * frames and hands on what can be understood (neighbour.h). A flood costs a
 * bounded share of the CPU, at the price of frames that the socket drops.
 */
#pragma once

#include <ev.h>

#include "neighbour.h"

struct hearing;

typedef void hearing_fn(struct hearing *h, const struct neighbour *n);

/* ARP, ND */
#define HEARING_SOCKETS 2

struct hearing {
	struct ev_loop *loop;
	hearing_fn *fn;
	ev_io readable[HEARING_SOCKETS];
	ev_timer pause;
	bool listening;
};

void hearing_init(struct hearing *h, struct ev_loop *loop, hearing_fn *fn);
/* Takes the descriptors, in place of those it has. */
void hearing_set_sockets(struct hearing *h, const int fds[HEARING_SOCKETS]);
/* Frames stay in the sockets until then. */
void hearing_listen(struct hearing *h);
/* Closes the sockets. */
void hearing_fini(struct hearing *h);

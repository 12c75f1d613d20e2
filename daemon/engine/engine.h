/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine as a whole: keeps interfaces and virtual routers as vipd's
 * messages say, lets packets and time act on them, and tells vipd their
 * states. Packets that have arrived are heard before anything that is due is
 * done: a router that was late finds out what happened meanwhile first. A new
 * engine leaves packets in the sockets, which vipd kept open, until the end of
 * the first sync: before, it does not know whom they are for.
 */
#pragma once

#include <ev.h>

#include "child.h"
#include "iface.h"
#include "roster.h"
#include "timer.h"

struct engine {
	struct child child;
	struct timer timer;
	struct iface *ifaces;
	struct roster roster;
	struct instance_conf pending;
	bool is_pending;
	bool is_synced;
	bool stopping;     /* ends when no router yields any more */
	int announce_fd;   /* -1: none yet */
	uint64_t marks_us; /* not before are marks told again */
	ev_prepare before_wait;
};

/* Starts the child's ritual; main drops privileges and runs e->child.loop. */
void engine_init(struct engine *e);
/* Something has happened to the router: it acts, with its group, in its turn.
 * Before the first sync has ended nobody does. */
void engine_touch(struct engine *e, struct instance *in, uint64_t now);

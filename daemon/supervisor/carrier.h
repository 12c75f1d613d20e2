/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether links are usable, with the delays of interface_up_down_delays: one
 * answer for adverts and for track_interface.
 */
#pragma once

#include <ev.h>

#include "conf_watch.h"

struct carrier;
struct links;

struct carriers {
	struct ev_loop *loop;
	const struct links *links;
	struct carrier *first;
	/* A delay is over: ask again. */
	void (*changed)(void *arg, const char *name);
	void *arg;
};

void carriers_init(struct carriers *cs, struct ev_loop *loop, const struct links *links,
    void (*changed)(void *arg, const char *name), void *arg);
void carriers_configure(struct carriers *cs, const struct conf_watch *conf);
/* A link that does not exist is not usable, whatever the delay. */
bool carriers_usable(struct carriers *cs, const char *name);

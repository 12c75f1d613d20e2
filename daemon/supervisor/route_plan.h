/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a route needs next: pure decisions of route.c.
 */
#pragma once

#include <stdbool.h>

#include "conf.h"

/* What the kernel has of vipd's for one destination, table and metric. */
struct route_place {
	bool ready;   /* the interfaces it names can take it */
	bool present; /* vipd's is there */
	bool fits;    /* as wanted */
};

enum route_step {
	ROUTE_REST,
	ROUTE_ADD,
	ROUTE_DELETE,
	ROUTE_WAIT, /* for an interface, or for a time */
};

/* early: not to be tried again yet. */
enum route_step route_plan_next(bool wanted, const struct route_place *p, bool early);
/*
 * What the kernel tells of a route is what was wanted: what was not said (an
 * interface that the kernel found by via, IPv6's scope) may be anything.
 */
bool route_plan_fits(const struct conf_route *want, const struct conf_route *there);
/* RT_SCOPE_* as ip-route(8) chooses it. */
uint8_t route_plan_scope(const struct conf_route *route);

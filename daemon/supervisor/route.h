/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of vipd's routes: brings the kernel from what is present to what is
 * wanted, and keeps it there. Vipd's are the routes with ROUTE_PROTO; nobody
 * else's is ever replaced or removed, and one with the same destination, table
 * and metric is an error of the wanted one (EEXIST).
 *
 * It has an rtnetlink socket of its own for requests, notifications and dumps.
 * The kernel filters what arrives there by that number (a socket filter; dumps
 * with NETLINK_GET_STRICT_CHK, Linux 4.20), so that a node with a million
 * routes costs a walk of its tables at the start, and at most once a second
 * while links or addresses change: IPv4 routes go without a word with their
 * link or their source.
 *
 * Requests go in slices of at most 2 ms. A refused route is told with its
 * owner and the reason, and tried again; one deleted behind vipd's back comes
 * back (heal.h). A route that changes is deleted and added within one slice.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "conf.h"

/* RTPROT_* of vipd's routes: the number of its addresses; keepalived has 18,
 * routing daemons those from 186 on. */
#define ROUTE_PROTO 0x76

struct route_want {
	const char *owner; /* for messages */
	const struct conf_route *route;
};

struct links;
struct routes;

/* on_gone: nothing is wanted and nothing is left; may be NULL. Reads what a dead
 * vipd left; it goes unless it is wanted before the loop runs. */
struct routes *routes_new(
    struct ev_loop *loop, struct links *links, void (*on_gone)(void *arg), void *arg);
/* Leaves the kernel's routes alone. */
void routes_free(struct routes *rs);
/*
 * All that are wanted from now; others of vipd's go. Of several for one
 * destination, table and metric the first counts. Carried out after this call
 * has returned, before addresses of the same loop round.
 */
void routes_want(struct routes *rs, const struct route_want *list, size_t n);
/* None is wanted, and none is there. */
bool routes_gone(const struct routes *rs);
/* How many residues nobody wanted have been removed. */
unsigned routes_removed(const struct routes *rs);
/* Called by link.h's ops: a link or an address came, changed or went. */
void routes_on_change(struct routes *rs);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes as rtnetlink(7) messages: RTM_NEWROUTE and RTM_DELROUTE as `ip route
 * add|del` would send them, and what the kernel tells, as a struct conf_route.
 * Interfaces are names here; link.h knows their indices.
 */
#pragma once

#include "conf.h"

struct links;
struct nl_sock;
struct nlmsghdr;

/*
 * ip route add TYPE TO via V dev D src S table T metric M mtu U proto 118; fails
 * with EEXIST where another has the destination, table and metric. The number
 * of the request is set. 0, or a libnl error (-NLE_AGAIN: the socket is full).
 */
int route_send_add(struct nl_sock *sock, const struct links *links,
    const struct conf_route *route, uint32_t *seq);
/* ip route del TO table T metric M proto 118: never somebody else's. */
int route_send_del(struct nl_sock *sock, const struct conf_route *route, uint32_t *seq);

/* RTM_NEWROUTE, RTM_DELROUTE; false: not one of vipd's. */
bool route_read(struct nlmsghdr *nlh, const struct links *links, struct conf_route *out);

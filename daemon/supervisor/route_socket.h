/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rtnetlink socket of route.c: the kernel puts only routes with ROUTE_PROTO
 * into it, in notifications and in dumps. Others pass on very busy nodes by the
 * hundred thousand.
 */
#pragma once

#include "netlink.h"

/* Fatal if there is none. */
void route_socket_open(
    struct netlink *nl, struct ev_loop *loop, const struct netlink_ops *ops, void *arg);

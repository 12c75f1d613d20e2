/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells, taken to the modules it concerns: links, answers,
 * addresses of this node's own. Speaks no netlink (netlink.h, address.h,
 * vmac.h do) and decides nothing.
 */
#pragma once

#include <stddef.h>

struct conf;
struct fence;
struct route_want;
struct vipd;

/* Opens rtnetlink and reads the links. Only what lasts is wanted yet (lasting.h),
 * so the addresses and macvlans a dead vipd left go. */
void kernel_start(struct vipd *v);
/* The instances' routes, beside those that last and those of gateways. */
void kernel_want_routes(struct vipd *v, const struct route_want *list, size_t n);
/* Looks soon, once for all that ask, whether each Service may still have its
 * addresses: somebody else's have changed. */
void kernel_recheck_soon(struct vipd *v);
/* What reply_gateway takes of rules and routes from now on; NULL: nothing. */
void kernel_want_replies(struct vipd *v, const struct conf *conf);
/* What the fence asks about addresses: who else has one. */
void kernel_answers_fence(struct vipd *v, struct fence *fence);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells, taken to the modules it concerns: links, answers,
 * addresses of this node's own. Speaks no netlink (netlink.h, address.h,
 * vmac.h do) and decides nothing.
 */
#pragma once

struct fence;
struct vipd;

/* Opens rtnetlink and reads the links. Nothing is wanted yet, so the addresses
 * and macvlans a dead vipd left go. */
void kernel_start(struct vipd *v);
/* Looks soon, once for all that ask, whether each Service may still have its
 * addresses: somebody else's have changed. */
void kernel_recheck_soon(struct vipd *v);
/* What the fence asks about addresses: who else has one. */
void kernel_answers_fence(struct vipd *v, struct fence *fence);

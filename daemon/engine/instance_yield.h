/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router that gives its addresses up: binds yield.h to the election,
 * to what neighbours announce and to vipd. Sends nothing to the network.
 */
#pragma once

#include "chan.h"
#include "instance.h"

/* The election has left the state `before`. */
void instance_yield_moved(struct instance *in, enum vrrp_state before, uint64_t now_us);
/* After an advert of another router: it may be the successor's. */
void instance_yield_advert(
    struct instance *in, const struct ipaddr *from, uint8_t priority, uint64_t now_us);
/* True: it may have changed something. */
bool instance_yield_neighbour(struct instance *in, const struct iface *iface,
    const struct neighbour *n, uint64_t now_us);
/* An engine before this one was in the middle of it. */
void instance_yield_resume(struct instance *in, uint64_t now_us);
/* vipd has not heard something. */
bool instance_yield_is_news(const struct instance *in);
/* What vipd has not heard: MSG_RELEASED, MSG_YIELDED. Comes behind MSG_STATE. */
void instance_yield_tell(struct instance *in, struct chan *vipd);

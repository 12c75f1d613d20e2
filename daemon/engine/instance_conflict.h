/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router among neighbours that may use its addresses: binds
 * conflict.h and probe.h to the election, to what is heard, and to vipd. A
 * router that was heard on this identifier lately is no stranger: the election
 * settles that, and repairs the neighbours' caches.
 */
#pragma once

#include "chan.h"
#include "instance.h"

/* True: something is to be done or told. */
bool instance_conflict_neighbour(struct instance *in, const struct iface *iface,
    const struct neighbour *n, uint64_t now_us);
void instance_conflict_expire(struct instance *in, uint64_t now_us);
/* vipd has not heard something. */
bool instance_conflict_is_news(const struct instance *in);
/* MSG_CONFLICT, MSG_PROBED. */
void instance_conflict_tell(struct instance *in, struct chan *vipd);
void instance_conflict_fini(struct instance *in);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a LoadBalancer Service is, and which addresses of it are vipd's to
 * serve. Pure; the same on every node, since it follows from the object and
 * the configuration alone.
 *
 * A Service of our class is ours. One of no class is taken where the
 * configuration claims those, but never from somebody else: not with an
 * ingress that vipd did not write, nor with another controller's annotation or
 * finalizer (S5, S15).
 */
#pragma once

#include <stddef.h>

#include "msg.h"
#include "pools.h"

struct service_object;
struct settings;

enum tenure {
	TENURE_NONE, /* another class, another type */
	TENURE_OURS,
	TENURE_FOREIGN,   /* it would be, but somebody else has it */
	TENURE_OPTED_OUT, /* vipd.io/ignore */
};

/* why (REASON_LEN, may be NULL) says, but for OURS, why not, and the remedy;
 * it is empty for what is of another type. */
enum tenure tenure_of(
    const struct service_object *s, const struct settings *settings, char *why);
/*
 * What is served of the pools: what the status says, which the allocator
 * wrote; with manifests, which have no allocator, what is asked for.
 */
size_t tenure_addresses(const struct service_object *s, const struct settings *settings,
    struct ipaddr out[POOL_FAMILIES]);

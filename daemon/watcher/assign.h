/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeds the allocator (alloc.h) from the store: Services, what they reserve by
 * externalIPs, what endpoints have, what is somebody's own (owners.h). Pure;
 * what comes of it is written by verdict.h and writer.h.
 */
#pragma once

#include <stddef.h>

#include "alloc.h"
#include "owners.h"

struct claims;
struct nodes;
struct service_object;
struct settings;
struct slice_object;

/* What one object keeps reserved; embedded in what holds the object. */
struct assign_hold {
	struct ipaddr *addrs;
	size_t n;
	size_t cap;
};

struct assign {
	struct alloc *alloc;
	const struct settings *settings;
	struct owners owners;
	struct assign_hold owned;
	const struct claims *claims;
	const struct nodes *nodes;
};

void assign_init(struct assign *a, const struct settings *settings,
    const struct claims *claims, const struct nodes *nodes);
void assign_fini(struct assign *a);
/* The settings, or the pools, are others; then everything is put again. */
void assign_settle(struct assign *a);

/* s: as it is now; NULL: it has gone. The older object is still there. */
void assign_service(struct assign *a, const char *key, const struct service_object *s,
    struct assign_hold *hold);
/* NULL: it has gone. */
void assign_slice(
    struct assign *a, const struct slice_object *slice, struct assign_hold *hold);

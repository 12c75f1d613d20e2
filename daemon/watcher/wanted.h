/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status that a Service should have, as far as the allocator is concerned:
 * its addresses in the order of its families, why one is missing, and which
 * instance carries each. Pure; writer.h writes what differs, and an empty one
 * cleans what was written before (W5).
 */
#pragma once

#include "msg.h"
#include "status.h"

struct service_object;
struct store;

struct wanted {
	struct service_status status;
	char news[REASON_LEN]; /* worth an Event; empty: nothing */
};

/* For who leads, after alloc_run(), of a Service without a fault. */
void wanted_build(struct wanted *w, const struct service_object *s,
    const struct store *store, uint64_t now_us);
void wanted_fini(struct wanted *w);

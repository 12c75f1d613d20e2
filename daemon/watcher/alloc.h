/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator: which LoadBalancer Service has which address of the pools.
 * Pure: Services (with what their status says), pools and reserved addresses
 * go in, what each Service should have comes out. Knows no clock, no API and
 * no other node; whoever uses it says whether it leads.
 *
 * - An address has one holder, or several that share it (one key, one
 *   Namespace, no port in common). A node's, an endpoint's or an external
 *   IP's address is reserved: it is nobody's.
 * - What a Service has it keeps: over restarts and new leaders (its status
 *   says so), whatever becomes of the pools. It loses an address only to its
 *   own wish, families or class, or to whoever sat on it before.
 * - An address that a Service is to lose stays reserved until its status says
 *   so no longer: nobody ever sees it with two Services.
 * - A released address is handed out again as late as possible: each pool
 *   goes on behind the address it handed out last, also after a restart
 *   (struct service_balancer, allocated).
 * - Older Services are served first. The same history has the same end.
 *
 * A decision costs a few look-ups; only where a pool is nearly full it walks
 * over addresses in use, and a full pool is known by its count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "object.h"
#include "pools.h"

struct alloc;

enum alloc_verdict {
	ALLOC_UNDECIDED, /* not looked at since it came: not leading */
	ALLOC_DONE,
	ALLOC_WAITS,    /* for an address to become free */
	ALLOC_CONFLICT, /* what it asks for is somebody else's */
	ALLOC_REFUSED,  /* what it asks for it cannot have */
};

/* vipd writes one of each family. */
#define ALLOC_LINGERING_MAX 4

struct alloc_service {
	const struct service_object *object;
	struct ipaddr held[POOL_FAMILIES]; /* family 0: none */
	enum alloc_verdict verdict;
	char why[REASON_LEN]; /* it lacks an address; empty: it does not */
	/* of the allocator */
	bool ours; /* it is to have addresses */
	bool due;
	/* what its status still says though it is not held any longer */
	struct ipaddr lingering[ALLOC_LINGERING_MAX];
	size_t n_lingering;
	bool seated; /* what it holds has been decided, or confirmed */
	char uid[40];
	char pool[NAME_LEN]; /* it asks for; empty: for none */
	bool moves;          /* it asks for another one than before */
	char *sharing;       /* "namespace/key"; NULL: it does not share */
	struct alloc_service *next_sharer;
	UT_hash_handle hh;
	char key[]; /* "namespace/name" */
};

struct alloc *alloc_new(void);
void alloc_free(struct alloc *a);
/* Borrowed until the next call; everything is held against them anew. */
void alloc_set_pools(struct alloc *a, const struct pools *pools);

/*
 * Leading: decisions are made, and what was decided stands whatever the
 * Services' status still says. Not leading: their status is the truth.
 */
void alloc_lead(struct alloc *a, bool leads);

/*
 * The object is borrowed until it is put again or removed. ours: false where
 * it is not, or no longer, vipd's; then it holds nothing.
 */
void alloc_put(struct alloc *a, const struct service_object *s, bool ours);
void alloc_remove(struct alloc *a, const char *key);

/* Counted: what was reserved twice is freed by the second unreserve. */
void alloc_reserve(struct alloc *a, const struct ipaddr *addr);
void alloc_unreserve(struct alloc *a, const struct ipaddr *addr);

/* Decides what is due; `decided` is called for each Service looked at. */
void alloc_run(struct alloc *a,
    void (*decided)(void *arg, const struct alloc_service *as), void *arg);

const struct alloc_service *alloc_find(const struct alloc *a, const char *key);
/* What as holds in the order of its families; how many. */
size_t alloc_held(const struct alloc_service *as, struct ipaddr out[POOL_FAMILIES]);
/* Addresses of a pool that are held or reserved. */
uint64_t alloc_used(const struct alloc *a, size_t pool, enum pool_family family);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address pools made ready for the allocator: what each may hand out, in
 * order, how many that are, and whose Services it serves. Says nothing about
 * who holds an address. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf_pool.h"

#define POOL_NONE SIZE_MAX

/* Index of what is kept for each family. */
enum pool_family { POOL_IPV4, POOL_IPV6, POOL_FAMILIES };

struct pool {
	const struct conf_pool *conf;
	/* addresses less exclude: sorted, disjoint, IPv4 first */
	struct iprange *usable;
	size_t n_usable;
	size_t cap_usable;
	/* how many there are to hand out; UINT64_MAX: as many or more */
	uint64_t size[POOL_FAMILIES];
};

struct pool_place {
	struct iprange range;
	size_t pool;
};

struct pools {
	struct conf_pool *conf;
	struct pool *items; /* in the order in which they are tried */
	size_t n;
	struct pool_place *places; /* sorted, disjoint but within a pool */
	size_t n_places;
};

/* Takes conf and what it holds. Pools do not overlap: conf.h checks that. */
struct pools *pools_new(struct conf_pool *conf, size_t n);
void pools_free(struct pools *p);
enum pool_family pool_family_of(const struct ipaddr *addr);
/* The pool in whose `addresses` addr is, excluded or not; POOL_NONE. */
size_t pools_find(const struct pools *p, const struct ipaddr *addr);
/*
 * Addresses that are never handed out although they are in range: IPv4 ending
 * in .0 or .255, IPv6 with 64 zero bits at the end (RFC 4291 2.6.1), unless a
 * range consists of that one address.
 */
bool pool_offers(const struct pool *p, const struct ipaddr *addr);
/* The same, of whichever pool has it. */
bool pools_offer(const struct pools *p, const struct ipaddr *addr);
/* The first address at or behind `from` (family only: at all); false: none. */
bool pool_next(const struct pool *p, const struct ipaddr *from, struct ipaddr *out);
/* namespaces and service_selector let the Service have one. */
bool pool_fits(
    const struct pool *p, const char *ns, const struct label *labels, size_t n_labels);

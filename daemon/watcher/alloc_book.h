/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator's book: who holds each address, how many of a pool are in use
 * and how many of them by one Namespace. Counts, and decides nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "ipaddr.h"
#include "msg.h"
#include "pools.h"

struct alloc_service;

struct book_entry {
	struct ipaddr addr;
	size_t pool;  /* POOL_NONE: of none */
	bool offered; /* counts against the pool's size */
	unsigned reserved;
	char ns[NAME_LEN]; /* counted as this one's; empty: not held */
	struct alloc_service **holders;
	size_t n;
	size_t cap;
	UT_hash_handle hh;
};

struct book_quota; /* addresses of a pool that a Namespace holds */

struct book {
	const struct pools *pools; /* NULL: none */
	struct book_entry *entries;
	struct book_quota *quotas;
	uint64_t (*used)[POOL_FAMILIES]; /* of each pool */
};

void book_fini(struct book *b);
/* Counts everything against other pools. */
void book_set_pools(struct book *b, const struct pools *pools);
struct book_entry *book_find(const struct book *b, const struct ipaddr *addr);
bool book_is_free(const struct book *b, const struct ipaddr *addr);
void book_hold(
    struct book *b, const struct ipaddr *addr, struct alloc_service *as, const char *ns);
void book_release(struct book *b, const struct ipaddr *addr, struct alloc_service *as);
void book_reserve(struct book *b, const struct ipaddr *addr);
/* True: the address is free now. */
bool book_unreserve(struct book *b, const struct ipaddr *addr);
uint64_t book_used(const struct book *b, size_t pool, enum pool_family family);
/* Addresses of the pool that the Namespace holds. */
size_t book_held_by(const struct book *b, size_t pool, const char *ns);

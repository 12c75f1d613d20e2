/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which endpoint serves which slot of a port. A client's hash picks the slot
 * (ruleset.c), so every node that knows the same endpoints sends a flow to the
 * same one (I6). Pure: endpoints in, table out.
 *
 * Rendezvous hashing with a bound: each slot in turn takes the endpoint that
 * scores highest for it among those that have less than their share, so shares
 * are even to one slot, as with round robin. When one of N endpoints goes its
 * slots move, and a few of the others (4 % with 5 endpoints, 9 % with 8).
 * Without the bound none of the others would, but the busiest of 8 endpoints
 * would carry half as much again as its share, every day.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;

#define SPREAD_SIZES 5
#define SPREAD_MAX 1024
#define SPREAD_NOBODY UINT16_MAX

/* The sizes a table may have, in rising order; the first is 1. */
uint32_t spread_size(size_t i);
/* The size for so many endpoints (at least 1). */
uint32_t spread_size_for(size_t endpoints);
/*
 * A kind of table. Sticky: the slot follows from the client's address without
 * its port. Inside: for clients of the node itself, where they have a table of
 * their own (S7).
 */
struct spread_kind {
	uint32_t size;
	bool sticky;
	bool inside;
};

/* A table's slots are numbered from here on; no two tables overlap. */
uint32_t spread_first(const struct spread_kind *k);
/* The table that a slot number belongs to; false if there is none. */
bool spread_kind_of(uint32_t slot, struct spread_kind *out);

/*
 * Fills slots[size] with indices into endpoints[n], 1 <= n < SPREAD_NOBODY,
 * which are sorted and differ from each other.
 */
void spread_fill(
    const struct endpoint *endpoints, size_t n, uint16_t *slots, uint32_t size);

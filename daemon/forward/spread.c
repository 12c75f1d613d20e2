/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spread.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "hash.h"
#include "layout.h"
#include "mem.h"

#define STICKY 0x10000
#define INSIDE 0x20000
/* 2^64 / golden ratio: neighbouring slots get unrelated scores. */
#define SLOT_STEP UINT64_C(0x9e3779b97f4a7c15)

static const uint32_t sizes[SPREAD_SIZES] = { 1, 8, 32, 128, SPREAD_MAX };

uint32_t
spread_size(size_t i)
{
	return sizes[i];
}

/* At least 4 slots an endpoint: nobody has more than 5/4 of the share. */
uint32_t
spread_size_for(size_t endpoints)
{
	if (endpoints == 1)
		return 1;
	for (size_t i = 1; i < SPREAD_SIZES; i++)
		if (sizes[i] >= 4 * endpoints)
			return sizes[i];
	return SPREAD_MAX;
}

/* Sizes are powers of two, so [size, 2 * size) are ranges apart. */
uint32_t
spread_first(const struct spread_kind *k)
{
	uint32_t first = k->size + (k->inside ? INSIDE : 0);

	return k->sticky && k->size > 1 ? first + STICKY : first;
}

bool
spread_kind_of(uint32_t slot, struct spread_kind *out)
{
	uint32_t number = slot & (STICKY - 1);

	*out = (struct spread_kind){
		.sticky = slot & STICKY,
		.inside = slot & INSIDE,
	};
	if (slot >= 2 * INSIDE)
		return false;
	for (size_t i = out->sticky; i < SPREAD_SIZES; i++) {
		out->size = sizes[i];
		if (number >= sizes[i] && number < 2 * sizes[i])
			return true;
	}
	return false;
}

static uint64_t
endpoint_hash(const struct endpoint *e)
{
	uint16_t port = htons(e->port);
	uint64_t h = hash_add(HASH_INIT, e->addr, sizeof(e->addr));

	return hash_end(hash_add(h, &port, sizeof(port)));
}

void
spread_fill(const struct endpoint *endpoints, size_t n, uint16_t *slots, uint32_t size)
{
	uint64_t *_free_ hashes = xcalloc(n, sizeof(*hashes));
	uint16_t *_free_ loads = xcalloc(n, sizeof(*loads));
	size_t share = size / n, one_more = size % n;

	for (size_t i = 0; i < n; i++)
		hashes[i] = endpoint_hash(&endpoints[i]);
	for (uint32_t slot = 0; slot < size; slot++) {
		size_t most = share + (one_more > 0), best = n;
		uint64_t best_score = 0;

		for (size_t i = 0; i < n; i++) {
			uint64_t score = hash_end(hashes[i] + slot * SLOT_STEP);

			if (loads[i] < most && (best == n || score > best_score)) {
				best = i;
				best_score = score;
			}
		}
		one_more -= loads[best] == share;
		slots[slot] = (uint16_t)best;
		loads[best]++;
	}
}

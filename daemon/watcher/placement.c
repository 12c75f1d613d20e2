/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "placement.h"

#include <string.h>

#include "hash.h"

static uint64_t
weight(const struct ipaddr *addr, const struct placement_instance *in)
{
	uint64_t h = hash_add(HASH_INIT, addr->bytes, ipaddr_len(addr));

	return hash_end(hash_add(h, &in->vrid, sizeof(in->vrid)));
}

/* Two instances may have one virtual_router_id (IPv4 and IPv6 adverts). */
static bool
outweighs(const struct ipaddr *addr, const struct placement_instance *a,
    const struct placement_instance *b)
{
	uint64_t wa = weight(addr, a);
	uint64_t wb = weight(addr, b);

	if (wa != wb)
		return wa > wb;
	return strcmp(a->name, b->name) < 0;
}

const struct placement_instance *
placement_pick(
    const struct ipaddr *addr, const struct placement_instance *instances, size_t n)
{
	const struct placement_instance *named = NULL, *bare = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct placement_instance *in = &instances[i];
		const struct placement_instance **best = in->bare ? &bare : &named;

		if (!in->bare && !ipranges_contain(in->ranges, in->n_ranges, addr))
			continue;
		if (!*best || outweighs(addr, in, *best))
			*best = in;
	}
	return named ? named : bare;
}

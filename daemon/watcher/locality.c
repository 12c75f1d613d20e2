/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "locality.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "settings.h"
#include "store.h"

/* Of names of 63 bytes these fit into a reason. */
#define NAMED_MAX 2

uint64_t
locality_of(const char *node)
{
	uint64_t h = hash_end(hash_add(HASH_INIT, node, strlen(node)));

	return h ? h : 1;
}

static bool
has_ready(const struct store_entry *e, uint64_t node)
{
	const struct store_slice *slice;

	LIST_FOREACH(slice, &e->slices, of_entry)
	{
		const struct slice_object *o = slice->object;

		for (size_t i = 0; i < o->n_endpoints; i++)
			if (o->endpoints[i].node == node &&
			    (o->endpoints[i].flags & SLICE_READY))
				return true;
	}
	return false;
}

bool
locality_suits(void *arg, const struct placement_instance *in)
{
	const struct locality *l = arg;
	const char *master = peers_master(&l->store->peers, in->name, l->now_us);

	return master && l->entry && has_ready(l->entry, locality_of(master));
}

bool
locality_any(struct locality *l)
{
	const struct settings *s = l->store->settings;

	for (size_t i = 0; i < s->n_instances; i++)
		if (locality_suits(l, &s->instances[i]))
			return true;
	return false;
}

void
locality_name(
    const struct store *store, const struct store_entry *e, char *text, size_t size)
{
	const struct node_entry *n;
	size_t named = 0, at = 0;

	text[0] = '\0';
	for (n = store->nodes.entries; n && named <= NAMED_MAX; n = n->hh.next) {
		const char *name = n->object->name;

		if (!has_ready(e, locality_of(name)))
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s%.63s", at ? ", " : "",
		    named < NAMED_MAX ? name : "...");
		named++;
	}
}

uint64_t
locality_masters(const struct store *store, uint64_t now_us)
{
	const struct settings *s = store->settings;
	uint64_t h = HASH_INIT;

	for (size_t i = 0; i < s->n_instances; i++) {
		const char *master =
		    peers_master(&store->peers, s->instances[i].name, now_us);

		h = hash_add(h, s->instances[i].name, sizeof(s->instances[i].name));
		if (master)
			h = hash_add(h, master, strlen(master));
	}
	return hash_end(h);
}

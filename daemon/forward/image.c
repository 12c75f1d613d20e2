/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "spread.h"

#define BIT(set) (UINT32_C(1) << (set))

static int
endpoint_cmp(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	return order ? order : (int)x->port - (int)y->port;
}

size_t
endpoints_sort(struct endpoint *endpoints, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(endpoints, n, sizeof(*endpoints), endpoint_cmp);
	for (size_t i = 0; i < n; i++)
		if (!kept || endpoint_cmp(&endpoints[kept - 1], &endpoints[i]) != 0)
			endpoints[kept++] = endpoints[i];
	return kept;
}

static void *
copy(const void *from, size_t n, size_t size)
{
	void *to = n ? xcalloc(n, size) : NULL;

	if (n)
		memcpy(to, from, n * size);
	return to;
}

struct image *
image_empty(void)
{
	return xcalloc(1, sizeof(struct image));
}

struct image *
image_copy(const struct image *im)
{
	struct image *new;

	if (!im)
		return NULL;
	new = copy(im, 1, sizeof(*im));
	new->slots = copy(im->slots, im->n_slots, sizeof(*im->slots));
	new->endpoints = copy(im->endpoints, im->n_endpoints, sizeof(*im->endpoints));
	new->clients = copy(im->clients, im->n_clients, sizeof(*im->clients));
	return new;
}

void
image_free(struct image *im)
{
	if (!im)
		return;
	free(im->slots);
	free(im->endpoints);
	free(im->clients);
	free(im);
}

static void
fill_slots(struct image *im)
{
	im->n_slots = spread_size_for(im->n_endpoints);
	im->first_slot = spread_first(im->n_slots, im->sticky);
	im->slots = xcalloc(im->n_slots, sizeof(*im->slots));
	spread_fill(im->endpoints, im->n_endpoints, im->slots, im->n_slots);
}

/*
 * Where clients keep their addresses an endpoint that is its own client would
 * answer itself directly; so for the endpoints the source is rewritten.
 */
static void
fill_clients(struct image *im)
{
	im->clients = copy(im->endpoints, im->n_endpoints, sizeof(*im->clients));
	for (size_t i = 0; i < im->n_endpoints; i++)
		im->clients[i].port = 0;
	im->n_clients = endpoints_sort(im->clients, im->n_endpoints);
}

static void
serve(struct image *im, const struct ruleset_conf *conf)
{
	im->sets = BIT(SET_SERVED);
	if (conf->mode != FORWARD_NFTABLES)
		return;
	fill_slots(im);
	if (conf->source_nat != SOURCE_NAT_NONE && !im->keep_source)
		im->sets |= BIT(SET_SOURCE_NAT);
	else
		fill_clients(im);
}

struct image *
image_make(enum treatment treatment, const struct endpoint *endpoints, size_t n,
    bool sticky, bool keep_source, const struct ruleset_conf *conf)
{
	struct image *im = image_empty();

	im->treatment = treatment;
	im->sticky = sticky;
	im->keep_source = keep_source;
	im->endpoints = copy(endpoints, n, sizeof(*endpoints));
	im->n_endpoints = endpoints_sort(im->endpoints, n);
	switch (treatment) {
	case TREAT_GUARD:
		im->sets = BIT(SET_GUARDED);
		break;
	case TREAT_SERVE:
		serve(im, conf);
		break;
	case TREAT_REFUSE:
		im->sets = BIT(SET_REFUSED);
		break;
	case TREAT_DROP:
		/* Where others forward they also know what not to. */
		im->sets = BIT(conf->mode == FORWARD_NFTABLES ? SET_DROPPED : SET_SERVED);
		break;
	case TREAT_LEAVE:
		break;
	}
	return im;
}

struct image *
image_remake(const struct image *old, const struct ruleset_conf *conf)
{
	return image_make(old->treatment, old->endpoints, old->n_endpoints, old->sticky,
	    old->keep_source, conf);
}

bool
image_is_same_wish(const struct image *a, const struct image *b)
{
	return a->treatment == b->treatment && a->keep_source == b->keep_source &&
	    a->sticky == b->sticky && a->n_endpoints == b->n_endpoints &&
	    (!a->n_endpoints ||
		memcmp(a->endpoints, b->endpoints,
		    a->n_endpoints * sizeof(*a->endpoints)) == 0);
}

/* ---- as read from the kernel ---- */

static size_t
endpoint_index(struct image *im, const struct endpoint *e)
{
	for (size_t i = 0; i < im->n_endpoints; i++)
		if (endpoint_cmp(&im->endpoints[i], e) == 0)
			return i;
	im->endpoints =
	    xreallocarray(im->endpoints, im->n_endpoints + 1, sizeof(*im->endpoints));
	im->endpoints[im->n_endpoints] = *e;
	return im->n_endpoints++;
}

static bool
add_slot(struct image *im, const struct element *e)
{
	uint32_t size, first;
	bool sticky;

	if (!spread_table_of(e->slot, &size, &sticky))
		return false;
	first = spread_first(size, sticky);
	if (!im->n_slots) {
		im->n_slots = size;
		im->first_slot = first;
		im->slots = xcalloc(size, sizeof(*im->slots));
		for (uint32_t i = 0; i < size; i++)
			im->slots[i] = SPREAD_NOBODY;
	}
	if (first != im->first_slot)
		return false;
	im->slots[e->slot - first] = (uint16_t)endpoint_index(im, &e->endpoint);
	return true;
}

static void
add_client(struct image *im, const struct endpoint *client)
{
	size_t i = im->n_clients;

	for (size_t j = 0; j < i; j++)
		if (endpoint_cmp(&im->clients[j], client) == 0)
			return; /* a dump may show an element twice */
	im->clients = xreallocarray(im->clients, i + 1, sizeof(*im->clients));
	for (; i && endpoint_cmp(&im->clients[i - 1], client) > 0; i--)
		im->clients[i] = im->clients[i - 1];
	im->clients[i] = *client;
	im->n_clients++;
}

bool
image_add(struct image *im, const struct element *e)
{
	switch (e->set) {
	case SET_GUARDED:
	case SET_SERVED:
	case SET_REFUSED:
	case SET_DROPPED:
	case SET_SOURCE_NAT:
		im->sets |= BIT(e->set);
		return true;
	case SET_HAIRPIN:
		add_client(im, &e->endpoint);
		return true;
	case SET_ENDPOINTS:
		return add_slot(im, e);
	case SET_COUNT:
		break;
	}
	return false;
}

/* ---- the difference ---- */

static void
emit(struct changes *out, const struct target_key *key, bool add, enum set_id set,
    uint32_t slot, const struct endpoint *endpoint)
{
	struct change *c;

	out->at = array_grow(out->at, out->n, &out->cap, sizeof(*out->at));
	c = &out->at[out->n++];
	*c = (struct change){
		.element = { .set = set, .key = *key, .slot = slot },
		.add = add,
	};
	if (endpoint)
		c->element.endpoint = *endpoint;
}

static const struct endpoint *
slot_endpoint(const struct image *im, uint32_t slot)
{
	uint32_t i = slot - im->first_slot;

	if (slot < im->first_slot || i >= im->n_slots || im->slots[i] == SPREAD_NOBODY)
		return NULL;
	return &im->endpoints[im->slots[i]];
}

/*
 * Emits what is in `from` and not, or not alike, in `to`: as deletions of the
 * old picture, or the other way round as additions of the new one.
 */
static void
diff_slots(const struct target_key *key, const struct image *from, const struct image *to,
    bool add, struct changes *out)
{
	for (uint32_t i = 0; i < from->n_slots; i++) {
		uint32_t slot = from->first_slot + i;
		const struct endpoint *here = slot_endpoint(from, slot);
		const struct endpoint *there = slot_endpoint(to, slot);

		if (here && (!there || endpoint_cmp(here, there) != 0))
			emit(out, key, add, SET_ENDPOINTS, slot, here);
	}
}

static void
diff_clients(const struct target_key *key, const struct image *from,
    const struct image *to, bool add, struct changes *out)
{
	size_t j = 0;

	for (size_t i = 0; i < from->n_clients; i++) {
		const struct endpoint *here = &from->clients[i];

		while (j < to->n_clients && endpoint_cmp(&to->clients[j], here) < 0)
			j++;
		if (j == to->n_clients || endpoint_cmp(&to->clients[j], here) != 0)
			emit(out, key, add, SET_HAIRPIN, 0, here);
	}
}

static void
diff_half(const struct target_key *key, const struct image *from, const struct image *to,
    bool add, struct changes *out)
{
	for (enum set_id set = 0; set < SET_COUNT; set++)
		if (from->sets & ~to->sets & BIT(set))
			emit(out, key, add, set, 0, NULL);
	diff_clients(key, from, to, add, out);
	diff_slots(key, from, to, add, out);
}

void
image_diff(const struct target_key *key, const struct image *old, const struct image *new,
    struct changes *out)
{
	static const struct image nothing;

	old = old ? old : &nothing;
	new = new ? new : &nothing;
	diff_half(key, old, new, false, out);
	diff_half(key, new, old, true, out);
}

bool
image_differs(
    const struct target_key *key, const struct image *old, const struct image *new)
{
	struct changes changes = { 0 };

	image_diff(key, old, new, &changes);
	free(changes.at);
	return changes.n > 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "reply.h"
#include "spread.h"

#define BIT(set) (UINT32_C(1) << (set))

static int
endpoint_cmp(const void *a, const void *b)
{
	const struct endpoint *x = a, *y = b;
	int order = memcmp(x->addr, y->addr, sizeof(x->addr));

	return order ? order : (int)x->port - (int)y->port;
}

/* Makes one of those that are alike; returns how many are left. */
static size_t
sort_endpoints(struct endpoint *endpoints, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(endpoints, n, sizeof(*endpoints), endpoint_cmp);
	for (size_t i = 0; i < n; i++) {
		if (kept && endpoint_cmp(&endpoints[kept - 1], &endpoints[i]) == 0)
			endpoints[kept - 1].use |= endpoints[i].use;
		else
			endpoints[kept++] = endpoints[i];
	}
	return kept;
}

static int
range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int order = memcmp(x->first, y->first, sizeof(x->first));

	return order ? order : memcmp(x->last, y->last, sizeof(x->last));
}

/* Makes one of those that overlap; returns how many are left. */
static size_t
merge_ranges(struct range *ranges, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(ranges, n, sizeof(*ranges), range_cmp);
	for (size_t i = 0; i < n; i++) {
		struct range *before = kept ? &ranges[kept - 1] : NULL;
		size_t size = sizeof(ranges->last);

		if (!before || memcmp(ranges[i].first, before->last, size) > 0)
			ranges[kept++] = ranges[i];
		else if (memcmp(ranges[i].last, before->last, size) > 0)
			memcpy(before->last, ranges[i].last, size);
	}
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
	for (size_t i = 0; i < TABLES; i++)
		new->tables[i].slots =
		    copy(im->tables[i].slots, im->tables[i].size, sizeof(uint16_t));
	new->endpoints = copy(im->endpoints, im->n_endpoints, sizeof(*im->endpoints));
	new->hairpins = copy(im->hairpins, im->n_hairpins, sizeof(*im->hairpins));
	new->ranges = copy(im->ranges, im->n_ranges, sizeof(*im->ranges));
	return new;
}

void
image_free(struct image *im)
{
	if (!im)
		return;
	for (size_t i = 0; i < TABLES; i++)
		free(im->tables[i].slots);
	free(im->endpoints);
	free(im->hairpins);
	free(im->ranges);
	free(im);
}

/* ---- as wanted ---- */

/* A table over those endpoints that are for such clients. */
static void
fill_table(struct image *im, size_t which, enum endpoint_use use)
{
	struct endpoint *_free_ chosen = xcalloc(im->n_endpoints + 1, sizeof(*chosen));
	uint16_t *_free_ index = xcalloc(im->n_endpoints + 1, sizeof(*index));
	struct slot_table *t = &im->tables[which];
	struct spread_kind kind = { .sticky = im->terms.sticky, .inside = which };
	size_t n = 0;

	for (size_t i = 0; i < im->n_endpoints; i++) {
		if (!(im->endpoints[i].use & use))
			continue;
		index[n] = (uint16_t)i;
		chosen[n++] = im->endpoints[i];
	}
	if (!n)
		return;
	kind.size = spread_size_for(n);
	t->size = kind.size;
	t->first = spread_first(&kind);
	t->slots = xcalloc(t->size, sizeof(*t->slots));
	spread_fill(chosen, n, t->slots, t->size);
	for (uint32_t i = 0; i < t->size; i++)
		t->slots[i] = index[t->slots[i]];
}

/*
 * Where clients keep their addresses an endpoint that is its own client would
 * answer itself directly; so for the endpoints the source is rewritten. With
 * policy Local these are the ones that are here.
 */
static void
fill_hairpins(struct image *im)
{
	im->hairpins = xcalloc(im->n_endpoints + 1, sizeof(*im->hairpins));
	for (size_t i = 0; i < im->n_endpoints; i++)
		if (im->endpoints[i].use & USE_OUTSIDE) {
			im->hairpins[im->n_hairpins] = im->endpoints[i];
			im->hairpins[im->n_hairpins].use = 0;
			im->hairpins[im->n_hairpins++].port = 0;
		}
	im->n_hairpins = sort_endpoints(im->hairpins, im->n_hairpins);
}

static void
serve(struct image *im, const struct ruleset_conf *conf)
{
	im->sets = BIT(SET_TRAFFIC);
	/* Where others forward they also know what not to. */
	if (conf->mode != FORWARD_NFTABLES)
		return;
	im->sets |= BIT(SET_SERVED);
	if (im->terms.treatment == TREAT_SERVE)
		fill_table(im, TABLE_OUTSIDE, USE_OUTSIDE);
	else
		im->sets |= BIT(SET_DROPPED);
	if (im->terms.local) {
		im->sets |= BIT(SET_LOCAL);
		fill_table(im, TABLE_INSIDE, USE_INSIDE);
	}
	if (im->terms.local || conf->source_nat == SOURCE_NAT_NONE)
		fill_hairpins(im);
	else
		im->sets |= BIT(SET_SOURCE_NAT);
}

static void
fill_sets(struct image *im, const struct ruleset_conf *conf)
{
	switch (im->terms.treatment) {
	case TREAT_GUARD:
		im->sets = BIT(SET_GUARDED);
		break;
	case TREAT_SERVE:
	case TREAT_DROP:
		serve(im, conf);
		break;
	case TREAT_REFUSE:
		im->sets = BIT(SET_REFUSED);
		break;
	case TREAT_HOLD:
		if (conf->mode == FORWARD_NFTABLES && conf->source_nat == SOURCE_NAT_NONE)
			im->sets = BIT(SET_BACKENDS);
		break;
	case TREAT_LEAVE:
		break;
	}
	if (im->terms.restricted)
		im->sets |= BIT(SET_RESTRICTED);
	if (im->terms.gateway)
		im->gateways = BIT(im->terms.gateway);
}

struct image *
image_make(const struct wish_terms *terms, const struct endpoint *endpoints,
    size_t n_endpoints, const struct range *ranges, size_t n_ranges,
    const struct ruleset_conf *conf)
{
	struct image *im = image_empty();

	im->terms = *terms;
	im->endpoints = copy(endpoints, n_endpoints, sizeof(*endpoints));
	im->n_endpoints = sort_endpoints(im->endpoints, n_endpoints);
	im->ranges = copy(ranges, n_ranges, sizeof(*ranges));
	im->n_ranges = merge_ranges(im->ranges, n_ranges);
	fill_sets(im, conf);
	return im;
}

struct image *
image_remake(const struct image *old, const struct ruleset_conf *conf)
{
	return image_make(&old->terms, old->endpoints, old->n_endpoints, old->ranges,
	    old->n_ranges, conf);
}

static bool
same_bytes(const void *a, size_t n_a, const void *b, size_t n_b, size_t size)
{
	return n_a == n_b && (!n_a || memcmp(a, b, n_a * size) == 0);
}

bool
image_is_same_wish(const struct image *a, const struct image *b)
{
	return a->terms.treatment == b->terms.treatment &&
	    a->terms.local == b->terms.local && a->terms.sticky == b->terms.sticky &&
	    a->terms.restricted == b->terms.restricted &&
	    a->terms.gateway == b->terms.gateway &&
	    same_bytes(a->endpoints, a->n_endpoints, b->endpoints, b->n_endpoints,
		sizeof(*a->endpoints)) &&
	    same_bytes(
		a->ranges, a->n_ranges, b->ranges, b->n_ranges, sizeof(*a->ranges));
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
	struct spread_kind kind;
	struct slot_table *t;
	uint32_t first;

	if (!spread_kind_of(e->slot, &kind))
		return false;
	t = &im->tables[kind.inside];
	first = spread_first(&kind);
	if (!t->size) {
		t->size = kind.size;
		t->first = first;
		t->slots = xcalloc(t->size, sizeof(*t->slots));
		for (uint32_t i = 0; i < t->size; i++)
			t->slots[i] = SPREAD_NOBODY;
	}
	if (first != t->first)
		return false;
	t->slots[e->slot - first] = (uint16_t)endpoint_index(im, &e->endpoint);
	return true;
}

/* Into a sorted array, once: a dump may show an element twice. */
static void
insert(void **array, size_t *n, size_t size, const void *item,
    int (*cmp)(const void *, const void *))
{
	char *at = *array = xreallocarray(*array, *n + 1, size);
	size_t i = *n;

	while (i && cmp(at + (i - 1) * size, item) > 0)
		i--;
	if (i && cmp(at + (i - 1) * size, item) == 0)
		return;
	memmove(at + (i + 1) * size, at + i * size, (*n - i) * size);
	memcpy(at + i * size, item, size);
	++*n;
}

bool
image_add(struct image *im, const struct element *e)
{
	switch (e->set) {
	case SET_GUARDED:
	case SET_TRAFFIC:
	case SET_SERVED:
	case SET_REFUSED:
	case SET_DROPPED:
	case SET_LOCAL:
	case SET_RESTRICTED:
	case SET_SOURCE_NAT:
	case SET_BACKENDS:
		im->sets |= BIT(e->set);
		return true;
	case SET_ALLOWED:
		insert((void **)&im->ranges, &im->n_ranges, sizeof(*im->ranges),
		    &e->clients, range_cmp);
		return true;
	case SET_HAIRPIN:
		insert((void **)&im->hairpins, &im->n_hairpins, sizeof(*im->hairpins),
		    &e->endpoint, endpoint_cmp);
		return true;
	case SET_REPLIES:
		if (e->slot > REPLY_GATEWAYS_MAX)
			return false;
		im->gateways |= BIT(e->slot);
		return true;
	case SET_ENDPOINTS:
		return add_slot(im, e);
	case SET_COUNT:
		break;
	}
	return false;
}

/* ---- the difference ---- */

static struct element *
emit(struct changes *out, const struct target_key *key, bool add, enum set_id set)
{
	struct change *c;

	out->at = array_grow(out->at, out->n, &out->cap, sizeof(*out->at));
	c = &out->at[out->n++];
	*c = (struct change){ .element = { .set = set, .key = *key }, .add = add };
	return &c->element;
}

static const struct endpoint *
slot_endpoint(const struct image *im, size_t which, uint32_t slot)
{
	const struct slot_table *t = &im->tables[which];
	uint32_t i = slot - t->first;

	if (slot < t->first || i >= t->size || t->slots[i] == SPREAD_NOBODY)
		return NULL;
	return &im->endpoints[t->slots[i]];
}

/*
 * Emits what is in `from` and not, or not alike, in `to`: as deletions of the
 * old picture, or the other way round as additions of the new one.
 */
static void
diff_slots(const struct target_key *key, const struct image *from, const struct image *to,
    size_t which, bool add, struct changes *out)
{
	const struct slot_table *t = &from->tables[which];

	for (uint32_t i = 0; i < t->size; i++) {
		uint32_t slot = t->first + i;
		const struct endpoint *here = slot_endpoint(from, which, slot);
		const struct endpoint *there = slot_endpoint(to, which, slot);
		struct element *e;

		if (!here || (there && endpoint_cmp(here, there) == 0))
			continue;
		e = emit(out, key, add, SET_ENDPOINTS);
		e->slot = slot;
		e->endpoint = *here;
	}
}

static void
diff_hairpins(const struct target_key *key, const struct image *from,
    const struct image *to, bool add, struct changes *out)
{
	size_t j = 0;

	for (size_t i = 0; i < from->n_hairpins; i++) {
		const struct endpoint *here = &from->hairpins[i];

		while (j < to->n_hairpins && endpoint_cmp(&to->hairpins[j], here) < 0)
			j++;
		if (j == to->n_hairpins || endpoint_cmp(&to->hairpins[j], here) != 0)
			emit(out, key, add, SET_HAIRPIN)->endpoint = *here;
	}
}

static void
diff_ranges(const struct target_key *key, const struct image *from,
    const struct image *to, bool add, struct changes *out)
{
	size_t j = 0;

	for (size_t i = 0; i < from->n_ranges; i++) {
		const struct range *here = &from->ranges[i];

		while (j < to->n_ranges && range_cmp(&to->ranges[j], here) < 0)
			j++;
		if (j == to->n_ranges || range_cmp(&to->ranges[j], here) != 0)
			emit(out, key, add, SET_ALLOWED)->clients = *here;
	}
}

static void
diff_half(const struct target_key *key, const struct image *from, const struct image *to,
    bool add, struct changes *out)
{
	for (enum set_id set = 0; set < SET_COUNT; set++)
		if (from->sets & ~to->sets & BIT(set))
			emit(out, key, add, set);
	for (uint32_t i = 0; i <= REPLY_GATEWAYS_MAX; i++)
		if (from->gateways & ~to->gateways & BIT(i))
			emit(out, key, add, SET_REPLIES)->slot = i;
	diff_ranges(key, from, to, add, out);
	diff_hairpins(key, from, to, add, out);
	for (size_t which = 0; which < TABLES; which++)
		diff_slots(key, from, to, which, add, out);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pools.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"

enum pool_family
pool_family_of(const struct ipaddr *addr)
{
	return addr->family == AF_INET ? POOL_IPV4 : POOL_IPV6;
}

/* ---- ranges ---- */

static int
by_first(const void *a, const void *b)
{
	const struct iprange *x = a, *y = b;

	return ipaddr_cmp(&x->first, &y->first);
}

static struct iprange *
sorted(const struct conf_ranges *ranges)
{
	struct iprange *list = xcalloc(ranges->count, sizeof(*list));

	if (ranges->count) {
		memcpy(list, ranges->items, ranges->count * sizeof(*list));
		qsort(list, ranges->count, sizeof(*list), by_first);
	}
	return list;
}

static void
add_usable(struct pool *p, const struct ipaddr *first, const struct ipaddr *last)
{
	p->usable =
	    array_grow(p->usable, p->n_usable, &p->cap_usable, sizeof(*p->usable));
	p->usable[p->n_usable++] = (struct iprange){ *first, *last };
}

/* r less what is excluded, and less what has been added of it already. */
static void
add_range(struct pool *p, struct iprange r, const struct iprange *exclude, size_t n)
{
	const struct iprange *before = p->n_usable ? &p->usable[p->n_usable - 1] : NULL;

	if (before && before->last.family == r.first.family &&
	    ipaddr_cmp(&r.first, &before->last) <= 0) {
		if (ipaddr_cmp(&r.last, &before->last) <= 0)
			return;
		r.first = ipaddr_next(before->last);
	}
	for (size_t i = 0; i < n; i++) {
		const struct iprange *x = &exclude[i];

		if (!iprange_overlaps(x, &r))
			continue;
		if (ipaddr_cmp(&x->first, &r.first) > 0) {
			struct ipaddr last = ipaddr_prev(x->first);

			add_usable(p, &r.first, &last);
		}
		if (ipaddr_cmp(&x->last, &r.last) >= 0)
			return;
		r.first = ipaddr_next(x->last);
	}
	add_usable(p, &r.first, &r.last);
}

/* ---- what is not handed out ---- */

static bool
is_special(const struct ipaddr *a)
{
	static const uint8_t zeros[8];

	if (a->family == AF_INET)
		return a->bytes[3] == 0 || a->bytes[3] == 255;
	return !memcmp(a->bytes + 8, zeros, sizeof(zeros));
}

static bool
is_named_alone(const struct pool *p, const struct ipaddr *a)
{
	for (size_t i = 0; i < p->conf->ranges.count; i++) {
		const struct iprange *r = &p->conf->ranges.items[i];

		if (ipaddr_eq(&r->first, &r->last) && ipaddr_eq(&r->first, a))
			return true;
	}
	return false;
}

bool
pool_offers(const struct pool *p, const struct ipaddr *addr)
{
	return ipranges_contain(p->usable, p->n_usable, addr) &&
	    (!is_special(addr) || is_named_alone(p, addr));
}

bool
pool_next(const struct pool *p, const struct ipaddr *from, struct ipaddr *out)
{
	for (size_t i = 0; i < p->n_usable; i++) {
		const struct iprange *r = &p->usable[i];
		struct ipaddr a = r->first;

		if (a.family != from->family || ipaddr_cmp(&r->last, from) < 0)
			continue;
		if (ipaddr_cmp(from, &a) > 0)
			a = *from;
		while (is_special(&a) && !is_named_alone(p, &a)) {
			if (ipaddr_eq(&a, &r->last))
				break;
			a = ipaddr_next(a);
		}
		if (is_special(&a) && !is_named_alone(p, &a))
			continue;
		*out = a;
		return true;
	}
	return false;
}

/* ---- how many ---- */

static uint64_t
add_capped(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t
number4(const struct ipaddr *a)
{
	return (uint64_t)a->bytes[0] << 24 | (uint64_t)a->bytes[1] << 16 |
	    (uint64_t)a->bytes[2] << 8 | a->bytes[3];
}

/* How many below n end in .0, and in .255. */
static uint64_t
specials_below(uint64_t n)
{
	return (n + 255) / 256 + n / 256;
}

static uint64_t
count4(const struct pool *p, const struct iprange *r)
{
	uint64_t first = number4(&r->first), end = number4(&r->last) + 1;
	uint64_t n = end - first - (specials_below(end) - specials_below(first));

	for (size_t i = 0; i < p->conf->ranges.count; i++) {
		const struct iprange *one = &p->conf->ranges.items[i];

		if (ipaddr_eq(&one->first, &one->last) &&
		    iprange_contains(r, &one->first) && is_special(&one->first))
			n++;
	}
	return n;
}

static uint64_t
half(const uint8_t *eight)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | eight[i];
	return v;
}

static uint64_t
count6(const struct pool *p, const struct iprange *r)
{
	uint64_t low, n;

	if (memcmp(r->first.bytes, r->last.bytes, 8))
		return UINT64_MAX;
	low = half(r->first.bytes + 8);
	n = add_capped(half(r->last.bytes + 8) - low, 1);
	if (is_special(&r->first) && !is_named_alone(p, &r->first) && n != UINT64_MAX)
		n--;
	return n;
}

static void
build(struct pool *p, const struct conf_pool *conf)
{
	_free_ struct iprange *ranges = sorted(&conf->ranges);
	_free_ struct iprange *exclude = sorted(&conf->exclude);

	p->conf = conf;
	for (size_t i = 0; i < conf->ranges.count; i++)
		add_range(p, ranges[i], exclude, conf->exclude.count);
	for (size_t i = 0; i < p->n_usable; i++) {
		enum pool_family f = pool_family_of(&p->usable[i].first);
		uint64_t n =
		    f == POOL_IPV4 ? count4(p, &p->usable[i]) : count6(p, &p->usable[i]);

		p->size[f] = add_capped(p->size[f], n);
	}
}

/* ---- all pools ---- */

static int
by_place(const void *a, const void *b)
{
	const struct pool_place *x = a, *y = b;

	return ipaddr_cmp(&x->range.first, &y->range.first);
}

static void
add_places(struct pools *p)
{
	size_t cap = 0;

	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->conf[i].ranges.count; k++) {
			p->places =
			    array_grow(p->places, p->n_places, &cap, sizeof(*p->places));
			p->places[p->n_places++] =
			    (struct pool_place){ p->conf[i].ranges.items[k], i };
		}
	}
	if (p->n_places)
		qsort(p->places, p->n_places, sizeof(*p->places), by_place);
}

struct pools *
pools_new(struct conf_pool *conf, size_t n)
{
	struct pools *p = xcalloc(1, sizeof(*p));

	p->conf = conf;
	p->n = n;
	p->items = xcalloc(n, sizeof(*p->items));
	for (size_t i = 0; i < n; i++)
		build(&p->items[i], &conf[i]);
	add_places(p);
	return p;
}

void
pools_free(struct pools *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->items[i].usable);
	free(p->items);
	free(p->places);
	conf_pools_free(p->conf, p->n);
	free(p);
}

/* Ranges of one pool may overlap, so the one that begins last may be too
 * short; then the others of it are asked. */
size_t
pools_find(const struct pools *p, const struct ipaddr *addr)
{
	size_t low = 0, high = p->n_places;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ipaddr_cmp(&p->places[mid].range.first, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return POOL_NONE;
	for (size_t pool = p->places[low - 1].pool; low-- > 0;) {
		if (p->places[low].pool != pool)
			break;
		if (iprange_contains(&p->places[low].range, addr))
			return pool;
	}
	return POOL_NONE;
}

bool
pools_offer(const struct pools *p, const struct ipaddr *addr)
{
	size_t pool = pools_find(p, addr);

	return pool != POOL_NONE && pool_offers(&p->items[pool], addr);
}

bool
pool_fits(
    const struct pool *p, const char *ns, const struct label *labels, size_t n_labels)
{
	bool named = !p->conf->n_namespaces;

	for (size_t i = 0; i < p->conf->n_namespaces && !named; i++)
		named = fnmatch(p->conf->namespaces[i], ns, 0) == 0;
	return named && selector_matches(&p->conf->selector, labels, n_labels);
}

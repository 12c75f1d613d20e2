/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "conf_check_all.h"
#include "conf_instance.h"
#include "conf_services.h"
#include "mem.h"

struct range_place {
	struct iprange range;
	const struct conf_word *word; /* NULL in a union */
	const char *pool;             /* NULL: external_ips */
};

struct range_list {
	struct range_place *items;
	size_t count;
	size_t cap;
};

static void
add_ranges(struct range_list *list, const struct conf_ranges *ranges,
    const struct conf_places *at, const char *pool)
{
	for (size_t i = 0; i < ranges->count; i++) {
		list->items = array_grow(
		    list->items, list->count, &list->cap, sizeof(*list->items));
		list->items[list->count++] =
		    (struct range_place){ ranges->items[i], at->items[i], pool };
	}
}

static int
by_first(const void *a, const void *b)
{
	const struct range_place *x = a, *y = b;
	int r = ipaddr_cmp(&x->range.first, &y->range.first);

	return r ? r : x->word->pos.order < y->word->pos.order ? -1 : 1;
}

static void
sort(struct range_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_first);
}

/* What a sorted list covers, as disjoint ranges with gaps between them. */
static void
unite(struct range_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct iprange *r = &list->items[i].range;
		struct iprange *last = n ? &list->items[n - 1].range : NULL;
		struct ipaddr next = last ? ipaddr_next(last->last) : r->first;

		if (!last ||
		    (ipaddr_cmp(&r->first, &last->last) > 0 &&
			!ipaddr_eq(&r->first, &next)))
			list->items[n++] = list->items[i];
		else if (ipaddr_cmp(&r->last, &last->last) > 0)
			last->last = r->last;
	}
	list->count = n;
}

static void
report_overlap(
    struct conf_problems *ps, const struct range_place *a, const struct range_place *b)
{
	const struct range_place *first = a, *second = b;
	const char *other;
	char buf[CONF_POS_STRLEN];

	if (a->word->pos.order > b->word->pos.order) {
		first = b;
		second = a;
	}
	other = first->pool ? first->pool : "external_ips";
	conf_pos_format(&first->word->pos, &second->word->pos, buf);
	if (first->pool && second->pool && strcmp(first->pool, second->pool))
		conf_error(ps, &second->word->pos,
		    "%s overlaps %s of address_pool %.40s, %s", second->word->text,
		    first->word->text, other, buf);
	else
		conf_warning(ps, &second->word->pos, "%s overlaps %s of %s%.40s, %s",
		    second->word->text, first->word->text,
		    first->pool ? "address_pool " : "", other, buf);
}

/* offered is sorted: each is held against the one that reaches furthest. */
static void
check_overlaps(struct conf_problems *ps, const struct range_list *offered)
{
	const struct range_place *furthest = NULL;

	for (size_t i = 0; i < offered->count; i++) {
		const struct range_place *p = &offered->items[i];

		if (furthest && iprange_overlaps(&furthest->range, &p->range))
			report_overlap(ps, furthest, p);
		if (!furthest || ipaddr_cmp(&p->range.last, &furthest->range.last) > 0)
			furthest = p;
	}
}

/* Both are sorted, carried is a union. */
static void
check_carried(struct conf_problems *ps, const struct range_list *offered,
    const struct range_list *carried)
{
	size_t k = 0;

	for (size_t i = 0; i < offered->count; i++) {
		const struct range_place *p = &offered->items[i];
		struct ipaddr missing = p->range.first;
		char buf[IPADDR_STRLEN];

		while (k < carried->count &&
		    ipaddr_cmp(&carried->items[k].range.last, &p->range.first) < 0)
			k++;
		if (k < carried->count &&
		    iprange_contains(&carried->items[k].range, &p->range.first)) {
			if (iprange_contains(&carried->items[k].range, &p->range.last))
				continue;
			missing = ipaddr_next(carried->items[k].range.last);
		}
		conf_warning(ps, &p->word->pos,
		    "%s: no instance's service_addresses has %s", p->word->text,
		    ipaddr_format(&missing, buf));
	}
}

/* A static address is never handed out, so it only looks as if it were. */
static void
check_static(
    struct conf_problems *ps, const struct conf_draft *d, const struct conf_pool_draft *p)
{
	for (size_t i = 0; i < d->in.n_addresses; i++) {
		const struct ipaddr *a = &d->in.addresses[i].addr;
		const struct conf_word *word = d->addresses_at.items[i];
		char buf[CONF_POS_STRLEN];

		for (size_t k = 0; k < p->pool.ranges.count; k++) {
			if (!iprange_contains(&p->pool.ranges.items[k], a) ||
			    ipranges_contain(
				p->pool.exclude.items, p->pool.exclude.count, a))
				continue;
			conf_warning(ps, &p->ranges_at.items[k]->pos,
			    "%s contains the static address %s, %s; it is not handed out",
			    p->ranges_at.items[k]->text, word->text,
			    conf_pos_format(
				&word->pos, &p->ranges_at.items[k]->pos, buf));
		}
	}
}

static void
check_pool(struct conf_problems *ps, const struct conf_pool_draft *p)
{
	if (!p->pool.ranges.count)
		conf_warning(ps, &p->name->pos,
		    "address_pool %.40s has no addresses: it hands out none",
		    p->pool.name);
	for (size_t i = 0; i < p->pool.exclude.count; i++) {
		const struct iprange *x = &p->pool.exclude.items[i];
		bool any = false;

		for (size_t k = 0; k < p->pool.ranges.count; k++)
			any |= iprange_overlaps(x, &p->pool.ranges.items[k]);
		if (!any)
			conf_warning(ps, &p->exclude_at.items[i]->pos,
			    "%s excludes nothing of address_pool %.40s",
			    p->exclude_at.items[i]->text, p->pool.name);
	}
}

/*
 * Pools of a ConfigMap are an object of the API, so they are no fence (I8):
 * the ranges of service_addresses are.
 */
static void
check_configmap(const struct conf_build *b)
{
	const struct conf_services_draft *s = &b->services;
	const struct conf_word *word = s->seen.at[CONF_S_POOLS];
	struct conf_problems *ps = b->reader.problems;

	if (!word)
		return;
	if (!s->seen.at[CONF_S_KUBECONFIG])
		conf_error(ps, &word->pos,
		    "pools configmap needs a kubeconfig: there is no cluster to read "
		    "it from");
	if (s->n_pools)
		conf_error(ps, &s->pools[0]->name->pos,
		    "address_pool %.40s stands here, but the pools are in a ConfigMap, "
		    "line %u",
		    s->pools[0]->pool.name, word->pos.line);
	for (size_t i = 0; i < b->n_drafts; i++)
		if (b->drafts[i]->in.wants_services &&
		    !b->drafts[i]->in.service_ranges.count)
			conf_error(ps,
			    &b->drafts[i]->seen.at[CONF_W_SERVICE_ADDRESSES]->pos,
			    "service_addresses needs ranges beside pools configmap: a "
			    "ConfigMap must not choose any address there is");
}

void
conf_check_ranges(struct conf_build *b)
{
	const struct conf_services_draft *s = &b->services;
	struct range_list offered = { 0 }, carried = { 0 };
	bool wanted = false, bare = false;

	add_ranges(&offered, &s->sv.external_ips, &s->external_ips_at, NULL);
	for (size_t i = 0; i < s->n_pools; i++)
		add_ranges(&offered, &s->pools[i]->pool.ranges, &s->pools[i]->ranges_at,
		    s->pools[i]->pool.name);
	for (size_t i = 0; i < b->n_drafts; i++) {
		const struct conf_draft *d = b->drafts[i];

		wanted |= d->in.wants_services;
		bare |= d->in.wants_services && !d->in.service_ranges.count;
		add_ranges(&carried, &d->in.service_ranges, &d->ranges_at, NULL);
	}
	sort(&offered);
	sort(&carried);
	unite(&carried);
	check_overlaps(b->reader.problems, &offered);
	for (size_t i = 0; i < s->n_pools; i++) {
		check_pool(b->reader.problems, s->pools[i]);
		for (size_t k = 0; k < b->n_drafts; k++)
			check_static(b->reader.problems, b->drafts[k], s->pools[i]);
	}
	check_configmap(b);
	if (wanted && !bare)
		check_carried(b->reader.problems, &offered, &carried);
	free(offered.items);
	free(carried.items);
}

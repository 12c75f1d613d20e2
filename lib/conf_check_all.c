/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_check_all.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf_instance.h"
#include "mem.h"

/* ---- names ---- */

static int
by_name(const void *a, const void *b)
{
	const struct conf_draft *x = *(struct conf_draft *const *)a;
	const struct conf_draft *y = *(struct conf_draft *const *)b;
	int r = strcmp(x->in.name, y->in.name);

	return r ? r : x->name->pos.order < y->name->pos.order ? -1 : 1;
}

static struct conf_draft **
sorted_drafts(const struct conf_build *b, int (*cmp)(const void *, const void *))
{
	struct conf_draft **list = xcalloc(b->n_drafts, sizeof(struct conf_draft *));

	if (!b->n_drafts)
		return list;
	memcpy(list, b->drafts, b->n_drafts * sizeof(struct conf_draft *));
	qsort(list, b->n_drafts, sizeof(struct conf_draft *), cmp);
	return list;
}

void
conf_check_names(struct conf_build *b)
{
	_free_ struct conf_draft **list = sorted_drafts(b, by_name);
	char buf[CONF_POS_STRLEN];

	for (size_t i = 1; i < b->n_drafts; i++) {
		const struct conf_word *before = list[i - 1]->name, *name = list[i]->name;

		if (list[i]->in.name[0] &&
		    !strcmp(list[i - 1]->in.name, list[i]->in.name))
			conf_error(b->reader.problems, &name->pos,
			    "a vrrp_instance %s is at %s already", list[i]->in.name,
			    conf_pos_format(&before->pos, &name->pos, buf));
	}
}

/* ---- virtual routers ---- */

static int
router_cmp(const struct conf_instance *x, const struct conf_instance *y)
{
	int r = strcmp(x->interface, y->interface);

	if (!r)
		r = (int)x->family - (int)y->family;
	return r ? r : (int)x->vrid - (int)y->vrid;
}

static int
by_router(const void *a, const void *b)
{
	const struct conf_draft *x = *(struct conf_draft *const *)a;
	const struct conf_draft *y = *(struct conf_draft *const *)b;
	int r = router_cmp(&x->in, &y->in);

	return r ? r : x->name->pos.order < y->name->pos.order ? -1 : 1;
}

struct peer_place {
	const struct conf_draft *draft;
	const struct conf_word *word;
	struct ipaddr addr;
};

static int
by_peer(const void *a, const void *b)
{
	const struct peer_place *x = a, *y = b;
	int r = ipaddr_cmp(&x->addr, &y->addr);

	return r ? r : x->word->pos.order < y->word->pos.order ? -1 : 1;
}

/* Unicast instances of one virtual router: whose advert would it be? */
static void
check_peers(struct conf_problems *ps, struct conf_draft *const *group, size_t n)
{
	struct peer_place *list = NULL;
	size_t count = 0, cap = 0;
	char buf[CONF_POS_STRLEN];

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < group[i]->in.n_peers; k++) {
			list = array_grow(list, count, &cap, sizeof(*list));
			list[count++] = (struct peer_place){ group[i],
				group[i]->peers_at.items[k], group[i]->in.peers[k].addr };
		}
	if (count)
		qsort(list, count, sizeof(*list), by_peer);
	for (size_t i = 1; i < count; i++) {
		const struct peer_place *p = &list[i], *before = &list[i - 1];

		if (!ipaddr_eq(&p->addr, &before->addr))
			continue;
		conf_error(ps, &p->word->pos,
		    "virtual router %u on %s has the peer %s at %s already",
		    p->draft->in.vrid, p->draft->in.interface, p->word->text,
		    conf_pos_format(&before->word->pos, &p->word->pos, buf));
	}
	free(list);
}

static void
check_group(struct conf_problems *ps, struct conf_draft *const *group, size_t n)
{
	const struct conf_instance *first = &group[0]->in;
	bool all_unicast = true;
	char buf[CONF_POS_STRLEN];

	for (size_t i = 0; i < n; i++)
		all_unicast &= group[i]->in.n_peers > 0;
	if (all_unicast) {
		check_peers(ps, group, n);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		const struct conf_word *vrid = group[i]->seen.at[CONF_W_VRID];

		conf_error(ps, &vrid->pos,
		    "virtual_router_id %u is taken on %s (%s) by %s, %s", first->vrid,
		    first->interface, first->family == AF_INET ? "IPv4" : "IPv6",
		    first->name,
		    conf_pos_format(
			&group[0]->seen.at[CONF_W_VRID]->pos, &vrid->pos, buf));
	}
}

void
conf_check_routers(struct conf_build *b)
{
	_free_ struct conf_draft **list = sorted_drafts(b, by_router);
	size_t end;

	for (size_t i = 0; i < b->n_drafts; i = end) {
		for (end = i + 1; end < b->n_drafts; end++)
			if (router_cmp(&list[i]->in, &list[end]->in))
				break;
		/* What is missing has been reported. */
		if (list[i]->in.vrid && list[i]->in.interface[0])
			check_group(b->reader.problems, list + i, end - i);
	}
}

/* ---- addresses ---- */

struct address_place {
	struct conf_draft *draft;
	const struct conf_word *word;
	const struct conf_address *a;
	const char *dev;
	size_t index;
};

static int
place_cmp(const struct address_place *x, const struct address_place *y)
{
	int r = ipaddr_cmp(&x->a->addr, &y->a->addr);

	return r ? r : x->word->pos.order < y->word->pos.order ? -1 : 1;
}

static int
by_draft_and_address(const void *a, const void *b)
{
	const struct address_place *x = a, *y = b;

	if (x->draft != y->draft)
		return x->draft->name->pos.order < y->draft->name->pos.order ? -1 : 1;
	return place_cmp(x, y);
}

static int
by_address_and_dev(const void *a, const void *b)
{
	const struct address_place *x = a, *y = b;
	int r = ipaddr_cmp(&x->a->addr, &y->a->addr);

	if (!r)
		r = strcmp(x->dev, y->dev);
	return r ? r : place_cmp(x, y);
}

static struct address_place *
list_addresses(
    const struct conf_build *b, size_t *count, int (*cmp)(const void *, const void *))
{
	struct address_place *list = NULL;
	size_t cap = 0;

	*count = 0;
	for (size_t i = 0; i < b->n_drafts; i++) {
		struct conf_draft *d = b->drafts[i];

		for (size_t k = 0; k < d->in.n_addresses; k++) {
			const struct conf_address *a = &d->in.addresses[k];

			list = array_grow(list, *count, &cap, sizeof(*list));
			list[(*count)++] =
			    (struct address_place){ d, d->addresses_at.items[k], a,
				    a->dev[0] ? a->dev : d->in.interface, k };
		}
	}
	if (*count)
		qsort(list, *count, sizeof(*list), cmp);
	return list;
}

/* Takes the addresses out that drop marks. */
static void
compact(struct conf_draft *d, const bool *drop)
{
	struct conf_instance *in = &d->in;
	size_t kept = 0;

	for (size_t i = 0; i < in->n_addresses; i++) {
		if (drop[i])
			continue;
		in->addresses[kept] = in->addresses[i];
		d->addresses_at.items[kept++] = d->addresses_at.items[i];
	}
	in->n_addresses = d->addresses_at.count = kept;
}

static void
drop_duplicates(struct conf_build *b)
{
	size_t n, end;
	_free_ struct address_place *list = list_addresses(b, &n, by_draft_and_address);

	for (size_t i = 0; i < n; i = end) {
		struct conf_draft *d = list[i].draft;
		_free_ bool *drop = xcalloc(d->in.n_addresses, sizeof(bool));

		for (end = i + 1; end < n && list[end].draft == d; end++) {
			if (!ipaddr_eq(&list[end].a->addr, &list[end - 1].a->addr))
				continue;
			drop[list[end].index] = true;
			conf_alike(b->reader.problems, &list[end].word->pos,
			    "%s is in %s already; ignored", list[end].word->text,
			    d->in.name);
		}
		compact(d, drop);
	}
}

void
conf_check_duplicate_addresses(struct conf_build *b)
{
	_free_ struct address_place *list = NULL;
	char buf[CONF_POS_STRLEN];
	size_t n;

	drop_duplicates(b);
	list = list_addresses(b, &n, by_address_and_dev);
	for (size_t i = 1; i < n; i++) {
		const struct address_place *p = &list[i], *before = &list[i - 1];

		if (!ipaddr_eq(&p->a->addr, &before->a->addr) ||
		    strcmp(p->dev, before->dev))
			continue;
		conf_error(b->reader.problems, &p->word->pos,
		    "%s on %s belongs to %s already, %s", p->word->text, p->dev,
		    before->draft->in.name,
		    conf_pos_format(&before->word->pos, &p->word->pos, buf));
	}
}

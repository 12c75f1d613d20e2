/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_lasting.h"

#include <stdlib.h>
#include <string.h>

#include "conf_lists.h"
#include "conf_route.h"
#include "conf_route_print.h"
#include "mem.h"

/* keepalived's, too. */
#define DEFAULT_INTERFACE "eth0"

void
conf_read_static_addresses(
    struct conf_reader *r, const struct conf_statement *st, void *build)
{
	struct conf_build *b = build;
	struct conf_address_list list = {
		.items = &b->lasting.addresses,
		.count = &b->lasting.n_addresses,
		.cap = &b->lasting_cap,
		.places = &b->lasting_addresses_at,
		.block = st->keyword->word,
		.what = "a node's",
	};

	conf_read_address_list(r, st->block, &list);
}

void
conf_read_static_routes(
    struct conf_reader *r, const struct conf_statement *st, void *build)
{
	struct conf_build *b = build;

	conf_read_routes(r, st, &b->lasting.routes, &b->lasting_routes_at);
}

void
conf_lasting_complete(struct conf_build *b)
{
	const char *dev = b->globals.default_interface;

	for (size_t i = 0; i < b->lasting.n_addresses; i++) {
		struct conf_address *a = &b->lasting.addresses[i];

		if (!a->dev[0])
			str_copy(
			    a->dev, sizeof(a->dev), dev[0] ? dev : DEFAULT_INTERFACE);
	}
}

/* ---- rules ---- */

/* An address of a list, and where it stands. */
struct place {
	const struct conf_address *a;
	const struct conf_word *word;
	const char *instance; /* NULL: of none */
	size_t index;
};

static int
by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return ipaddr_cmp(&x->a->addr, &y->a->addr);
}

static int
by_address_and_dev(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int r = by_address(x, y);

	if (!r)
		r = strcmp(x->a->dev, y->a->dev);
	return r ? r : x->word->pos.order < y->word->pos.order ? -1 : 1;
}

static void
drop_doubles(struct conf_build *b)
{
	struct conf_lasting *l = &b->lasting;
	struct conf_places *at = &b->lasting_addresses_at;
	_free_ struct place *list = xcalloc(l->n_addresses, sizeof(*list));
	_free_ bool *drop = xcalloc(l->n_addresses, sizeof(*drop));
	size_t kept = 0;

	for (size_t i = 0; i < l->n_addresses; i++)
		list[i] = (struct place){ &l->addresses[i], at->items[i], NULL, i };
	if (l->n_addresses)
		qsort(list, l->n_addresses, sizeof(*list), by_address_and_dev);
	for (size_t i = 1; i < l->n_addresses; i++) {
		const struct place *p = &list[i];

		if (by_address(p - 1, p) || strcmp(p[-1].a->dev, p->a->dev) != 0)
			continue;
		drop[p->index] = true;
		conf_alike(b->reader.problems, &p->word->pos,
		    "%s is there on %s already; ignored", p->word->text, p->a->dev);
	}
	for (size_t i = 0; i < l->n_addresses; i++) {
		if (drop[i])
			continue;
		l->addresses[kept] = l->addresses[i];
		at->items[kept++] = at->items[i];
	}
	l->n_addresses = at->count = kept;
}

/* Of all instances, sorted by address. */
static struct place *
list_virtual(const struct conf_build *b, size_t *count)
{
	struct place *list;
	size_t n = 0;

	for (size_t i = 0; i < b->n_drafts; i++)
		n += b->drafts[i]->in.n_addresses;
	list = xcalloc(n, sizeof(*list));
	*count = 0;
	for (size_t i = 0; i < b->n_drafts; i++) {
		const struct conf_draft *d = b->drafts[i];

		for (size_t k = 0; k < d->in.n_addresses; k++)
			list[(*count)++] = (struct place){ &d->in.addresses[k],
				d->addresses_at.items[k], d->in.name, k };
	}
	if (n)
		qsort(list, n, sizeof(*list), by_address);
	return list;
}

/* ---- routes ---- */

struct route_place {
	const struct conf_route *route;
	const struct conf_word *word;
};

static int
by_route(const void *a, const void *b)
{
	const struct route_place *x = a, *y = b;

	return conf_route_cmp(x->route, y->route);
}

static struct route_place *
list_routes(const struct conf_routes *routes, const struct conf_places *at)
{
	struct route_place *list = xcalloc(routes->count, sizeof(*list));

	for (size_t i = 0; i < routes->count; i++)
		list[i] = (struct route_place){ &routes->items[i], at->items[i] };
	return list;
}

/* The lasting one counts (lasting.h in the supervisor). */
static void
warn_of_route(struct conf_problems *ps, const struct route_place *virtual,
    const struct route_place *lasting)
{
	const struct conf_pos *at = &virtual->word->pos;
	char to[IPADDR_STRLEN], buf[CONF_POS_STRLEN];

	conf_warning(ps, at, "%s/%u is in static_routes already, %s; ignored",
	    ipaddr_format(&virtual->route->to, to), virtual->route->prefixlen,
	    conf_pos_format(&lasting->word->pos, at, buf));
}

static void
check_virtual_routes(struct conf_build *b)
{
	size_t n = b->lasting.routes.count;
	_free_ struct route_place *lasting =
	    list_routes(&b->lasting.routes, &b->lasting_routes_at);

	if (n)
		qsort(lasting, n, sizeof(*lasting), by_route);
	for (size_t i = 0; n && i < b->n_drafts; i++) {
		const struct conf_draft *d = b->drafts[i];
		_free_ struct route_place *list =
		    list_routes(&d->in.routes, &d->routes_at);

		for (size_t k = 0; k < d->in.routes.count; k++) {
			const struct route_place *p =
			    bsearch(&list[k], lasting, n, sizeof(*lasting), by_route);

			if (p && p->route->to.family)
				warn_of_route(b->reader.problems, &list[k], p);
		}
	}
}

/* ---- both ---- */

void
conf_check_lasting(struct conf_build *b)
{
	_free_ struct place *list = NULL;
	char buf[CONF_POS_STRLEN];
	size_t n;

	drop_doubles(b);
	check_virtual_routes(b);
	list = list_virtual(b, &n);
	for (size_t i = 0; n && i < b->lasting.n_addresses; i++) {
		const struct conf_word *word = b->lasting_addresses_at.items[i];
		const struct place key = { .a = &b->lasting.addresses[i] };
		const struct place *p = bsearch(&key, list, n, sizeof(*list), by_address);

		if (p)
			conf_error(b->reader.problems, &word->pos,
			    "%s is a virtual address of %s, %s", word->text, p->instance,
			    conf_pos_format(&p->word->pos, &word->pos, buf));
	}
}

/* ---- the finished configuration ---- */

void
conf_lasting_print(FILE *out, const struct conf_lasting *l)
{
	if (l->n_addresses) {
		fputs("static_ipaddress {\n", out);
		for (size_t i = 0; i < l->n_addresses; i++)
			conf_print_address(out, 1, &l->addresses[i]);
		fputs("}\n", out);
	}
	conf_print_routes(out, 0, "static_routes", &l->routes);
}

bool
conf_lasting_eq(const struct conf_lasting *a, const struct conf_lasting *b)
{
	if (a->n_addresses != b->n_addresses || a->routes.count != b->routes.count)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (!conf_address_eq(&a->addresses[i], &b->addresses[i]))
			return false;
	return !a->routes.count ||
	    !memcmp(a->routes.items, b->routes.items,
		a->routes.count * sizeof(*a->routes.items));
}

void
conf_lasting_free(struct conf_lasting *l)
{
	free(l->addresses);
	free(l->routes.items);
}

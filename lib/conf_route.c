/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_route.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf_route_print.h"
#include "conf_value.h"
#include "mem.h"

#define WEIGHT_MAX 256 /* rtnh_hops has 8 bits, and counts from 0 */

/* ---- words ---- */

static void
take_destination(
    struct conf_reader *r, const struct conf_word *word, struct conf_route *route)
{
	char good[IPADDR_STRLEN];
	struct iprange net;

	if (route->has_to) {
		conf_error(r->problems, &word->pos,
		    "\"%.60s\": the route has a destination already", word->text);
		return;
	}
	route->has_to = true;
	if (!strcmp(word->text, "default"))
		return; /* of what family shows in the end */
	if (!ipaddr_parse_prefix(word->text, &route->to, &route->prefixlen)) {
		conf_error(r->problems, &word->pos,
		    "\"%.60s\" is not ADDRESS, ADDRESS/LEN or default", word->text);
		return;
	}
	net = iprange_of_prefix(&route->to, route->prefixlen);
	if (!ipaddr_eq(&net.first, &route->to))
		conf_error(r->problems, &word->pos,
		    "%.60s has bits behind its prefix; is %s/%u meant?", word->text,
		    ipaddr_format(&net.first, good), route->prefixlen);
}

static void
read_to(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	take_destination(r, st->arg, object);
}

static void
read_nexthop(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_route *route = object;

	if (route->n_hops && !route->multipath)
		conf_error(r->problems, &st->word->pos,
		    "nexthop: via and dev stand behind it, not before");
	else if (route->n_hops == CONF_HOPS_MAX)
		conf_error(r->problems, &st->word->pos, "a route has at most %d nexthops",
		    CONF_HOPS_MAX);
	else
		route->hops[route->n_hops++].weight = 1;
	route->multipath = true;
}

/* Of the nexthop said last, else of the only one there is. */
static struct conf_hop *
last_hop(struct conf_route *route)
{
	if (!route->n_hops)
		route->hops[route->n_hops++].weight = 1;
	return &route->hops[route->n_hops - 1];
}

static void
read_via(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_hop *hop = last_hop(object);

	if (hop->via.family)
		conf_error(
		    r->problems, &st->word->pos, "%s is said twice", st->keyword->word);
	else if (!ipaddr_parse(st->arg->text, &hop->via) ||
	    ipaddr_is_unspecified(&hop->via) || ipaddr_is_multicast(&hop->via))
		conf_error(r->problems, &st->arg->pos,
		    "%s: \"%.60s\" is not the address of a router", st->keyword->word,
		    st->arg->text);
}

static void
read_dev(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_hop *hop = last_hop(object);

	if (hop->dev[0])
		conf_error(r->problems, &st->word->pos, "dev is said twice");
	else if (!conf_ifname_ok(st->arg->text))
		conf_error(r->problems, &st->arg->pos,
		    "dev: \"%.60s\" is not an interface name", st->arg->text);
	else
		str_copy(hop->dev, sizeof(hop->dev), st->arg->text);
}

static void
read_weight(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_route *route = object;
	uint32_t weight;

	if (!route->multipath)
		conf_error(
		    r->problems, &st->word->pos, "weight belongs behind a nexthop");
	else if (!conf_number_parse(st->arg->text, &weight) || weight < 1 ||
	    weight > WEIGHT_MAX)
		conf_error(r->problems, &st->arg->pos,
		    "weight: \"%.60s\" is not a whole number from 1 to %d", st->arg->text,
		    WEIGHT_MAX);
	else
		last_hop(route)->weight = (uint16_t)weight;
}

static void
read_onlink(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	(void)r;
	(void)st;
	last_hop(object)->onlink = true;
}

static void
read_scope(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	const struct conf_choice *c =
	    conf_choice_find(conf_route_scopes(), st->arg->text);
	struct conf_route *route = object;
	uint32_t value = c ? c->value : 0;

	if (!c && (!conf_number_parse(st->arg->text, &value) || value > UINT8_MAX))
		conf_error(r->problems, &st->arg->pos,
		    "scope: \"%.60s\" is not global, site, link, host or a number",
		    st->arg->text);
	route->has_scope = true;
	route->scope = (uint8_t)value;
}

static bool
take_table_name(const char *text, void *object)
{
	struct conf_route *route = object;

	if (!strcmp(text, "main"))
		route->table = RT_TABLE_MAIN;
	else if (!strcmp(text, "default"))
		route->table = RT_TABLE_DEFAULT;
	else
		return false;
	return true;
}

static void
skip_protocol(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	(void)object;
	conf_warning(r->problems, &st->word->pos,
	    "protocol %.60s is skipped: by a number of its own vipd knows its routes",
	    st->arg->text);
}

static void
skip_no_track(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	(void)object;
	conf_warning(r->problems, &st->word->pos,
	    "no_track is skipped: a deleted route always comes back");
}

#define NUMBER(member, from, to)                                                         \
	.args = "NUMBER", .kind = CONF_NUMBER, CONF_FIELD(struct conf_route, member),    \
	.min = (from), .max = (to)
/* Once for each nexthop. */
#define OF_HOP(function) .kind = CONF_CUSTOM, .repeats = true, .read = (function)

static const struct conf_keyword words[] = {
	{ "to", .args = "DESTINATION", .kind = CONF_CUSTOM, .named = true,
	    .read = read_to, .help = "the destination; the word may be left out" },
	{ "via", OF_HOP(read_via), .args = "ADDRESS", .named = true,
	    .help = "the next router" },
	{ "gw", OF_HOP(read_via), .args = "ADDRESS", .named = true,
	    .help = "the same as via" },
	{ "dev", OF_HOP(read_dev), .args = "INTERFACE", .named = true,
	    .help = "where packets leave" },
	{ "onlink", OF_HOP(read_onlink), .args = "",
	    .help = "via is on the link, whatever its prefix" },
	{ "nexthop", OF_HOP(read_nexthop), .args = "",
	    .help = "one of several ways; its words follow" },
	{ "weight", OF_HOP(read_weight), .args = "NUMBER", .named = true,
	    .help = "of the nexthop, against the others'" },
	{ "src", .args = "ADDRESS", .kind = CONF_ADDRESS,
	    CONF_FIELD(struct conf_route, src), .help = "source that is preferred" },
	{ "table", NUMBER(table, 1, UINT32_MAX), .special = take_table_name,
	    .help = "the routing table; else main, 254" },
	{ "metric", NUMBER(metric, 0, UINT32_MAX), .help = "the lowest one counts" },
	{ "preference", NUMBER(metric, 0, UINT32_MAX), .help = "the same as metric" },
	{ "mtu", NUMBER(mtu, 68, 65535), .help = "of packets that take the route" },
	{ "scope", .args = "global|site|link|host", .kind = CONF_CUSTOM, .named = true,
	    .read = read_scope, .help = "of the destination; else as ip-route(8) does" },
	{ "protocol", .args = "NAME", .kind = CONF_CUSTOM, .named = true,
	    .read = skip_protocol, .help = "skipped: vipd has its own" },
	{ "no_track", .args = "", .kind = CONF_CUSTOM, .read = skip_no_track,
	    .help = "skipped: a deleted route comes back" },
};

static const struct conf_table table = {
	.name = "virtual_routes",
	.context = CONF_IN_ROUTE,
	.words = words,
	.n_words = ARRAY_LEN(words),
	.of_items = true,
	.come_first = true,
};

const struct conf_table *
conf_route_table(void)
{
	return &table;
}

/* ---- lists ---- */

struct route_list {
	struct conf_routes *routes;
	struct conf_places *places;
};

static struct conf_route *
append(struct route_list *list, const struct conf_word *word)
{
	struct conf_routes *rs = list->routes;

	rs->items = array_grow(rs->items, rs->count, &rs->cap, sizeof(*rs->items));
	conf_places_add(list->places, word);
	rs->items[rs->count] = (struct conf_route){ .table = CONF_TABLE_MAIN };
	return &rs->items[rs->count++];
}

static bool
ends_elsewhere(const struct route_list *list, const struct conf_word *word)
{
	const struct conf_places *at = list->places;

	return !at->count || at->items[at->count - 1]->pos.line != word->pos.line;
}

/* An option, a type or a destination; what follows on the line may complete the
 * one that has no destination yet. */
static void *
begin_route(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	const struct conf_choice *type = conf_choice_find(conf_route_types(), word->text);
	struct route_list *list = arg;
	struct conf_routes *rs = list->routes;
	struct conf_route *last = rs->count ? &rs->items[rs->count - 1] : NULL;
	struct ipaddr to;
	uint8_t len;

	if (conf_begins_statement(&table, word))
		return append(list, word);
	if (!type && strcmp(word->text, "default") != 0 &&
	    !ipaddr_parse_prefix(word->text, &to, &len)) {
		conf_unknown(r, &table, word, "neither a destination nor an option:");
		return NULL;
	}
	if (!last || last->has_to || ends_elsewhere(list, word))
		last = append(list, word);
	if (type)
		last->type = (enum conf_route_type)type->value;
	else
		take_destination(r, word, last);
	return last;
}

static bool
check_family(struct conf_reader *r, const struct conf_word *word,
    const struct conf_route *route, const struct ipaddr *a, const char *what)
{
	if (!a->family || a->family == route->to.family)
		return true;
	conf_error(r->problems, &word->pos, "%s: %s is %s, the destination is not",
	    word->text, what, a->family == AF_INET ? "IPv4" : "IPv6");
	return false;
}

static void
check_hop(struct conf_reader *r, const struct conf_word *word,
    const struct conf_route *route, const struct conf_hop *hop)
{
	if (!check_family(r, word, route, &hop->via, "via"))
		return;
	if (!hop->via.family && !hop->dev[0])
		conf_error(r->problems, &word->pos, "%s: a nexthop needs via or dev",
		    word->text);
	else if (hop->onlink && (!hop->via.family || !hop->dev[0]))
		conf_error(
		    r->problems, &word->pos, "%s: onlink needs via and dev", word->text);
}

/* Where the route began. */
static void
check_route(struct conf_reader *r, const struct conf_word *word, struct conf_route *route)
{
	if (!route->has_to) {
		conf_error(r->problems, &word->pos, "the route has no destination");
		return;
	}
	if (!route->to.family)
		route->to.family = route->src.family ? route->src.family
		    : route->n_hops && route->hops[0].via.family
		    ? route->hops[0].via.family
		    : AF_INET;
	if (route->to.family == AF_INET6 && !route->metric)
		route->metric = 1024;
	if (!check_family(r, word, route, &route->src, "src"))
		return;
	if (route->type != ROUTE_UNICAST && route->n_hops)
		conf_error(r->problems, &word->pos, "%s leads nowhere: no via, no dev",
		    conf_route_types()[route->type].word);
	else if (route->type == ROUTE_UNICAST && !route->n_hops)
		conf_error(r->problems, &word->pos,
		    "%s needs via ADDRESS or dev INTERFACE", word->text);
	for (size_t i = 0; i < route->n_hops; i++)
		check_hop(r, word, route, &route->hops[i]);
}

/* The kernel takes them for the same route: destination, table, metric. */
int
conf_route_cmp(const struct conf_route *a, const struct conf_route *b)
{
	int cmp = ipaddr_cmp(&a->to, &b->to);

	if (cmp)
		return cmp;
	if (a->prefixlen != b->prefixlen)
		return a->prefixlen < b->prefixlen ? -1 : 1;
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->metric != b->metric)
		return a->metric < b->metric ? -1 : 1;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct conf_route *const *x = a, *const *y = b;
	int cmp = conf_route_cmp(*x, *y);

	/* Of equal ones in their order: they lie in one array. */
	return cmp ? cmp : *x < *y ? -1 : *x > *y;
}

static void
check_doubles(struct conf_reader *r, const struct route_list *list)
{
	const struct conf_routes *rs = list->routes;
	_free_ const struct conf_route **sorted = xcalloc(rs->count, sizeof(*sorted));
	char buf[CONF_POS_STRLEN];

	for (size_t i = 0; i < rs->count; i++)
		sorted[i] = &rs->items[i];
	if (rs->count)
		qsort(sorted, rs->count, sizeof(*sorted), by_key);
	for (size_t i = 1; i < rs->count; i++) {
		const struct conf_word *word, *before;

		if (!sorted[i - 1]->to.family || conf_route_cmp(sorted[i - 1], sorted[i]))
			continue;
		word = list->places->items[sorted[i] - rs->items];
		before = list->places->items[sorted[i - 1] - rs->items];
		conf_error(r->problems, &word->pos,
		    "the same destination, table and metric as at %s",
		    conf_pos_format(&before->pos, &word->pos, buf));
	}
}

void
conf_read_routes(struct conf_reader *r, const struct conf_statement *st,
    struct conf_routes *routes, struct conf_places *places)
{
	struct route_list list = { routes, places };
	struct conf_table options = table;
	struct conf_items items = { &options, begin_route, &list };
	size_t before = routes->count;

	options.name = st->keyword->word;
	conf_read_items(r, &items, st->block);
	for (size_t i = before; i < routes->count; i++)
		check_route(r, places->items[i], &routes->items[i]);
	check_doubles(r, &list);
}

void
conf_read_virtual_routes(
    struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_draft *d = draft;

	conf_read_routes(r, st, &d->in.routes, &d->routes_at);
}

void
conf_print_virtual_routes(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;

	conf_print_routes(out, indent, kw->word, &in->routes);
}

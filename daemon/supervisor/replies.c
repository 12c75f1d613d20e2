/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replies.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"

#define IPV6_METRIC 1024 /* the kernel's, where none is said */

/* ---- routes ---- */

static void
add_route(struct replies *r, const struct conf_instance *in, const struct ipaddr *via,
    unsigned number)
{
	struct conf_route *route = &r->routes[r->n_routes++];

	*route = (struct conf_route){
		.has_to = true,
		.to = { .family = via->family },
		.table = reply_table(number),
		.metric = via->family == AF_INET6 ? IPV6_METRIC : 0,
		.n_hops = 1,
	};
	route->hops[0].via = *via;
	route->hops[0].weight = 1;
	str_copy(route->hops[0].dev, sizeof(route->hops[0].dev), in->interface);
}

/* ---- rules ---- */

static void
add_rule(struct replies *r, struct policy_rule rule)
{
	r->rules = array_grow(r->rules, r->n_rules, &r->cap_rules, sizeof(*r->rules));
	r->rules[r->n_rules++] = rule;
}

static void
add_marked(struct replies *r, uint8_t family, unsigned number)
{
	add_rule(r,
	    (struct policy_rule){
		.family = family,
		.mark = reply_mark(number),
		.mask = REPLY_MARK_MASK,
		.table = reply_table(number),
		.priority = REPLY_PRIORITY_GATEWAY,
	    });
}

/* The same for every gateway. */
static void
add_marked_main(struct replies *r, uint8_t family)
{
	add_rule(r,
	    (struct policy_rule){
		.family = family,
		.without_default = true,
		.mark = REPLY_MARK_ALL,
		.mask = REPLY_MARK_ALL_MASK,
		.table = CONF_TABLE_MAIN,
		.priority = REPLY_PRIORITY_MAIN,
	    });
}

static void
add_static(struct replies *r, const struct ipaddr *addr, unsigned number)
{
	struct policy_rule rule = {
		.family = addr->family,
		.prefixlen = (uint8_t)ipaddr_bits(addr),
		.without_default = true,
		.from = *addr,
		.table = CONF_TABLE_MAIN,
		.priority = REPLY_PRIORITY_MAIN,
	};

	add_rule(r, rule);
	rule.without_default = false;
	rule.table = reply_table(number);
	rule.priority = REPLY_PRIORITY_GATEWAY;
	add_rule(r, rule);
}

/* The largest prefix that begins where the range does and ends inside it. */
static struct iprange
first_prefix(const struct iprange *range, uint8_t *len)
{
	struct iprange prefix = { range->first, range->first };

	*len = (uint8_t)ipaddr_bits(&range->first);
	while (*len > 0) {
		struct iprange wider = iprange_of_prefix(&range->first, *len - 1);

		if (!ipaddr_eq(&wider.first, &range->first) ||
		    ipaddr_cmp(&wider.last, &range->last) > 0)
			break;
		prefix = wider;
		--*len;
	}
	return prefix;
}

static void
add_ranges(
    struct replies *r, const struct conf_ranges *ranges, uint8_t family, unsigned number)
{
	for (size_t i = 0; i < ranges->count; i++) {
		struct iprange rest = ranges->items[i];
		bool more = rest.first.family == family;

		while (more) {
			struct policy_rule rule = {
				.family = family,
				.from = rest.first,
				.table = reply_table(number),
				.priority = REPLY_PRIORITY_LAST,
			};
			struct iprange prefix = first_prefix(&rest, &rule.prefixlen);

			add_rule(r, rule);
			more = ipaddr_cmp(&prefix.last, &rest.last) < 0;
			if (more)
				rest.first = ipaddr_next(prefix.last);
		}
	}
}

static void
add_service_ranges(struct replies *r, const struct conf *conf,
    const struct conf_instance *in, uint8_t family, unsigned number)
{
	const struct conf_services *s = &conf->services;

	if (!in->wants_services)
		return;
	add_ranges(r, &in->service_ranges, family, number);
	if (in->service_ranges.count)
		return;
	/* Bare: it may carry all there is. */
	add_ranges(r, &s->external_ips, family, number);
	for (size_t i = 0; i < s->n_pools; i++)
		add_ranges(r, &s->pools[i].ranges, family, number);
}

static void
add_instance(struct replies *r, const struct conf *conf, const struct conf_instance *in,
    uint8_t family)
{
	unsigned number = conf_gateway_number(conf, in, family);

	if (!number)
		return;
	for (size_t i = 0; i < in->n_addresses; i++) {
		const struct ipaddr *a = &in->addresses[i].addr;

		if (a->family == family && !ipaddr_is_linklocal(a))
			add_static(r, a, number);
	}
	add_service_ranges(r, conf, in, family, number);
}

static void
add_family(struct replies *r, const struct conf *conf, size_t which)
{
	static const uint8_t families[] = {
		[CONF_IPV4] = AF_INET,
		[CONF_IPV6] = AF_INET6,
	};
	const struct conf_instance *first[REPLY_GATEWAYS_MAX];
	size_t n = conf_gateways(conf, first), before = r->n_routes;
	uint8_t family = families[which];

	for (size_t i = 0; i < n; i++) {
		const struct ipaddr *via = &first[i]->reply_gateway[which];

		if (!via->family)
			continue;
		add_route(r, first[i], via, (unsigned)i + 1);
		add_marked(r, family, (unsigned)i + 1);
	}
	if (r->n_routes > before)
		add_marked_main(r, family);
	for (size_t i = 0; i < conf->n_instances; i++)
		add_instance(r, conf, &conf->instances[i], family);
}

void
replies_plan(struct replies *r, const struct conf *conf)
{
	free(r->routes);
	free(r->rules);
	*r = (struct replies){ 0 };
	if (!conf)
		return;
	r->routes = xcalloc(CONF_FAMILIES * REPLY_GATEWAYS_MAX, sizeof(*r->routes));
	for (size_t i = 0; i < CONF_FAMILIES; i++)
		add_family(r, conf, i);
}

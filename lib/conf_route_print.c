/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_route_print.h"

#include <linux/rtnetlink.h>

#include "conf.h"
#include "conf_value.h"

static const struct conf_choice types[] = {
	{ "unicast", ROUTE_UNICAST },
	{ "blackhole", ROUTE_BLACKHOLE },
	{ "unreachable", ROUTE_UNREACHABLE },
	{ "prohibit", ROUTE_PROHIBIT },
	{ "throw", ROUTE_THROW },
	{ NULL, 0 },
};
static const struct conf_choice scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE },
	{ "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },
	{ NULL, 0 },
};

const struct conf_choice *
conf_route_types(void)
{
	return types;
}

const struct conf_choice *
conf_route_scopes(void)
{
	return scopes;
}

static void
print_hop(FILE *out, const struct conf_route *route, const struct conf_hop *hop)
{
	char buf[IPADDR_STRLEN];

	if (route->multipath)
		fputs(" nexthop", out);
	if (hop->via.family)
		fprintf(out, " via %s", ipaddr_format(&hop->via, buf));
	if (hop->dev[0]) {
		fputs(" dev ", out);
		conf_print_word(out, hop->dev);
	}
	if (hop->onlink)
		fputs(" onlink", out);
	if (route->multipath)
		fprintf(out, " weight %u", hop->weight);
}

static void
print_scope(FILE *out, const struct conf_route *route)
{
	const struct conf_choice *c = scopes;

	if (!route->has_scope)
		return;
	while (c->word && c->value != route->scope)
		c++;
	if (c->word)
		fprintf(out, " scope %s", c->word);
	else
		fprintf(out, " scope %u", route->scope);
}

static void
print_route(FILE *out, const struct conf_route *route)
{
	char buf[IPADDR_STRLEN];

	if (route->type != ROUTE_UNICAST)
		fprintf(out, "%s ", types[route->type].word);
	fprintf(out, "%s/%u", ipaddr_format(&route->to, buf), route->prefixlen);
	if (route->src.family)
		fprintf(out, " src %s", ipaddr_format(&route->src, buf));
	if (route->table != CONF_TABLE_MAIN)
		fprintf(out, " table %u", route->table);
	if (route->metric)
		fprintf(out, " metric %u", route->metric);
	if (route->mtu)
		fprintf(out, " mtu %u", route->mtu);
	print_scope(out, route);
	for (size_t i = 0; i < route->n_hops; i++)
		print_hop(out, route, &route->hops[i]);
	fputc('\n', out);
}

void
conf_print_routes(
    FILE *out, unsigned indent, const char *word, const struct conf_routes *routes)
{
	if (!routes->count)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", word);
	for (size_t i = 0; i < routes->count; i++) {
		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		print_route(out, &routes->items[i]);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

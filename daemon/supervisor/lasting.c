/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lasting.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "mem.h"

void
lasting_want_addresses(struct addresses *as, const struct conf_lasting *l)
{
	size_t n = l ? l->n_addresses : 0;
	_free_ struct address_want *list = xcalloc(n, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		const struct conf_address *a = &l->addresses[i];

		list[i] = (struct address_want){
			.addr = a->addr,
			.prefixlen = a->prefixlen,
			.is_lasting = true,
			.broadcast = a->broadcast,
			.scope = a->scope,
			.noprefixroute = a->noprefixroute,
			.preferred = a->preferred,
		};
		memcpy(list[i].dev, a->dev, sizeof(a->dev));
		memcpy(list[i].label, a->label, sizeof(a->label));
	}
	addresses_want(as, LASTING_OWNER, list, n);
}

struct search {
	uint32_t ifindex;
	bool found;
};

static bool
find_on_link(void *arg, const struct link_address *a)
{
	struct search *s = arg;

	s->found |= a->ifindex == s->ifindex && !a->unborn;
	return !s->found;
}

bool
lasting_may_route(const struct links *links, const struct conf_lasting *l)
{
	for (size_t i = 0; i < l->n_addresses; i++) {
		const struct conf_address *a = &l->addresses[i];
		const struct link *link = links_find_by_name(links, a->dev);
		struct search s = { 0 };

		if (!link || !link_is_up(link))
			continue;
		s.ifindex = link_index(link);
		links_each_place(links, &a->addr, find_on_link, &s);
		if (!s.found)
			return false;
	}
	return true;
}

struct route_want *
lasting_add_routes(
    const struct conf_lasting *l, const struct route_want *list, size_t n, size_t *count)
{
	const struct conf_routes *own = &l->routes;
	struct route_want *all = xcalloc(own->count + n, sizeof(*all));

	for (size_t i = 0; i < own->count; i++)
		all[i] = (struct route_want){ "static_routes", &own->items[i] };
	for (size_t i = 0; i < n; i++)
		all[own->count + i] = list[i];
	*count = own->count + n;
	return all;
}

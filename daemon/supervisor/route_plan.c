/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route_plan.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum route_step
route_plan_next(bool wanted, const struct route_place *p, bool early)
{
	if (p->present && wanted && p->fits)
		return ROUTE_REST;
	if (p->present)
		return early ? ROUTE_WAIT : ROUTE_DELETE;
	if (!wanted)
		return ROUTE_REST;
	return p->ready && !early ? ROUTE_ADD : ROUTE_WAIT;
}

uint8_t
route_plan_scope(const struct conf_route *route)
{
	if (route->has_scope)
		return route->scope;
	if (route->to.family == AF_INET6 || route->type != ROUTE_UNICAST)
		return RT_SCOPE_UNIVERSE;
	/* One hop without a gateway: what is there is on the link. */
	if (!route->multipath && !route->hops[0].via.family)
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static bool
hop_fits(const struct conf_hop *want, const struct conf_hop *there, bool weighted)
{
	if (!ipaddr_eq(&want->via, &there->via))
		return false;
	if (want->dev[0] && strcmp(want->dev, there->dev) != 0)
		return false;
	return want->onlink == there->onlink &&
	    (!weighted || want->weight == there->weight);
}

/* The kernel keeps IPv4's order of nexthops, IPv6's not always. */
static bool
has_hop(const struct conf_route *there, const struct conf_hop *want, bool weighted)
{
	for (size_t i = 0; i < there->n_hops; i++)
		if (hop_fits(want, &there->hops[i], weighted))
			return true;
	return false;
}

bool
route_plan_fits(const struct conf_route *want, const struct conf_route *there)
{
	bool weighted = want->n_hops > 1;

	if (want->type != there->type || want->mtu != there->mtu ||
	    !ipaddr_eq(&want->src, &there->src))
		return false;
	if (want->to.family == AF_INET && route_plan_scope(want) != there->scope)
		return false;
	if (want->type != ROUTE_UNICAST)
		return true;
	if (want->n_hops != there->n_hops)
		return false;
	for (size_t i = 0; i < want->n_hops; i++)
		if (!has_hop(there, &want->hops[i], weighted))
			return false;
	return true;
}

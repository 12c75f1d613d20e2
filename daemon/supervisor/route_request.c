/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route_request.h"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "link.h"
#include "mem.h"
#include "netlink.h"
#include "route.h"
#include "route_plan.h"

static const uint8_t kernel_types[] = {
	[ROUTE_UNICAST] = RTN_UNICAST,
	[ROUTE_BLACKHOLE] = RTN_BLACKHOLE,
	[ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
	[ROUTE_PROHIBIT] = RTN_PROHIBIT,
	[ROUTE_THROW] = RTN_THROW,
};

/* ---- to the kernel ---- */

static uint32_t
index_of(const struct links *links, const char *name)
{
	const struct link *l = links_find_by_name(links, name);

	return l ? link_index(l) : 0;
}

/* Destination, table and metric: what every request has. */
static struct nl_msg *
begin(int type, int flags, const struct conf_route *route, struct rtmsg rtm, int *error)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_ACK);

	rtm.rtm_family = route->to.family;
	rtm.rtm_dst_len = route->prefixlen;
	rtm.rtm_protocol = ROUTE_PROTO;
	rtm.rtm_table =
	    route->table <= UINT8_MAX ? (uint8_t)route->table : RT_TABLE_UNSPEC;
	*error = -NLE_NOMEM;
	if (!msg)
		return NULL;
	*error = nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO);
	if (!*error && route->prefixlen)
		*error =
		    nla_put(msg, RTA_DST, (int)ipaddr_len(&route->to), route->to.bytes);
	if (!*error)
		*error = nla_put_u32(msg, RTA_TABLE, route->table);
	if (!*error && route->metric)
		*error = nla_put_u32(msg, RTA_PRIORITY, route->metric);
	return msg;
}

static int
put_address(struct nl_msg *msg, int type, const struct ipaddr *a)
{
	return a->family ? nla_put(msg, type, (int)ipaddr_len(a), a->bytes) : 0;
}

static int
put_hop(struct nl_msg *msg, const struct links *links, const struct conf_hop *hop)
{
	uint32_t ifindex = hop->dev[0] ? index_of(links, hop->dev) : 0;
	int error = put_address(msg, RTA_GATEWAY, &hop->via);

	return !error && ifindex ? nla_put_u32(msg, RTA_OIF, ifindex) : error;
}

static int
put_hops(struct nl_msg *msg, const struct links *links, const struct conf_route *route)
{
	struct nlattr *all = nla_nest_start(msg, RTA_MULTIPATH);
	struct rtnexthop *nh;
	int error = all ? 0 : -NLE_NOMEM;

	for (size_t i = 0; i < route->n_hops && !error; i++) {
		const struct conf_hop *hop = &route->hops[i];
		size_t at = nlmsg_hdr(msg)->nlmsg_len;

		nh = nlmsg_reserve(msg, sizeof(*nh), RTNH_ALIGNTO);
		if (!nh)
			return -NLE_NOMEM;
		*nh = (struct rtnexthop){
			.rtnh_flags = hop->onlink ? RTNH_F_ONLINK : 0,
			.rtnh_hops = (uint8_t)(hop->weight - 1),
			.rtnh_ifindex = (int)index_of(links, hop->dev),
		};
		error = put_address(msg, RTA_GATEWAY, &hop->via);
		nh->rtnh_len = (uint16_t)(nlmsg_hdr(msg)->nlmsg_len - at);
	}
	if (!error)
		nla_nest_end(msg, all);
	return error;
}

static int
put_mtu(struct nl_msg *msg, uint32_t mtu)
{
	struct nlattr *metrics;
	int error;

	if (!mtu)
		return 0;
	metrics = nla_nest_start(msg, RTA_METRICS);
	if (!metrics)
		return -NLE_NOMEM;
	error = nla_put_u32(msg, RTAX_MTU, mtu);
	nla_nest_end(msg, metrics);
	return error;
}

int
route_send_add(struct nl_sock *sock, const struct links *links,
    const struct conf_route *route, uint32_t *seq)
{
	bool onlink = !route->multipath && route->hops[0].onlink;
	struct rtmsg rtm = {
		.rtm_type = kernel_types[route->type],
		.rtm_scope = route_plan_scope(route),
		.rtm_flags = onlink ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *msg;
	int error;

	msg = begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, rtm, &error);
	if (!error)
		error = put_address(msg, RTA_PREFSRC, &route->src);
	if (!error)
		error = put_mtu(msg, route->mtu);
	if (!error && route->multipath)
		error = put_hops(msg, links, route);
	else if (!error && route->n_hops)
		error = put_hop(msg, links, &route->hops[0]);
	return netlink_request(sock, msg, error, seq);
}

int
route_send_del(struct nl_sock *sock, const struct conf_route *route, uint32_t *seq)
{
	struct rtmsg rtm = { .rtm_scope = RT_SCOPE_NOWHERE };
	struct nl_msg *msg;
	int error;

	msg = begin(RTM_DELROUTE, 0, route, rtm, &error);
	return netlink_request(sock, msg, error, seq);
}

/* ---- from the kernel ---- */

static struct ipaddr
read_address(const struct nlattr *a)
{
	if (a && nla_len(a) == 4)
		return ipaddr_from4(nla_data(a));
	if (a && nla_len(a) == 16)
		return ipaddr_from6(nla_data(a));
	return (struct ipaddr){ 0 };
}

static void
add_hop(struct conf_route *r, const struct links *links, const struct nlattr *via,
    uint32_t ifindex, unsigned flags, unsigned hops)
{
	const char *name = links_name(links, ifindex);
	struct conf_hop *hop;

	/* One more than can be wanted is seen by its number. */
	if (r->n_hops++ >= CONF_HOPS_MAX)
		return;
	hop = &r->hops[r->n_hops - 1];
	hop->via = read_address(via);
	hop->onlink = flags & RTNH_F_ONLINK;
	hop->weight = (uint16_t)(hops + 1);
	str_copy(hop->dev, sizeof(hop->dev), name ? name : "");
}

static void
read_hops(struct conf_route *r, const struct links *links, const struct nlattr *list)
{
	const struct rtnexthop *nh = nla_data(list);
	int rest = nla_len(list);

	while (
	    r->n_hops < CONF_HOPS_MAX && rest >= (int)sizeof(*nh) && RTNH_OK(nh, rest)) {
		int len = nh->rtnh_len - (int)sizeof(*nh);
		const struct nlattr *attrs = (const void *)(nh + 1);

		add_hop(r, links, nla_find(attrs, len, RTA_GATEWAY),
		    (uint32_t)nh->rtnh_ifindex, nh->rtnh_flags, nh->rtnh_hops);
		rest -= (int)RTNH_ALIGN(nh->rtnh_len);
		nh = (const void *)((const char *)nh + RTNH_ALIGN(nh->rtnh_len));
	}
}

static uint32_t
read_mtu(const struct nlattr *metrics)
{
	const struct nlattr *mtu =
	    metrics ? nla_find(nla_data(metrics), nla_len(metrics), RTAX_MTU) : NULL;

	return mtu && nla_len(mtu) == sizeof(uint32_t) ? nla_get_u32(mtu) : 0;
}

static bool
read_type(uint8_t kernel_type, enum conf_route_type *out)
{
	for (unsigned i = 0; i < ARRAY_LEN(kernel_types); i++)
		if (kernel_types[i] == kernel_type) {
			*out = (enum conf_route_type)i;
			return true;
		}
	return false;
}

bool
route_read(struct nlmsghdr *nlh, const struct links *links, struct conf_route *out)
{
	const struct rtmsg *rtm = nlmsg_data(nlh);
	struct nlattr *tb[RTA_MAX + 1];

	if (nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0 ||
	    rtm->rtm_protocol != ROUTE_PROTO || rtm->rtm_flags & RTM_F_CLONED)
		return false;
	memset(out, 0, sizeof(*out));
	if (!read_type(rtm->rtm_type, &out->type))
		return false;
	out->has_to = true;
	out->to = read_address(tb[RTA_DST]);
	out->to.family = rtm->rtm_family;
	out->prefixlen = rtm->rtm_dst_len;
	out->scope = rtm->rtm_scope;
	out->src = read_address(tb[RTA_PREFSRC]);
	out->table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	out->metric = tb[RTA_PRIORITY] ? nla_get_u32(tb[RTA_PRIORITY]) : 0;
	out->mtu = read_mtu(tb[RTA_METRICS]);
	if (tb[RTA_MULTIPATH])
		read_hops(out, links, tb[RTA_MULTIPATH]);
	else if (tb[RTA_OIF])
		add_hop(out, links, tb[RTA_GATEWAY], nla_get_u32(tb[RTA_OIF]),
		    rtm->rtm_flags, 0);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmac_request.h"

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "mem.h"
#include "netlink.h"

/* A value of net.ipv4.conf.IFACE. */
struct setting {
	int id; /* IPV4_DEVCONF_* */
	uint32_t value;
};

static struct nl_msg *
begin(int type, int flags, struct ifinfomsg ifi)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_ACK);

	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int
put_macvlan(struct nl_msg *msg)
{
	struct nlattr *info, *data;

	if (!(info = nla_nest_start(msg, IFLA_LINKINFO)) ||
	    nla_put_string(msg, IFLA_INFO_KIND, "macvlan") < 0 ||
	    !(data = nla_nest_start(msg, IFLA_INFO_DATA)) ||
	    nla_put_u32(msg, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE) < 0)
		return -NLE_NOMEM;
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return 0;
}

/* RFC 9568 7.4: no link-local address from a MAC that several routers have. */
static int
put_addrgen_none(struct nl_msg *msg)
{
	struct nlattr *spec, *inet6;

	if (!(spec = nla_nest_start(msg, IFLA_AF_SPEC)) ||
	    !(inet6 = nla_nest_start(msg, AF_INET6)) ||
	    nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
		return -NLE_NOMEM;
	nla_nest_end(msg, inet6);
	nla_nest_end(msg, spec);
	return 0;
}

int
vmac_send_create(struct nl_sock *sock, const char *name, uint32_t parent,
    const uint8_t mac[6], uint32_t *seq)
{
	struct nl_msg *msg = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
	    (struct ifinfomsg){ .ifi_change = 0 });
	int error = 0;

	if (msg &&
	    (nla_put_string(msg, IFLA_IFNAME, name) < 0 ||
		nla_put_u32(msg, IFLA_LINK, parent) < 0 ||
		nla_put(msg, IFLA_ADDRESS, 6, mac) < 0 || put_macvlan(msg) < 0))
		error = -NLE_NOMEM;
	return netlink_request(sock, msg, error, seq);
}

int
vmac_send_delete(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };

	return netlink_request(sock, begin(RTM_DELLINK, 0, ifi), 0, seq);
}

int
vmac_send_alias(
    struct nl_sock *sock, uint32_t ifindex, const char *alias, bool ipv6, uint32_t *seq)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct nl_msg *msg = begin(RTM_SETLINK, 0, ifi);
	int error = msg ? nla_put_string(msg, IFLA_IFALIAS, alias) : 0;

	if (msg && !error && ipv6)
		error = put_addrgen_none(msg);
	return netlink_request(sock, msg, error, seq);
}

int
vmac_send_flags(struct nl_sock *sock, uint32_t ifindex, bool up, uint32_t *seq)
{
	struct ifinfomsg ifi = {
		.ifi_index = (int)ifindex,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};

	return netlink_request(sock, begin(RTM_SETLINK, 0, ifi), 0, seq);
}

static int
send_settings(struct nl_sock *sock, uint32_t ifindex, const struct setting *list,
    size_t n, uint32_t *seq)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct nl_msg *msg = begin(RTM_SETLINK, 0, ifi);
	struct nlattr *spec, *inet, *conf;
	int error = -NLE_NOMEM;

	if (msg && (spec = nla_nest_start(msg, IFLA_AF_SPEC)) &&
	    (inet = nla_nest_start(msg, AF_INET)) &&
	    (conf = nla_nest_start(msg, IFLA_INET_CONF))) {
		error = 0;
		for (size_t i = 0; i < n && !error; i++)
			error = nla_put_u32(msg, list[i].id, list[i].value);
		nla_nest_end(msg, conf);
		nla_nest_end(msg, inet);
		nla_nest_end(msg, spec);
	}
	return netlink_request(sock, msg, error, seq);
}

int
vmac_send_arp(
    struct nl_sock *sock, uint32_t ifindex, const struct vmac_arp *arp, uint32_t *seq)
{
	const struct setting list[] = {
		{ IPV4_DEVCONF_ARP_IGNORE, arp->ignore },
		{ IPV4_DEVCONF_ARP_ANNOUNCE, arp->announce },
	};

	return send_settings(sock, ifindex, list, ARRAY_LEN(list), seq);
}

/*
 * Packets reach the macvlan by its MAC, and the way back may lead out of the
 * parent. The kernel takes the larger of conf.all's and the device's
 * rp_filter: loose (2) makes that so whatever conf.all says. Without accept_local
 * who hands over does not answer its successor's gratuitous ARP, from the same MAC,
 * which would take the switches back.
 */
int
vmac_send_settings(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq)
{
	static const struct setting list[] = {
		{ IPV4_DEVCONF_ARP_IGNORE, 1 },
		{ IPV4_DEVCONF_ACCEPT_LOCAL, 0 },
		{ IPV4_DEVCONF_RP_FILTER, 2 },
		{ IPV4_DEVCONF_PROMOTE_SECONDARIES, 1 },
	};

	return send_settings(sock, ifindex, list, ARRAY_LEN(list), seq);
}

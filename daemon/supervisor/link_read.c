/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link_read.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11 /* linux/if_addr.h of 5.18 */
#endif
#define IFA_ATTRS 16 /* room for IFA_PROTO whatever the header knows */

/* IFF_LOWER_UP of linux/if.h, which clashes with net/if.h. */
#define LOWER_UP (1U << 16)

/* net.ipv6.conf.IFACE.forwarding: the first of DEVCONF_*. */
static bool
read_forwarding6(const struct nlattr *af_spec, uint8_t *out)
{
	struct nlattr *inet6, *conf;
	int32_t forwarding;
	int rest;

	nla_for_each_nested(inet6, af_spec, rest)
	{
		if (nla_type(inet6) != AF_INET6)
			continue;
		conf = nla_find(nla_data(inet6), nla_len(inet6), IFLA_INET6_CONF);
		if (!conf || nla_len(conf) < (int)sizeof(forwarding))
			return false;
		memcpy(&forwarding, nla_data(conf), sizeof(forwarding));
		*out = forwarding != 0;
		return true;
	}
	return false;
}

/* One value of net.ipv4.conf.IFACE; 0 where it is not told. */
static uint32_t
read_conf4(const struct nlattr *af_spec, int id)
{
	const size_t at = ((size_t)id - 1) * sizeof(uint32_t);
	struct nlattr *inet, *conf;
	uint32_t value;

	inet = nla_find(nla_data(af_spec), nla_len(af_spec), AF_INET);
	conf = inet ? nla_find(nla_data(inet), nla_len(inet), IFLA_INET_CONF) : NULL;
	if (!conf || (size_t)nla_len(conf) < at + sizeof(value))
		return 0;
	memcpy(&value, (const char *)nla_data(conf) + at, sizeof(value));
	return value;
}

static bool
is_private_macvlan(const struct nlattr *info)
{
	struct nlattr *kind, *data, *mode;

	kind = nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND);
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);
	if (!kind || !data || nla_strcmp(kind, "macvlan") != 0)
		return false;
	mode = nla_find(nla_data(data), nla_len(data), IFLA_MACVLAN_MODE);
	return mode && nla_len(mode) == sizeof(uint32_t) &&
	    nla_get_u32(mode) == MACVLAN_MODE_PRIVATE;
}

static void
read_details(struct nlattr *tb[], struct link_details *d)
{
	char alias[VMAC_ALIAS_LEN];

	if (tb[IFLA_LINK] && !tb[IFLA_LINK_NETNSID])
		d->parent = nla_get_u32(tb[IFLA_LINK]);
	if (tb[IFLA_LINKINFO])
		d->private_macvlan = is_private_macvlan(tb[IFLA_LINKINFO]);
	if (tb[IFLA_IFALIAS] &&
	    str_copy(alias, sizeof(alias), nla_data(tb[IFLA_IFALIAS])))
		d->is_vmac = d->private_macvlan && vmac_alias_read(alias, &d->before);
	if (tb[IFLA_AF_SPEC]) {
		d->arp.ignore = read_conf4(tb[IFLA_AF_SPEC], IPV4_DEVCONF_ARP_IGNORE);
		d->arp.announce = read_conf4(tb[IFLA_AF_SPEC], IPV4_DEVCONF_ARP_ANNOUNCE);
	}
}

bool
link_read(struct nlmsghdr *nlh, struct link_news *out)
{
	const unsigned ready = IFF_UP | IFF_RUNNING | LOWER_UP;
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct nlattr *tb[IFLA_MAX + 1];

	/* Bridges also tell of their ports in messages of their own family. */
	if (nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 ||
	    ifi->ifi_family != AF_UNSPEC || !tb[IFLA_IFNAME])
		return false;
	memset(out, 0, sizeof(*out));
	out->ifindex = (uint32_t)ifi->ifi_index;
	out->up = ifi->ifi_flags & IFF_UP;
	out->usable = (ifi->ifi_flags & ready) == ready;
	str_copy(out->name, sizeof(out->name), nla_data(tb[IFLA_IFNAME]));
	if (tb[IFLA_MTU])
		out->mtu = nla_get_u32(tb[IFLA_MTU]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == sizeof(out->mac))
		memcpy(out->mac, nla_data(tb[IFLA_ADDRESS]), sizeof(out->mac));
	if (tb[IFLA_AF_SPEC])
		out->has_forwarding6 =
		    read_forwarding6(tb[IFLA_AF_SPEC], &out->forwarding6);
	read_details(tb, &out->details);
	return true;
}

bool
link_read_address(struct nlmsghdr *nlh, bool by_label, struct address_news *out)
{
	const struct ifaddrmsg *ifa = nlmsg_data(nlh);
	struct nlattr *tb[IFA_ATTRS + 1];
	const struct nlattr *addr;

	if (nlmsg_parse(nlh, sizeof(*ifa), tb, IFA_ATTRS, NULL) < 0)
		return false;
	/* On point-to-point links IFA_ADDRESS is the peer's. */
	addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!addr)
		return false;
	memset(out, 0, sizeof(*out));
	if (ifa->ifa_family == AF_INET && nla_len(addr) == 4)
		out->a.addr = ipaddr_from4(nla_data(addr));
	else if (ifa->ifa_family == AF_INET6 && nla_len(addr) == 16)
		out->a.addr = ipaddr_from6(nla_data(addr));
	else
		return false;
	out->a.ifindex = ifa->ifa_index;
	out->a.prefixlen = ifa->ifa_prefixlen;
	out->flags = tb[IFA_FLAGS] ? nla_get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	out->scope = ifa->ifa_scope;
	/* In IPv6 the same bit says "temporary". */
	out->a.expires = !(out->flags & IFA_F_PERMANENT);
	out->a.secondary = ifa->ifa_family == AF_INET && (out->flags & IFA_F_SECONDARY);
	out->a.lasting = tb[IFA_PROTO] && nla_get_u8(tb[IFA_PROTO]) == LASTING_PROTO;
	if (tb[IFA_PROTO])
		out->a.own = out->a.lasting || nla_get_u8(tb[IFA_PROTO]) == ADDRESS_PROTO;
	else if (by_label && tb[IFA_LABEL])
		out->a.own = !strcmp(nla_get_string(tb[IFA_LABEL]), ADDRESS_LABEL);
	return true;
}

bool
link_read_netconf(struct nlmsghdr *nlh, uint32_t *ifindex, uint8_t *forwarding6)
{
	const struct netconfmsg *ncm = nlmsg_data(nlh);
	struct nlattr *tb[NETCONFA_MAX + 1];

	if (nlmsg_parse(nlh, sizeof(*ncm), tb, NETCONFA_MAX, NULL) < 0 ||
	    ncm->ncm_family != AF_INET6 || !tb[NETCONFA_IFINDEX] ||
	    !tb[NETCONFA_FORWARDING])
		return false;
	*ifindex = nla_get_u32(tb[NETCONFA_IFINDEX]);
	*forwarding6 = nla_get_u32(tb[NETCONFA_FORWARDING]) != 0;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_request.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "netlink.h"
#ifndef IFA_PROTO
#define IFA_PROTO 11 /* linux/if_addr.h of 5.18 */
#endif

#define FOREVER UINT32_MAX

static struct nl_msg *
begin(int type, int flags, uint32_t ifindex, const struct ipaddr *addr, uint8_t prefixlen,
    uint8_t scope, int *error)
{
	struct ifaddrmsg ifa = {
		.ifa_family = addr->family,
		.ifa_prefixlen = prefixlen,
		.ifa_index = ifindex,
		.ifa_scope = scope,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags | NLM_F_ACK);

	*error = -NLE_NOMEM;
	if (!msg)
		return NULL;
	*error = nlmsg_append(msg, &ifa, sizeof(ifa), NLMSG_ALIGNTO);
	if (!*error)
		*error = nla_put(msg, IFA_LOCAL, (int)ipaddr_len(addr), addr->bytes);
	if (!*error)
		*error = nla_put(msg, IFA_ADDRESS, (int)ipaddr_len(addr), addr->bytes);
	return msg;
}

static int
put_lifetime(struct nl_msg *msg, uint32_t lifetime_s, bool deprecated)
{
	uint32_t valid = lifetime_s ? lifetime_s : FOREVER;
	struct ifa_cacheinfo ci = {
		.ifa_prefered = deprecated ? 0 : valid,
		.ifa_valid = valid,
	};

	return nla_put(msg, IFA_CACHEINFO, sizeof(ci), &ci);
}

static bool
is_deprecated(const struct address_want *w)
{
	if (w->is_service || w->addr.family == AF_INET)
		return w->is_service;
	if (w->preferred != PREFERRED_DEFAULT)
		return w->preferred == PREFERRED_NEVER;
	return w->prefixlen == 128 && !w->is_lasting;
}

static int
put_rest(struct nl_msg *msg, const struct address_want *w)
{
	const char *label = w->is_service ? ADDRESS_LABEL : w->label;
	uint32_t flags = 0;
	int error;

	if (w->is_service || w->noprefixroute)
		flags |= IFA_F_NOPREFIXROUTE;
	if (w->addr.family == AF_INET6)
		flags |= IFA_F_NODAD;
	error = nla_put_u32(msg, IFA_FLAGS, flags);
	if (!error && w->addr.family == AF_INET && label[0])
		error = nla_put_string(msg, IFA_LABEL, label);
	if (!error && ipaddr_len(&w->broadcast) == 4)
		error = nla_put(msg, IFA_BROADCAST, 4, w->broadcast.bytes);
	if (!error)
		error = put_lifetime(msg, w->lifetime_s, is_deprecated(w));
	if (!error)
		error = nla_put_u8(
		    msg, IFA_PROTO, w->is_lasting ? LASTING_PROTO : ADDRESS_PROTO);
	return error;
}

static int
send_new(struct nl_sock *sock, int flags, uint32_t ifindex, const struct address_want *w,
    uint32_t *seq)
{
	struct nl_msg *msg;
	int error;

	msg =
	    begin(RTM_NEWADDR, flags, ifindex, &w->addr, w->prefixlen, w->scope, &error);
	if (!error)
		error = put_rest(msg, w);
	return netlink_request(sock, msg, error, seq);
}

int
address_send_add(
    struct nl_sock *sock, uint32_t ifindex, const struct address_want *w, uint32_t *seq)
{
	return send_new(sock, NLM_F_CREATE | NLM_F_EXCL, ifindex, w, seq);
}

int
address_send_renew(
    struct nl_sock *sock, uint32_t ifindex, const struct address_want *w, uint32_t *seq)
{
	return send_new(sock, NLM_F_REPLACE, ifindex, w, seq);
}

int
address_send_del(struct nl_sock *sock, uint32_t ifindex, const struct ipaddr *addr,
    uint8_t prefixlen, uint32_t *seq)
{
	struct nl_msg *msg;
	int error;

	msg = begin(RTM_DELADDR, 0, ifindex, addr, prefixlen, 0, &error);
	return netlink_request(sock, msg, error, seq);
}

int
address_send_nothing(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_ACK);

	if (!msg)
		return -NLE_NOMEM;
	return netlink_request(
	    sock, msg, nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), seq);
}

int
address_send_promote(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq)
{
	struct ifinfomsg ifi = { .ifi_index = (int)ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, NLM_F_ACK);
	struct nlattr *spec, *inet, *conf;
	int error;

	if (!msg)
		return -NLE_NOMEM;
	error = nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	if (!error && (spec = nla_nest_start(msg, IFLA_AF_SPEC)) &&
	    (inet = nla_nest_start(msg, AF_INET)) &&
	    (conf = nla_nest_start(msg, IFLA_INET_CONF))) {
		error = nla_put_u32(msg, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
		nla_nest_end(msg, conf);
		nla_nest_end(msg, inet);
		nla_nest_end(msg, spec);
	}
	return netlink_request(sock, msg, error, seq);
}

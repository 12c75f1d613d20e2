/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy_rule.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "netlink.h"

static const char own[] = "lo";

/* ---- to the kernel ---- */

static int
put_selectors(struct nl_msg *msg, const struct policy_rule *rule)
{
	int error;

	if (rule->from.family) {
		error =
		    nla_put(msg, FRA_SRC, (int)ipaddr_len(&rule->from), rule->from.bytes);
		return error ? error : nla_put_string(msg, FRA_IIFNAME, own);
	}
	error = nla_put_u32(msg, FRA_FWMARK, rule->mark);
	return error ? error : nla_put_u32(msg, FRA_FWMASK, rule->mask);
}

static int
put_rule(struct nl_msg *msg, const struct policy_rule *rule)
{
	struct fib_rule_hdr hdr = {
		.family = rule->family,
		.src_len = rule->prefixlen,
		.table =
		    rule->table <= UINT8_MAX ? (uint8_t)rule->table : RT_TABLE_UNSPEC,
		.action = FR_ACT_TO_TBL,
	};
	int error = nlmsg_append(msg, &hdr, sizeof(hdr), NLMSG_ALIGNTO);

	if (!error)
		error = put_selectors(msg, rule);
	if (!error)
		error = nla_put_u32(msg, FRA_TABLE, rule->table);
	if (!error)
		error = nla_put_u32(msg, FRA_PRIORITY, rule->priority);
	if (!error)
		error = nla_put_u8(msg, FRA_PROTOCOL, POLICY_PROTO);
	if (!error && rule->without_default)
		error = nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, 0);
	return error;
}

int
policy_rule_send(
    struct nl_sock *sock, bool add, const struct policy_rule *rule, uint32_t *seq)
{
	struct nl_msg *msg = nlmsg_alloc_simple(add ? RTM_NEWRULE : RTM_DELRULE,
	    NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
	int error = msg ? put_rule(msg, rule) : -NLE_NOMEM;

	return netlink_request(sock, msg, error, seq);
}

/* ---- from the kernel ---- */

static uint32_t
u32_of(struct nlattr *const attrs[], int type, uint32_t otherwise)
{
	return attrs[type] && nla_len(attrs[type]) == sizeof(uint32_t)
	    ? nla_get_u32(attrs[type])
	    : otherwise;
}

static bool
read_source(struct nlattr *const attrs[], struct policy_rule *out)
{
	if (!attrs[FRA_SRC])
		return true;
	out->from.family = out->family;
	if (nla_len(attrs[FRA_SRC]) != (int)ipaddr_len(&out->from))
		return false;
	memcpy(out->from.bytes, nla_data(attrs[FRA_SRC]), ipaddr_len(&out->from));
	return true;
}

bool
policy_rule_read(struct nlmsghdr *nlh, struct policy_rule *out)
{
	struct nlattr *attrs[FRA_MAX + 1];
	const struct fib_rule_hdr *hdr = nlmsg_data(nlh);

	if (nlmsg_parse(nlh, sizeof(*hdr), attrs, FRA_MAX, NULL) < 0)
		return false;
	if (!attrs[FRA_PROTOCOL] || nla_len(attrs[FRA_PROTOCOL]) != 1 ||
	    nla_get_u8(attrs[FRA_PROTOCOL]) != POLICY_PROTO)
		return false;
	*out = (struct policy_rule){
		.family = hdr->family,
		.prefixlen = hdr->src_len,
		.without_default =
		    u32_of(attrs, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX) != UINT32_MAX,
		.mark = u32_of(attrs, FRA_FWMARK, 0),
		.mask = u32_of(attrs, FRA_FWMASK, 0),
		.table = u32_of(attrs, FRA_TABLE, hdr->table),
		.priority = u32_of(attrs, FRA_PRIORITY, 0),
	};
	return (hdr->family == AF_INET || hdr->family == AF_INET6) &&
	    read_source(attrs, out);
}

const char *
policy_rule_format(const struct policy_rule *rule, char buf[POLICY_RULE_STRLEN])
{
	const char *defaults = rule->without_default ? ", not its default" : "";
	char from[IPADDR_STRLEN];

	if (rule->from.family)
		snprintf(buf, POLICY_RULE_STRLEN, "from %s/%u iif lo lookup %u%s",
		    ipaddr_format(&rule->from, from), rule->prefixlen, rule->table,
		    defaults);
	else
		snprintf(buf, POLICY_RULE_STRLEN, "fwmark 0x%x/0x%x lookup %u%s",
		    rule->mark, rule->mask, rule->table, defaults);
	return buf;
}

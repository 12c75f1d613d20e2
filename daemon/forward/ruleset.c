/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of IPv4 in nft(8)'s words; `ip6 vipd` differs in lengths and in
 * the ICMP types. KEY is `ip daddr . meta l4proto . th dport`, FLOW the same of
 * the connection's first packet (ct original).
 *
 *	chain guard {
 *		type filter hook prerouting priority -190
 *		ct state established,related ct status dnat FLOW @traffic accept
 *		ct state established,related accept
 *		KEY @restricted KEY . ip saddr != @allowed drop
 *		KEY @refused goto refuse
 *		iifname "eth0" KEY @dropped drop	(for each uplink)
 *		ct state new KEY @traffic accept
 *		ct state invalid KEY @traffic drop
 *		ip daddr != @guarded accept
 *		icmp type echo-request accept		(and the errors)
 *		drop
 *	}
 *	chain guard_output {
 *		type filter hook output priority -190
 *		ct state new KEY @restricted KEY . ip saddr != @allowed drop
 *	}
 *	chain prerouting {
 *		type nat hook prerouting priority -105
 *		iifname "eth0" KEY @served goto spread	(for each uplink)
 *		KEY @local KEY @served goto spread_inside
 *		KEY @served goto spread
 *	}
 *	chain output {
 *		type nat hook output priority -105
 *		KEY @local KEY @served goto spread_inside
 *		KEY @served goto spread
 *	}
 *	chain spread {
 *		dnat to KEY . jhash ip saddr . th sport mod 32 map @endpoints
 *		... one for each size of slot table, by client and port, by client
 *	}
 *	chain spread_inside { the same over other slots }
 *	chain postrouting {
 *		type nat hook postrouting priority 95
 *		ct status dnat FLOW @source_nat masquerade
 *		ct status dnat ip saddr . FLOW @hairpin masquerade
 *		ct status dnat FLOW @local ip daddr . FLOW != @hairpin masquerade
 *		ct status dnat FLOW @local fib saddr type local masquerade
 *	}
 *
 *	chain replies {
 *		type filter hook prerouting priority -90
 *		ct direction reply 1 . ct original ip daddr @replies \
 *			meta mark set meta mark & 0x00ffffff | 0x61000000
 *		... one for each reply_gateway; without one, no chain
 *	}
 *	chain replies_output { the same; type route hook output priority -90 }
 *
 * With source_nat vip it is `snat to ct original ip daddr`, whose replies come
 * to whoever holds the address: so there `@served goto spread` stands behind
 * `fib daddr type local`, and a node that does not hold it sends its own and
 * its pods' packets to the one that does.
 *
 * With source_nat none the third rule of guard is
 *
 *	ct state invalid,new tcp flags ack ip saddr . meta l4proto . th sport \
 *		@backends drop
 *
 * @traffic and @served count in their elements: the one each packet of a flow
 * in both directions, the other, in nat chains, which only see a flow's first
 * packet, connections.
 *
 * Priorities: the guard comes right behind conntrack (-200), so before
 * everything that can divert a packet: mangle with tproxy (-150), kube-proxy's
 * filters (-110), anybody's DNAT (-100). DNAT and source NAT come 5 before
 * everybody else's: of several nat chains on a hook the first one binds the
 * connection, so there is never a second translation. Replies are marked behind
 * everybody who marks packets (-150), right before they are routed.
 *
 * A slot table of M slots is keyed M to 2M-1, so one map holds all sizes and a
 * port is in exactly one of them; the next rule is tried where the look-up
 * finds nothing. The hash is written beside the key, in adjacent registers:
 * no packet mark is used.
 */
#include "ruleset.h"

#include <stddef.h>

#include <stdio.h> /* libnftnl/expr.h needs it */

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "batch.h"
#include "layout.h"
#include "log.h"
#include "mem.h"
#include "rule.h"
#include "rules.h"

#define GUARD_PRIORITY (-190)
#define DNAT_PRIORITY (-105)
#define SNAT_PRIORITY 95
#define MARK_PRIORITY (-90)

static void *
checked(void *p)
{
	if (!p)
		fatalx("out of memory");
	return p;
}

/* ---- table, sets, chains ---- */

static void
put_table(struct batch *b, uint8_t family, uint16_t type)
{
	struct nftnl_table *t = checked(nftnl_table_alloc());
	struct nftnl_udata_buf *comment = checked(nftnl_udata_buf_alloc(256));
	uint16_t flags = type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0;

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, LAYOUT_TABLE);
	nftnl_udata_put_strz(comment, NFTNL_UDATA_TABLE_COMMENT, LAYOUT_COMMENT);
	if (type == NFT_MSG_NEWTABLE)
		nftnl_table_set_data(t, NFTNL_TABLE_USERDATA,
		    nftnl_udata_buf_data(comment), nftnl_udata_buf_len(comment));
	nftnl_table_nlmsg_build_payload(batch_message(b, type, family, flags), t);
	nftnl_udata_buf_free(comment);
	nftnl_table_free(t);
}

/* Several fields of which one is a range: the kernel wants their lengths. */
static void
set_intervals(struct nftnl_set *s, enum set_id set, uint8_t family)
{
	uint8_t len[SET_FIELDS_MAX];
	size_t n = set_key_fields(set, family, len);

	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_INTERVAL | NFT_SET_CONCAT);
	nftnl_set_set_data(s, NFTNL_SET_DESC_CONCAT, len, (uint32_t)n);
}

static void
put_set(struct batch *b, uint8_t family, enum set_id set)
{
	struct nftnl_set *s = checked(nftnl_set_alloc());
	bool map = set_data_len(set, family) > 0;

	nftnl_set_set_str(s, NFTNL_SET_TABLE, LAYOUT_TABLE);
	nftnl_set_set_str(s, NFTNL_SET_NAME, set_name(set));
	nftnl_set_set_u32(s, NFTNL_SET_ID, set + 1);
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, family);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, set_key_type(set, family));
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, (uint32_t)set_key_len(set, family));
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, map ? NFT_SET_MAP : 0);
	if (map) {
		nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, set_data_type(set, family));
		nftnl_set_set_u32(
		    s, NFTNL_SET_DATA_LEN, (uint32_t)set_data_len(set, family));
	}
	if (set_is_interval(set))
		set_intervals(s, set, family);
	if (set_counts(set))
		nftnl_set_add_expr(s, checked(nftnl_expr_alloc("counter")));
	nftnl_set_nlmsg_build_payload(
	    batch_message(b, NFT_MSG_NEWSET, family, NLM_F_CREATE), s);
	nftnl_set_free(s);
}

struct chain {
	const char *name;
	const char *type; /* NULL: not attached to a hook */
	uint32_t hook;
	int32_t priority;
};

static const struct chain guard_chains[] = {
	{ "guard", "filter", NF_INET_PRE_ROUTING, GUARD_PRIORITY },
	{ "guard_output", "filter", NF_INET_LOCAL_OUT, GUARD_PRIORITY },
	{ "refuse", NULL, 0, 0 },
};
static const struct chain nat_chains[] = {
	{ "prerouting", "nat", NF_INET_PRE_ROUTING, DNAT_PRIORITY },
	{ "output", "nat", NF_INET_LOCAL_OUT, DNAT_PRIORITY },
	{ "postrouting", "nat", NF_INET_POST_ROUTING, SNAT_PRIORITY },
	{ "spread", NULL, 0, 0 },
	{ "spread_inside", NULL, 0, 0 },
};

static const struct chain reply_chains[] = {
	{ "replies", "filter", NF_INET_PRE_ROUTING, MARK_PRIORITY },
	{ "replies_output", "route", NF_INET_LOCAL_OUT, MARK_PRIORITY },
};

static struct nftnl_chain *
chain(const struct chain *c)
{
	struct nftnl_chain *nc = checked(nftnl_chain_alloc());

	nftnl_chain_set_str(nc, NFTNL_CHAIN_TABLE, LAYOUT_TABLE);
	nftnl_chain_set_str(nc, NFTNL_CHAIN_NAME, c->name);
	return nc;
}

static void
put_chain(struct batch *b, uint8_t family, const struct chain *c)
{
	struct nftnl_chain *nc = chain(c);

	if (c->type) {
		nftnl_chain_set_str(nc, NFTNL_CHAIN_TYPE, c->type);
		nftnl_chain_set_u32(nc, NFTNL_CHAIN_HOOKNUM, c->hook);
		nftnl_chain_set_s32(nc, NFTNL_CHAIN_PRIO, c->priority);
		nftnl_chain_set_u32(nc, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nftnl_chain_nlmsg_build_payload(
	    batch_message(b, NFT_MSG_NEWCHAIN, family, NLM_F_CREATE), nc);
	nftnl_chain_free(nc);
}

static void
flush_chain(struct batch *b, uint8_t family, const struct chain *c)
{
	struct rule all = rule_begin(b, family, c->name);

	rule_end_flush(&all);
}

static void
delete_chain(struct batch *b, uint8_t family, const struct chain *c)
{
	struct nftnl_chain *nc = chain(c);

	nftnl_chain_nlmsg_build_payload(
	    batch_message(b, NFT_MSG_DELCHAIN, family, 0), nc);
	nftnl_chain_free(nc);
}

void
ruleset_put(struct batch *b, uint8_t family, const struct ruleset_conf *conf)
{
	put_table(b, family, NFT_MSG_NEWTABLE);
	for (enum set_id set = 0; set < SET_COUNT; set++)
		put_set(b, family, set);
	for (size_t i = 0; i < ARRAY_LEN(guard_chains); i++)
		put_chain(b, family, &guard_chains[i]);
	for (size_t i = 0; i < ARRAY_LEN(nat_chains); i++)
		put_chain(b, family, &nat_chains[i]);
	for (size_t i = 0; i < ARRAY_LEN(reply_chains); i++)
		put_chain(b, family, &reply_chains[i]);

	for (size_t i = 0; i < ARRAY_LEN(guard_chains); i++)
		flush_chain(b, family, &guard_chains[i]);
	for (size_t i = 0; i < ARRAY_LEN(nat_chains); i++)
		flush_chain(b, family, &nat_chains[i]);
	for (size_t i = 0; i < ARRAY_LEN(reply_chains); i++)
		flush_chain(b, family, &reply_chains[i]);
	rules_guard(b, family, conf);
	rules_replies(b, family, conf);
	if (conf->mode == FORWARD_NFTABLES)
		rules_nat(b, family, conf);
	/* Created above so that they can be deleted whether or not they were
	 * there: there is no "delete if exists" before Linux 6.3. */
	for (size_t i = 0; !conf->n_gateways && i < ARRAY_LEN(reply_chains); i++)
		delete_chain(b, family, &reply_chains[i]);
	for (size_t i = 0; conf->mode != FORWARD_NFTABLES && i < ARRAY_LEN(nat_chains);
	     i++)
		delete_chain(b, family, &nat_chains[i]);
}

void
ruleset_remove(struct batch *b, uint8_t family)
{
	put_table(b, family, NFT_MSG_NEWTABLE);
	put_table(b, family, NFT_MSG_DELTABLE);
}

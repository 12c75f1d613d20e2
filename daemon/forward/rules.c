/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stddef.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

#include "mem.h"
#include "reply.h"
#include "rule.h"
#include "ruleset.h"
#include "spread.h"

/* What most rules begin with; the rest are its ports and its verdict. */
struct start {
	const char *chain;
	const char *uplink; /* NULL: any interface */
	uint32_t states;    /* NF_CT_STATE_BIT; 0: any */
	bool held;          /* only while the address is on this node */
};

static struct rule
start_rule(struct batch *b, uint8_t family, const struct start *start)
{
	struct rule r = rule_begin(b, family, start->chain);

	if (start->states)
		rule_match_ct_state(&r, start->states);
	if (start->held)
		rule_match_local_daddr(&r);
	if (start->uplink)
		rule_match_iifname(&r, start->uplink);
	return r;
}

static void
port_rule(struct batch *b, uint8_t family, const struct start *start, enum set_id set,
    uint32_t code, const char *to)
{
	struct rule r = start_rule(b, family, start);

	rule_match_port(&r, set);
	rule_verdict(&r, code, to);
	rule_end(&r);
}

/* Nobody but who is allowed, and before anything else is said (S10). */
static void
restricted_rule(struct batch *b, uint8_t family, const struct start *start)
{
	struct rule r = start_rule(b, family, start);

	rule_match_port(&r, SET_RESTRICTED);
	rule_match_not_allowed(&r);
	rule_verdict(&r, NF_DROP, NULL);
	rule_end(&r);
}

static void
icmp_rule(struct batch *b, uint8_t family, uint8_t first, uint8_t last)
{
	struct rule r = rule_begin(b, family, "guard");

	rule_match_icmp(&r, first, last);
	rule_verdict(&r, NF_ACCEPT, NULL);
	rule_end(&r);
}

/* Echo requests and errors; neighbour discovery is not for us to filter. */
static void
icmp_rules(struct batch *b, uint8_t family)
{
	if (family == NFPROTO_IPV4) {
		icmp_rule(b, family, ICMP_ECHO, ICMP_ECHO);
		icmp_rule(b, family, ICMP_DEST_UNREACH, ICMP_DEST_UNREACH);
		icmp_rule(b, family, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB);
		return;
	}
	/* RFC 4443, 2.1: types below 128 are errors. */
	icmp_rule(b, family, ICMP6_DST_UNREACH, ICMP6_ECHO_REQUEST);
	icmp_rule(b, family, ND_ROUTER_SOLICIT, ND_REDIRECT);
}

#define KNOWN (NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED))

static void
known_rules(struct batch *b, uint8_t family)
{
	static const struct start start = { .chain = "guard", .states = KNOWN };
	struct rule r = start_rule(b, family, &start);

	rule_match_dnat(&r);
	rule_match_flow(&r, SET_TRAFFIC);
	rule_verdict(&r, NF_ACCEPT, NULL);
	rule_end(&r);

	r = start_rule(b, family, &start);
	rule_verdict(&r, NF_ACCEPT, NULL);
	rule_end(&r);
}

/*
 * What belongs to no flow and cannot begin one would pass our DNAT by and be
 * answered by the host with a reset (source_nat vip). In mode none it is for
 * others to know.
 */
static void
declared_rules(struct batch *b, uint8_t family, enum forward_mode mode)
{
	struct start start = { .chain = "guard" };

	if (mode != FORWARD_NFTABLES) {
		port_rule(b, family, &start, SET_TRAFFIC, NF_ACCEPT, NULL);
		return;
	}
	start.states = NF_CT_STATE_BIT(IP_CT_NEW);
	port_rule(b, family, &start, SET_TRAFFIC, NF_ACCEPT, NULL);
	start.states = NF_CT_STATE_INVALID_BIT;
	port_rule(b, family, &start, SET_TRAFFIC, NF_DROP, NULL);
}

/*
 * An endpoint's answer that comes here before its client's next packet, since
 * the address has moved: it would leave as it is, and conntrack would take the
 * endpoint for the client of this flow, so that the client's packets had to get
 * another port. The endpoint sends it again.
 */
static void
backends_rule(struct batch *b, uint8_t family)
{
	static const struct start start = {
		.chain = "guard",
		.states = NF_CT_STATE_BIT(IP_CT_NEW) | NF_CT_STATE_INVALID_BIT,
	};
	struct rule r = start_rule(b, family, &start);

	rule_match_tcp_flags(&r, TH_ACK);
	rule_match_sender(&r, SET_BACKENDS);
	rule_verdict(&r, NF_DROP, NULL);
	rule_end(&r);
}

static void
refuse_rules(struct batch *b, uint8_t family)
{
	struct rule r = rule_begin(b, family, "refuse");

	rule_match_l4proto(&r, IPPROTO_TCP);
	rule_reject_with_reset(&r);
	rule_end(&r);

	r = rule_begin(b, family, "refuse");
	rule_reject_with_icmp(&r);
	rule_end(&r);
}

void
rules_guard(struct batch *b, uint8_t family, const struct ruleset_conf *conf)
{
	static const struct start new_local = {
		.chain = "guard_output",
		.states = NF_CT_STATE_BIT(IP_CT_NEW),
	};
	struct start start = { .chain = "guard" };
	struct rule r;

	known_rules(b, family);
	if (conf->mode == FORWARD_NFTABLES && conf->source_nat == SOURCE_NAT_NONE)
		backends_rule(b, family);
	restricted_rule(b, family, &start);
	port_rule(b, family, &start, SET_REFUSED, NFT_GOTO, "refuse");
	for (uint32_t i = 0; i < conf->n_uplinks; i++) {
		start.uplink = conf->uplinks[i];
		port_rule(b, family, &start, SET_DROPPED, NF_DROP, NULL);
	}
	declared_rules(b, family, conf->mode);

	r = rule_begin(b, family, "guard");
	rule_match_daddr_not_in(&r, SET_GUARDED);
	rule_verdict(&r, NF_ACCEPT, NULL);
	rule_end(&r);

	icmp_rules(b, family);

	r = rule_begin(b, family, "guard");
	rule_verdict(&r, NF_DROP, NULL);
	rule_end(&r);
	restricted_rule(b, family, &new_local);
	refuse_rules(b, family);
}

static void
spread_rule(
    struct batch *b, uint8_t family, const char *chain, const struct spread_kind *kind)
{
	struct rule r = rule_begin(b, family, chain);

	rule_dnat_spread(&r, kind);
	rule_end(&r);
}

static void
spread_rules(struct batch *b, uint8_t family, const char *chain, bool inside)
{
	struct spread_kind kind = { .inside = inside };

	for (size_t i = 0; i < SPREAD_SIZES; i++) {
		kind.size = spread_size(i);
		spread_rule(b, family, chain, &kind);
	}
	kind.sticky = true;
	/* A table of one slot is the same in both ways. */
	for (size_t i = 1; i < SPREAD_SIZES; i++) {
		kind.size = spread_size(i);
		spread_rule(b, family, chain, &kind);
	}
}

/* Clients of the node itself first: they may be sent anywhere (S7). */
static void
inside_rules(struct batch *b, uint8_t family, struct start *start)
{
	struct rule r = rule_begin(b, family, start->chain);

	rule_match_port(&r, SET_LOCAL);
	rule_match_port(&r, SET_SERVED);
	rule_verdict(&r, NFT_GOTO, "spread_inside");
	rule_end(&r);
	port_rule(b, family, start, SET_SERVED, NFT_GOTO, "spread");
}

static void
dnat_rules(struct batch *b, uint8_t family, const struct ruleset_conf *conf)
{
	struct start start = {
		.chain = "prerouting",
		.held = conf->source_nat == SOURCE_NAT_VIP,
	};

	for (uint32_t i = 0; i < conf->n_uplinks; i++) {
		start.uplink = conf->uplinks[i];
		port_rule(b, family, &start, SET_SERVED, NFT_GOTO, "spread");
	}
	start.uplink = NULL;
	inside_rules(b, family, &start);
	start.chain = "output";
	inside_rules(b, family, &start);
	spread_rules(b, family, "spread", false);
	spread_rules(b, family, "spread_inside", true);
}

static struct rule
source_rule(struct batch *b, uint8_t family, enum set_id set)
{
	struct rule r = rule_begin(b, family, "postrouting");

	rule_match_dnat(&r);
	rule_match_flow(&r, set);
	return r;
}

static void
source_rules(struct batch *b, uint8_t family, enum source_nat source_nat)
{
	struct rule r = source_rule(b, family, SET_SOURCE_NAT);

	if (source_nat == SOURCE_NAT_VIP)
		rule_snat_to_vip(&r);
	else
		rule_masquerade(&r);
	rule_end(&r);

	r = source_rule(b, family, SET_HAIRPIN);
	rule_masquerade(&r);
	rule_end(&r);

	/* With Local only clients of the node itself get to another node, whose
	 * answers have to come back here. */
	r = source_rule(b, family, SET_LOCAL);
	rule_match_flow_leaves(&r);
	rule_masquerade(&r);
	rule_end(&r);
	r = source_rule(b, family, SET_LOCAL);
	rule_match_local_saddr(&r);
	rule_masquerade(&r);
	rule_end(&r);
}

void
rules_nat(struct batch *b, uint8_t family, const struct ruleset_conf *conf)
{
	dnat_rules(b, family, conf);
	source_rules(b, family, conf->source_nat);
}

void
rules_replies(struct batch *b, uint8_t family, const struct ruleset_conf *conf)
{
	static const char *const chains[] = { "replies", "replies_output" };

	for (size_t i = 0; i < ARRAY_LEN(chains); i++) {
		for (uint32_t number = 1; number <= conf->n_gateways; number++) {
			struct rule r = rule_begin(b, family, chains[i]);

			rule_match_reply(&r, number);
			rule_mark(&r, reply_mark(number), REPLY_MARK_MASK);
			rule_end(&r);
		}
	}
}

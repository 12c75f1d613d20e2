/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule of vipd's table, built from words that mean what they mean to nft(8)
 * and added to a transaction. KEY stands for `ip daddr . meta l4proto . th
 * dport`, FLOW for the same of the connection's first packet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

struct batch;
struct nftnl_rule;
struct spread_kind;

struct rule {
	struct batch *batch;
	struct nftnl_rule *nr;
	uint8_t family;
};

/* jhash's seed; the same on every node and in every version (I6). */
#define RULE_SEED 0x76697064

struct rule rule_begin(struct batch *b, uint8_t family, const char *chain);
/* Adds it behind the chain's other rules. */
void rule_end(struct rule *r);
/* Adds the removal of all rules of the chain instead. */
void rule_end_flush(struct rule *r);

/* ct state ...; bits of NF_CT_STATE_BIT */
void rule_match_ct_state(struct rule *r, uint32_t states);
/* ct status dnat */
void rule_match_dnat(struct rule *r);
/* meta l4proto ... */
void rule_match_l4proto(struct rule *r, uint8_t proto);
/* icmp type first-last, icmpv6 type first-last */
void rule_match_icmp(struct rule *r, uint8_t first, uint8_t last);
/* iifname name */
void rule_match_iifname(struct rule *r, const char *name);
/* fib daddr type local, fib saddr type local */
void rule_match_local_daddr(struct rule *r);
void rule_match_local_saddr(struct rule *r);
/* ip daddr != @set */
void rule_match_daddr_not_in(struct rule *r, enum set_id set);
/* KEY . ip saddr != @allowed */
void rule_match_not_allowed(struct rule *r);
/* KEY @set */
void rule_match_port(struct rule *r, enum set_id set);
/* ip saddr . meta l4proto . th sport @set */
void rule_match_sender(struct rule *r, enum set_id set);
/* meta l4proto tcp, tcp flags with one of these */
void rule_match_tcp_flags(struct rule *r, uint8_t flags);
/* FLOW @set; with ip saddr in front for SET_HAIRPIN */
void rule_match_flow(struct rule *r, enum set_id set);
/* ip daddr . FLOW != @hairpin */
void rule_match_flow_leaves(struct rule *r);
/* ct direction reply, number . ct original ip daddr @replies */
void rule_match_reply(struct rule *r, uint32_t number);

/* accept, drop (NF_ACCEPT, NF_DROP), goto chain (NFT_GOTO) */
void rule_verdict(struct rule *r, uint32_t code, const char *chain);
void rule_reject_with_reset(struct rule *r);
void rule_reject_with_icmp(struct rule *r);
/* dnat to KEY . jhash ip saddr . th sport mod size offset first map
 * @endpoints; sticky: jhash ip saddr */
void rule_dnat_spread(struct rule *r, const struct spread_kind *kind);
/* snat to ct original ip daddr */
void rule_snat_to_vip(struct rule *r);
/* masquerade fully-random */
void rule_masquerade(struct rule *r);
/* meta mark set meta mark & ~mask | mark */
void rule_mark(struct rule *r, uint32_t mark, uint32_t mask);

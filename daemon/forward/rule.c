/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rule.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h> /* libnftnl/expr.h needs it */

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include "batch.h"
#include "log.h"
#include "mem.h"
#include "msg.h"
#include "spread.h"

/* Registers of 4 bytes; keys are built from KEY on, values read from VALUE. */
#define KEY NFT_REG32_00
#define VALUE NFT_REG32_08
/* RFC 9293, 3.1 */
#define TCP_FLAGS_OFFSET 13
/* What jhash reads. */
#define HASHED NFT_REG32_08

static void *
checked(void *p)
{
	if (!p)
		fatalx("out of memory");
	return p;
}

/* ---- expressions, named after nft(8)'s words ---- */

static struct nftnl_expr *
add(struct rule *r, const char *name)
{
	struct nftnl_expr *e = checked(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(r->nr, e);
	return e;
}

static uint32_t
payload(struct rule *r, enum nft_payload_bases base, uint32_t offset, uint32_t len,
    uint32_t reg)
{
	struct nftnl_expr *e = add(r, "payload");

	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
	return reg + (len + 3) / 4;
}

static uint32_t
addr_bytes(const struct rule *r)
{
	return r->family == NFPROTO_IPV4 ? 4 : 16;
}

/* Each of these loads a field and returns the register behind it. */
static uint32_t
saddr(struct rule *r, uint32_t reg)
{
	uint32_t offset = r->family == NFPROTO_IPV4 ? offsetof(struct iphdr, saddr)
						    : offsetof(struct ip6_hdr, ip6_src);

	return payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, addr_bytes(r), reg);
}

static uint32_t
daddr(struct rule *r, uint32_t reg)
{
	uint32_t offset = r->family == NFPROTO_IPV4 ? offsetof(struct iphdr, daddr)
						    : offsetof(struct ip6_hdr, ip6_dst);

	return payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, addr_bytes(r), reg);
}

/* TCP, UDP and SCTP begin with the two ports. */
static uint32_t
sport(struct rule *r, uint32_t reg)
{
	return payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, reg);
}

static uint32_t
dport(struct rule *r, uint32_t reg)
{
	return payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg);
}

static uint32_t
l4proto(struct rule *r, uint32_t reg)
{
	struct nftnl_expr *e = add(r, "meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_L4PROTO);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
	return reg + 1;
}

static void
ct(struct rule *r, enum nft_ct_keys key, uint32_t reg)
{
	struct nftnl_expr *e = add(r, "ct");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, reg);
}

static uint32_t
ct_original(struct rule *r, enum nft_ct_keys key, uint32_t len, uint32_t reg)
{
	struct nftnl_expr *e = add(r, "ct");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u8(e, NFTNL_EXPR_CT_DIR, IP_CT_DIR_ORIGINAL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, reg);
	return reg + (len + 3) / 4;
}

static uint32_t
ct_original_daddr(struct rule *r, uint32_t reg)
{
	return ct_original(r, r->family == NFPROTO_IPV4 ? NFT_CT_DST_IP : NFT_CT_DST_IP6,
	    addr_bytes(r), reg);
}

static void
cmp(struct rule *r, enum nft_cmp_ops op, const void *data, uint32_t len)
{
	struct nftnl_expr *e = add(r, "cmp");

	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

/* KEY becomes KEY & mask ^ xor. */
static void
bitwise(struct rule *r, uint32_t mask, uint32_t xor)
{
	struct nftnl_expr *e = add(r, "bitwise");

	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(mask));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &mask, sizeof(mask));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &xor, sizeof(xor));
}

/* KEY & mask != 0 */
static void
match_any_bit(struct rule *r, uint32_t mask)
{
	uint32_t zero = 0;

	bitwise(r, mask, 0);
	cmp(r, NFT_CMP_NEQ, &zero, sizeof(zero));
}

void
rule_match_ct_state(struct rule *r, uint32_t states)
{
	ct(r, NFT_CT_STATE, KEY);
	match_any_bit(r, states);
}

void
rule_match_dnat(struct rule *r)
{
	ct(r, NFT_CT_STATUS, KEY);
	match_any_bit(r, IPS_DST_NAT);
}

void
rule_match_l4proto(struct rule *r, uint8_t proto)
{
	l4proto(r, KEY);
	cmp(r, NFT_CMP_EQ, &proto, sizeof(proto));
}

void
rule_match_icmp(struct rule *r, uint8_t first, uint8_t last)
{
	uint8_t proto = r->family == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	rule_match_l4proto(r, proto);
	payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, KEY);
	if (first == last) {
		cmp(r, NFT_CMP_EQ, &first, sizeof(first));
	} else {
		cmp(r, NFT_CMP_GTE, &first, sizeof(first));
		cmp(r, NFT_CMP_LTE, &last, sizeof(last));
	}
}

void
rule_match_iifname(struct rule *r, const char *name)
{
	struct nftnl_expr *e = add(r, "meta");
	char padded[IFNAME_LEN];

	str_copy(padded, sizeof(padded), name);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_IIFNAME);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, KEY);
	cmp(r, NFT_CMP_EQ, padded, sizeof(padded));
}

static void
match_local(struct rule *r, uint32_t which)
{
	struct nftnl_expr *e = add(r, "fib");
	uint32_t local = RTN_LOCAL;

	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_FLAGS, which);
	nftnl_expr_set_u32(e, NFTNL_EXPR_FIB_DREG, KEY);
	cmp(r, NFT_CMP_EQ, &local, sizeof(local));
}

void
rule_match_local_daddr(struct rule *r)
{
	match_local(r, NFTA_FIB_F_DADDR);
}

void
rule_match_local_saddr(struct rule *r)
{
	match_local(r, NFTA_FIB_F_SADDR);
}

/* The key is in KEY. */
static void
match_set(struct rule *r, enum set_id set, uint32_t flags)
{
	struct nftnl_expr *e = add(r, "lookup");

	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set_name(set));
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, flags);
}

void
rule_match_daddr_not_in(struct rule *r, enum set_id set)
{
	daddr(r, KEY);
	match_set(r, set, NFT_LOOKUP_F_INV);
}

void
rule_match_port(struct rule *r, enum set_id set)
{
	dport(r, l4proto(r, daddr(r, KEY)));
	match_set(r, set, 0);
}

void
rule_match_sender(struct rule *r, enum set_id set)
{
	sport(r, l4proto(r, saddr(r, KEY)));
	match_set(r, set, 0);
}

void
rule_match_tcp_flags(struct rule *r, uint8_t flags)
{
	uint8_t zero = 0;
	struct nftnl_expr *e;

	rule_match_l4proto(r, IPPROTO_TCP);
	payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET, 1, KEY);
	e = add(r, "bitwise");
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, sizeof(flags));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, &flags, sizeof(flags));
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
	cmp(r, NFT_CMP_NEQ, &zero, sizeof(zero));
}

void
rule_match_not_allowed(struct rule *r)
{
	saddr(r, dport(r, l4proto(r, daddr(r, KEY))));
	match_set(r, SET_ALLOWED, NFT_LOOKUP_F_INV);
}

static void
flow(struct rule *r, uint32_t reg)
{
	reg = l4proto(r, ct_original_daddr(r, reg));
	ct_original(r, NFT_CT_PROTO_DST, 2, reg);
}

void
rule_match_flow(struct rule *r, enum set_id set)
{
	flow(r, set == SET_HAIRPIN ? saddr(r, KEY) : KEY);
	match_set(r, set, 0);
}

void
rule_match_flow_leaves(struct rule *r)
{
	flow(r, daddr(r, KEY));
	match_set(r, SET_HAIRPIN, NFT_LOOKUP_F_INV);
}

void
rule_match_reply(struct rule *r, uint32_t number)
{
	uint8_t reply = IP_CT_DIR_REPLY;
	struct nftnl_expr *e;

	ct(r, NFT_CT_DIRECTION, KEY);
	cmp(r, NFT_CMP_EQ, &reply, sizeof(reply));
	e = add(r, "immediate");
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, KEY);
	nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, &number, sizeof(number));
	ct_original_daddr(r, KEY + 1);
	match_set(r, SET_REPLIES, 0);
}

void
rule_verdict(struct rule *r, uint32_t code, const char *chain)
{
	struct nftnl_expr *e = add(r, "immediate");

	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, code);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
}

static void
reject(struct rule *r, enum nft_reject_types type)
{
	struct nftnl_expr *e = add(r, "reject");
	uint8_t code =
	    r->family == NFPROTO_IPV4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT;

	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, code);
}

void
rule_reject_with_reset(struct rule *r)
{
	reject(r, NFT_REJECT_TCP_RST);
}

void
rule_reject_with_icmp(struct rule *r)
{
	reject(r, NFT_REJECT_ICMP_UNREACH);
}

/* Of len bytes from HASHED on, into reg. */
static void
jhash(struct rule *r, uint32_t len, const struct spread_kind *kind, uint32_t reg)
{
	struct nftnl_expr *e = add(r, "hash");

	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_SREG, HASHED);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_MODULUS, kind->size);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_SEED, RULE_SEED);
	nftnl_expr_set_u32(e, NFTNL_EXPR_HASH_OFFSET, spread_first(kind));
}

/* To the address in reg and, unless 0, the port in port_reg. */
static void
nat(struct rule *r, enum nft_nat_types type, uint32_t reg, uint32_t port_reg)
{
	struct nftnl_expr *e = add(r, "nat");

	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_TYPE, type);
	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_FAMILY, r->family);
	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_ADDR_MIN, reg);
	if (port_reg)
		nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_PROTO_MIN, port_reg);
}

/* The hash goes behind the key, into the register where the slot belongs. */
void
rule_dnat_spread(struct rule *r, const struct spread_kind *kind)
{
	uint32_t reg = dport(r, l4proto(r, daddr(r, KEY)));
	uint32_t end = saddr(r, HASHED);
	struct nftnl_expr *e;

	if (!kind->sticky)
		end = sport(r, end);
	jhash(r, (end - HASHED) * 4, kind, reg);
	e = add(r, "lookup");
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set_name(SET_ENDPOINTS));
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, KEY);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, VALUE);
	nat(r, NFT_NAT_DNAT, VALUE, VALUE + addr_bytes(r) / 4);
}

void
rule_snat_to_vip(struct rule *r)
{
	ct_original_daddr(r, VALUE);
	nat(r, NFT_NAT_SNAT, VALUE, 0);
}

/* Fully random: two clients with the same port never race for one binding. */
void
rule_masquerade(struct rule *r)
{
	nftnl_expr_set_u32(
	    add(r, "masq"), NFTNL_EXPR_MASQ_FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
}

void
rule_mark(struct rule *r, uint32_t mark, uint32_t mask)
{
	struct nftnl_expr *e = add(r, "meta");

	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, KEY);
	bitwise(r, ~mask, mark);
	e = add(r, "meta");
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, KEY);
}

/* ---- begin and end ---- */

struct rule
rule_begin(struct batch *b, uint8_t family, const char *chain)
{
	struct rule r = {
		.batch = b,
		.nr = checked(nftnl_rule_alloc()),
		.family = family,
	};

	nftnl_rule_set_str(r.nr, NFTNL_RULE_TABLE, LAYOUT_TABLE);
	nftnl_rule_set_str(r.nr, NFTNL_RULE_CHAIN, chain);
	return r;
}

void
rule_end(struct rule *r)
{
	struct nlmsghdr *nlh = batch_message(
	    r->batch, NFT_MSG_NEWRULE, r->family, NLM_F_CREATE | NLM_F_APPEND);

	nftnl_rule_nlmsg_build_payload(nlh, r->nr);
	nftnl_rule_free(r->nr);
}

void
rule_end_flush(struct rule *r)
{
	struct nlmsghdr *nlh = batch_message(r->batch, NFT_MSG_DELRULE, r->family, 0);

	nftnl_rule_nlmsg_build_payload(nlh, r->nr);
	nftnl_rule_free(r->nr);
}

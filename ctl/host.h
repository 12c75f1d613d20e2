/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What doctor wants to know of the host it runs on: sysctls, links, connected
 * subnets, rules of routing, and by whose chains packets pass, of nftables and of
 * iptables (explain, too). Only reads; what cannot be read is unknown. Tests fill
 * the struct by hand.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipaddr.h"
#include "msg.h"

struct host_subnet {
	char dev[IFNAME_LEN];
	struct ipaddr addr;
	uint8_t prefixlen;
};

/* A chain of anybody's, as nft(8) names it. */
struct host_chain {
	char family[8];
	char table[64];
	char name[64];
	char hook[16];      /* empty: not attached to one */
	bool drops;         /* policy drop */
	bool lets_services; /* but accepts what was translated */
	bool legacy;        /* of iptables-legacy, which nft does not show */
};

/* A rule of routing by mark, as ip-rule(8) shows it. */
struct host_rule {
	uint32_t priority;
	uint32_t mark;
	uint32_t mask;
	char table[32];
	bool ours; /* vipd's, by its protocol */
};

struct host {
	/* The value of "net.ipv4.ip_forward", -1 where it is unknown. */
	long (*sysctl)(const struct host *h, const char *name);
	bool (*link)(const struct host *h, const char *name);
	void *arg; /* a test's */
	struct host_subnet *subnets;
	size_t n_subnets;
	size_t cap_subnets;
	struct host_chain *chains;
	size_t n_chains;
	size_t cap_chains;
	bool has_chains;   /* they could be read */
	bool hides_legacy; /* iptables-legacy has tables, and is not installed */
	struct host_rule *rules;
	size_t n_rules;
	size_t cap_rules;
};

void host_look(struct host *h);
/* The chains alone, into a struct of zeros. */
void host_look_at_firewall(struct host *h);
void host_free(struct host *h);
/* What is forwarded ends there unless one of its rules accepts it. */
bool host_chain_blocks(const struct host_chain *c);
/* The first that does; NULL: none. */
const struct host_chain *host_blocker(const struct host *h);
/* The command that lets Services through it. */
void host_unblock(const struct host_chain *c, char *text, size_t size);

typedef bool host_take(struct host *h, const char *text, size_t len);
/* Hands on the output of a command that ended well. */
void host_run(struct host *h, const char *command, host_take *take);
/* Takes the output of `nft -j list chains`; false if it is none. */
bool host_add_chains(struct host *h, const char *json, size_t len);
/* The same of `nft -j list chain ...`: what the rules of chains that are known accept. */
bool host_add_chain_rules(struct host *h, const char *json, size_t len);
/*
 * The same of `iptables -t filter -S`; family "ip" or "ip6". Of iptables-nft the
 * chains are known already.
 */
void host_add_iptables(
    struct host *h, const char *text, size_t len, const char *family, bool legacy);
/* The same of `ip -j -N rule show`; rules without a mark are left out. */
bool host_add_rules(struct host *h, const char *json, size_t len);

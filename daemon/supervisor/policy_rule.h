/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One routing rule as plain data, as a request and as the kernel tells it
 * (fib_rules.h, RTM_NEWRULE of rtnetlink(7)). Knows only the kinds that vipd
 * makes: by source of what the node itself sends, or by mark, to a table.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipaddr.h"

/* FRA_PROTOCOL of vipd's rules, the same number as its routes have. */
#define POLICY_PROTO 0x76

/* All bytes that are not used are zero: compared as they are. */
struct policy_rule {
	uint8_t family;
	uint8_t prefixlen; /* of from */
	/* Whether the table's default routes count. */
	bool without_default;
	uint8_t zero;
	struct ipaddr from; /* of the node's own packets; family 0: by mark */
	uint32_t mark;
	uint32_t mask;
	uint32_t table;
	uint32_t priority; /* lower ones are asked first */
};

struct nl_sock;
struct nlmsghdr;

/*
 * ip rule add|del from F/N iif lo|fwmark M/MASK lookup T
 * [suppress_prefixlength 0] pref P protocol 118. The request's number is set.
 * 0, or a libnl error.
 */
int policy_rule_send(
    struct nl_sock *sock, bool add, const struct policy_rule *rule, uint32_t *seq);
/* RTM_NEWRULE, RTM_DELRULE; false: not one of vipd's. */
bool policy_rule_read(struct nlmsghdr *nlh, struct policy_rule *out);
/* "from 192.0.2.1/32 iif lo lookup 7601"; returns buf. */
#define POLICY_RULE_STRLEN (IPADDR_STRLEN + 80)
const char *policy_rule_format(
    const struct policy_rule *rule, char buf[POLICY_RULE_STRLEN]);

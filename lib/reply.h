/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How replies get to the gateway of their instance (reply_gateway): vipd-forward
 * marks them with the gateway's number, vipd's rules send what is marked so by a
 * routing table of the gateway's own, and vipctl doctor looks for others who use
 * either. See "Reply gateways" in vipd.conf(5); the numbers are fixed.
 *
 * The marks are 0x61 to 0x7f in the highest byte of the packet's mark, which is
 * in nobody's way: kube-proxy has 0x4000 and 0x8000, portmap 0x2000, OVN-Kubernetes
 * the lowest 21 bits (0x3f0, 0x1745ec), Cilium 0xff00 and identities above, in
 * packets that it forwards itself; Calico takes its bits from 0xffff0000 from the
 * lowest on, and gets as far as this byte in IPVS mode only; Tailscale has 0xff0000.
 */
#pragma once

#include <stdint.h>

#define REPLY_GATEWAYS_MAX 31
#define REPLY_MARK_MASK 0xff000000u
/* What all have in common, under ALL_MASK; nobody's else. */
#define REPLY_MARK_ALL 0x60000000u
#define REPLY_MARK_ALL_MASK 0xe0000000u
/* Of the table of gateway 1; the others follow. */
#define REPLY_TABLE 7601
/* Priorities of the rules: to what the main table knows but for its default
 * route, to the gateway; and, behind everybody's, of packets that nobody else
 * had a route for. */
#define REPLY_PRIORITY_MAIN 7600
#define REPLY_PRIORITY_GATEWAY 7601
#define REPLY_PRIORITY_LAST 32800

/* number: 1 to REPLY_GATEWAYS_MAX */
static inline uint32_t
reply_mark(unsigned number)
{
	return REPLY_MARK_ALL + (number << 24);
}

static inline uint32_t
reply_table(unsigned number)
{
	return REPLY_TABLE + number - 1;
}

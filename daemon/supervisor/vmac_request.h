/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests for macvlan devices, as ip(8) and sysctl(8) would make them, on the
 * socket of link.h. Sequence number *seq is set. 0, or a libnl error.
 */
#pragma once

#include <stdint.h>

#include "vmac_plan.h"

struct nl_sock;

/* ip link add NAME link PARENT address MAC type macvlan mode private */
int vmac_send_create(struct nl_sock *sock, const char *name, uint32_t parent,
    const uint8_t mac[6], uint32_t *seq);
/* ip link del dev IFINDEX */
int vmac_send_delete(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq);
/* ip link set dev IFINDEX alias ALIAS [addrgenmode none] */
int vmac_send_alias(
    struct nl_sock *sock, uint32_t ifindex, const char *alias, bool ipv6, uint32_t *seq);
/* ip link set dev IFINDEX up|down */
int vmac_send_flags(struct nl_sock *sock, uint32_t ifindex, bool up, uint32_t *seq);
/* net.ipv4.conf.PARENT.arp_ignore and arp_announce */
int vmac_send_arp(
    struct nl_sock *sock, uint32_t ifindex, const struct vmac_arp *arp, uint32_t *seq);
/* net.ipv4.conf.VMAC: arp_ignore=1 accept_local=0 rp_filter=2
 * promote_secondaries=1 */
int vmac_send_settings(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq);

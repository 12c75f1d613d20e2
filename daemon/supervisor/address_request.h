/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address request to the kernel: builds RTM_NEWADDR and RTM_DELADDR as
 * `ip address add|del` would, and sends them on a socket of address.c.
 */
#pragma once

#include <netlink/netlink.h>

#include "address.h"

/*
 * ip addr add ADDR/LEN dev IFINDEX [brd B] [label L] [scope S] [noprefixroute]
 * [preferred_lft 0] proto 0x76|0x77; IPv6: nodad, preferred_lft 0 for an instance's
 * /128 unless it says otherwise; services: noprefixroute preferred_lft 0; with a
 * lifetime: valid_lft SECONDS.
 * Sequence number *seq is set.
 * 0, or a libnl error (-NLE_AGAIN: the socket is full).
 */
int address_send_add(
    struct nl_sock *sock, uint32_t ifindex, const struct address_want *w, uint32_t *seq);
/* ip addr change, the same: only the lifetime begins anew. */
int address_send_renew(
    struct nl_sock *sock, uint32_t ifindex, const struct address_want *w, uint32_t *seq);
int address_send_del(struct nl_sock *sock, uint32_t ifindex, const struct ipaddr *addr,
    uint8_t prefixlen, uint32_t *seq);
/* ip link set dev IFINDEX: changes nothing. When it returns, what held the routing
 * lock before is over. */
int address_send_nothing(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq);
/*
 * sysctl net.ipv4.conf.IFINDEX.promote_secondaries=1, which netlink can write
 * too: the addresses that are secondary to the next one deleted stay.
 */
int address_send_promote(struct nl_sock *sock, uint32_t ifindex, uint32_t *seq);

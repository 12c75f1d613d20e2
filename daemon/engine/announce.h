/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames by which a new master moves the network to itself: gratuitous ARP
 * (RFC 9568 8.1.2 with errata 7947 and 7949) and unsolicited Neighbor
 * Advertisements (8.2.2, RFC 4861 7.2.6). Pure. The MAC is that of the interface
 * which has the address: its own, or with use_vmac the virtual router's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define ANNOUNCE_FRAME_MAX 86

/* The Ethernet frame for addr, of its family; returns its length. router: the
 * node forwards IPv6 (the R flag). */
size_t announce_frame(const struct ipaddr *addr, const uint8_t mac[6], bool router,
    uint8_t buf[ANNOUNCE_FRAME_MAX]);
/* The frame that asks whether anybody has addr, in order to take it: an ARP
 * probe (RFC 5227 2.1.1) or a solicitation of DAD (RFC 4862 5.4.2). */
size_t announce_probe(
    const struct ipaddr *addr, const uint8_t mac[6], uint8_t buf[ANNOUNCE_FRAME_MAX]);

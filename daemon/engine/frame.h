/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An advert as a whole Ethernet frame, for routers with a virtual MAC: RFC
 * 9568 7.3 wants it as the source, and a raw IP socket has the interface's.
 * Pure. The kernel's routing, netfilter and fragmentation have no part in it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "advert.h"

#define FRAME_HEADERS_MAX 54 /* Ethernet and IPv6 */
#define FRAME_MAX (FRAME_HEADERS_MAX + ADVERT_LEN_MAX)

/*
 * The frame to the family's multicast group (advert_group) from mac: TTL or
 * hop limit 255, class 0xc0, IPv4 not to be fragmented. Returns its length.
 */
size_t frame_write(const uint8_t mac[6], const struct ipaddr *src,
    const struct ipaddr *group, const void *message, size_t len, uint8_t buf[FRAME_MAX]);

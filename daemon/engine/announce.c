/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "announce.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "cursor.h"

#define ARP_REQUEST 1
#define HTYPE_ETHERNET 1
#define NA_LEN 32 /* with the target link-layer option */
#define NA_ROUTER 0x80000000u
#define NA_OVERRIDE 0x20000000u
#define OPTION_TARGET_LINK_LAYER 2

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 0x01 };

static void
put_ethernet(
    struct wcursor *c, const uint8_t dst[6], const uint8_t src[6], uint16_t ethertype)
{
	wcursor_bytes(c, dst, 6);
	wcursor_bytes(c, src, 6);
	wcursor_u16(c, ethertype);
}

/* RFC 826. Request, as most hosts learn from; sender and target are alike. */
static void
put_arp(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6])
{
	put_ethernet(c, broadcast, mac, ETHERTYPE_ARP);
	wcursor_u16(c, HTYPE_ETHERNET);
	wcursor_u16(c, ETHERTYPE_IP);
	wcursor_u8(c, 6);
	wcursor_u8(c, 4);
	wcursor_u16(c, ARP_REQUEST);
	wcursor_bytes(c, mac, 6);
	wcursor_bytes(c, addr->bytes, 4);
	wcursor_bytes(c, mac, 6);
	wcursor_bytes(c, addr->bytes, 4);
}

/* RFC 8200 8.1 with next header ICMPv6. */
static uint16_t
na_checksum(const struct ipaddr *src, const uint8_t *na)
{
	static const uint8_t tail[8] = { [3] = NA_LEN, [7] = IPPROTO_ICMPV6 };
	uint32_t sum = checksum_add(0, src->bytes, 16);

	sum = checksum_add(sum, all_nodes, 16);
	sum = checksum_add(sum, tail, sizeof(tail));
	return checksum_fold(checksum_add(sum, na, NA_LEN));
}

/* RFC 4861 4.4, in an IPv6 packet with hop limit 255. */
static void
put_na(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6], bool router)
{
	uint16_t sum;
	size_t na;

	put_ethernet(c, all_nodes_mac, mac, ETHERTYPE_IPV6);
	wcursor_u32(c, 6u << 28);
	wcursor_u16(c, NA_LEN);
	wcursor_u8(c, IPPROTO_ICMPV6);
	wcursor_u8(c, 255);
	wcursor_bytes(c, addr->bytes, 16);
	wcursor_bytes(c, all_nodes, 16);
	na = c->at;
	wcursor_u8(c, ND_NEIGHBOR_ADVERT);
	wcursor_u8(c, 0);
	wcursor_u16(c, 0); /* checksum */
	wcursor_u32(c, NA_OVERRIDE | (router ? NA_ROUTER : 0));
	wcursor_bytes(c, addr->bytes, 16);
	wcursor_u8(c, OPTION_TARGET_LINK_LAYER);
	wcursor_u8(c, 1); /* times 8 bytes */
	wcursor_bytes(c, mac, 6);
	sum = na_checksum(addr, c->data + na);
	c->data[na + 2] = (uint8_t)(sum >> 8);
	c->data[na + 3] = (uint8_t)sum;
}

size_t
announce_frame(const struct ipaddr *addr, const uint8_t mac[6], bool router,
    uint8_t buf[ANNOUNCE_FRAME_MAX])
{
	struct wcursor c;

	wcursor_init(&c, buf, ANNOUNCE_FRAME_MAX);
	if (addr->family == AF_INET)
		put_arp(&c, addr, mac);
	else
		put_na(&c, addr, mac, router);
	return c.at;
}

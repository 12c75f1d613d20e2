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
#define NS_LEN 24
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

static void
put_arp_head(struct wcursor *c)
{
	wcursor_u16(c, HTYPE_ETHERNET);
	wcursor_u16(c, ETHERTYPE_IP);
	wcursor_u8(c, 6);
	wcursor_u8(c, 4);
	wcursor_u16(c, ARP_REQUEST);
}

/* RFC 826. Request, as most hosts learn from; sender and target are alike. */
static void
put_arp(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6])
{
	put_ethernet(c, broadcast, mac, ETHERTYPE_ARP);
	put_arp_head(c);
	wcursor_bytes(c, mac, 6);
	wcursor_bytes(c, addr->bytes, 4);
	wcursor_bytes(c, mac, 6);
	wcursor_bytes(c, addr->bytes, 4);
}

static void
put_ipv6(struct wcursor *c, uint8_t len, const uint8_t src[16], const uint8_t dst[16])
{
	wcursor_u32(c, 6u << 28);
	wcursor_u16(c, len);
	wcursor_u8(c, IPPROTO_ICMPV6);
	wcursor_u8(c, 255);
	wcursor_bytes(c, src, 16);
	wcursor_bytes(c, dst, 16);
}

/* RFC 8200 8.1; the message of len bytes ends the frame, behind its header. */
static void
seal(struct wcursor *c, uint8_t len)
{
	uint8_t tail[8] = { [3] = len, [7] = IPPROTO_ICMPV6 };
	uint8_t *message = c->data + c->at - len;
	uint32_t sum = checksum_add(0, message - 32, 32);
	uint16_t folded;

	sum = checksum_add(sum, tail, sizeof(tail));
	folded = checksum_fold(checksum_add(sum, message, len));
	message[2] = (uint8_t)(folded >> 8);
	message[3] = (uint8_t)folded;
}

/* RFC 4861 4.4, in an IPv6 packet with hop limit 255. */
static void
put_na(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6], bool router)
{
	put_ethernet(c, all_nodes_mac, mac, ETHERTYPE_IPV6);
	put_ipv6(c, NA_LEN, addr->bytes, all_nodes);
	wcursor_u8(c, ND_NEIGHBOR_ADVERT);
	wcursor_u8(c, 0);
	wcursor_u16(c, 0); /* checksum */
	wcursor_u32(c, NA_OVERRIDE | (router ? NA_ROUTER : 0));
	wcursor_bytes(c, addr->bytes, 16);
	wcursor_u8(c, OPTION_TARGET_LINK_LAYER);
	wcursor_u8(c, 1); /* times 8 bytes */
	wcursor_bytes(c, mac, 6);
	seal(c, NA_LEN);
}

static void
put_arp_probe(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6])
{
	static const uint8_t none[6];

	put_ethernet(c, broadcast, mac, ETHERTYPE_ARP);
	put_arp_head(c);
	wcursor_bytes(c, mac, 6);
	wcursor_bytes(c, none, 4);
	wcursor_bytes(c, none, 6);
	wcursor_bytes(c, addr->bytes, 4);
}

/* To the solicited-node group (RFC 4291 2.7.1), from no address. */
static void
put_solicitation(struct wcursor *c, const struct ipaddr *addr, const uint8_t mac[6])
{
	uint8_t group[16] = { 0xff, 0x02, [11] = 0x01, [12] = 0xff };
	uint8_t group_mac[6] = { 0x33, 0x33, 0xff };
	static const uint8_t none[16];

	memcpy(group + 13, addr->bytes + 13, 3);
	memcpy(group_mac + 3, addr->bytes + 13, 3);
	put_ethernet(c, group_mac, mac, ETHERTYPE_IPV6);
	put_ipv6(c, NS_LEN, none, group);
	wcursor_u8(c, ND_NEIGHBOR_SOLICIT);
	wcursor_u8(c, 0);
	wcursor_u16(c, 0); /* checksum */
	wcursor_u32(c, 0);
	wcursor_bytes(c, addr->bytes, 16);
	seal(c, NS_LEN);
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

size_t
announce_probe(
    const struct ipaddr *addr, const uint8_t mac[6], uint8_t buf[ANNOUNCE_FRAME_MAX])
{
	struct wcursor c;

	wcursor_init(&c, buf, ANNOUNCE_FRAME_MAX);
	if (addr->family == AF_INET)
		put_arp_probe(&c, addr, mac);
	else
		put_solicitation(&c, addr, mac);
	return c.at;
}

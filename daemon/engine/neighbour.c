/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "neighbour.h"

#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "cursor.h"

#define OPTION_SOURCE_LINK_LAYER 1
#define OPTION_TARGET_LINK_LAYER 2
#define NA_SOLICITED 0x40000000u
#define HOP_LIMIT 255

static bool
is_station(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

/* RFC 826, RFC 5227 1.1 for the words announcement and probe. */
static enum neighbour_verdict
read_arp(struct cursor *c, struct neighbour *out)
{
	uint16_t htype = cursor_u16(c), ptype = cursor_u16(c);
	uint8_t hlen = cursor_u8(c), plen = cursor_u8(c);
	uint16_t op = cursor_u16(c);
	const uint8_t *sender_mac = cursor_view(c, 6), *sender = cursor_view(c, 4);
	const uint8_t *target;

	cursor_view(c, 6);
	target = cursor_view(c, 4);
	if (!cursor_ok(c))
		return NEIGHBOUR_TRUNCATED;
	if (htype != ARPHRD_ETHER || ptype != ETHERTYPE_IP || hlen != 6 || plen != 4)
		return NEIGHBOUR_HEADER;
	if (op != ARPOP_REQUEST && op != ARPOP_REPLY)
		return NEIGHBOUR_OTHER;
	if (!is_station(sender_mac))
		return NEIGHBOUR_HEADER;
	memcpy(out->mac, sender_mac, sizeof(out->mac));
	out->addr = ipaddr_from4(sender);
	if (memcmp(sender, target, 4) == 0)
		out->kind = NEIGHBOUR_ANNOUNCES;
	else
		out->kind = op == ARPOP_REPLY ? NEIGHBOUR_ANSWERS : NEIGHBOUR_ASKS;
	if (ipaddr_is_unspecified(&out->addr) && op == ARPOP_REQUEST) {
		out->kind = NEIGHBOUR_PROBES;
		out->addr = ipaddr_from4(target);
	}
	return ipaddr_is_unspecified(&out->addr) ? NEIGHBOUR_HEADER : NEIGHBOUR_OK;
}

/* RFC 4861 4.6: options are type, length in 8 bytes, value. The MAC of the
 * first one of the wanted type replaces the frame's. */
static enum neighbour_verdict
read_options(struct cursor *c, uint8_t wanted, struct neighbour *out)
{
	bool found = false;

	while (cursor_left(c) > 0) {
		uint8_t type = cursor_u8(c), units = cursor_u8(c);
		const uint8_t *value;

		if (units == 0)
			return NEIGHBOUR_OPTION;
		value = cursor_view(c, units * 8u - 2);
		if (!cursor_ok(c))
			return NEIGHBOUR_OPTION;
		if (type != wanted || found)
			continue;
		if (units != 1 || !is_station(value))
			return NEIGHBOUR_OPTION;
		found = true;
		memcpy(out->mac, value, sizeof(out->mac));
	}
	return NEIGHBOUR_OK;
}

/* RFC 4861 7.1.1 and 7.1.2, behind the checks both share. */
static enum neighbour_verdict
read_message(struct cursor *c, uint8_t type, const struct ipaddr *src,
    const struct ipaddr *dst, struct neighbour *out)
{
	uint32_t flags = cursor_u32(c);
	const uint8_t *target = cursor_view(c, 16);
	struct ipaddr addr;

	if (!cursor_ok(c))
		return NEIGHBOUR_TRUNCATED;
	addr = ipaddr_from6(target);
	if (ipaddr_is_multicast(&addr) || ipaddr_is_unspecified(&addr))
		return NEIGHBOUR_HEADER;
	if (type == ND_NEIGHBOR_ADVERT) {
		if (flags & NA_SOLICITED && ipaddr_is_multicast(dst))
			return NEIGHBOUR_HEADER;
		out->addr = addr;
		out->kind =
		    flags & NA_SOLICITED ? NEIGHBOUR_ANSWERS : NEIGHBOUR_ANNOUNCES;
		return read_options(c, OPTION_TARGET_LINK_LAYER, out);
	}
	out->kind = ipaddr_is_unspecified(src) ? NEIGHBOUR_PROBES : NEIGHBOUR_ASKS;
	out->addr = out->kind == NEIGHBOUR_PROBES ? addr : *src;
	return read_options(c, OPTION_SOURCE_LINK_LAYER, out);
}

/* RFC 8200 8.1 */
static bool
is_sum_right(const uint8_t *addresses, const uint8_t *message, uint16_t len)
{
	uint8_t tail[8] = {
		[2] = (uint8_t)(len >> 8), [3] = (uint8_t)len, [7] = IPPROTO_ICMPV6
	};
	uint32_t sum = checksum_add(0, addresses, 32);

	sum = checksum_add(sum, tail, sizeof(tail));
	return checksum_fold(checksum_add(sum, message, len)) == 0;
}

static enum neighbour_verdict
read_ipv6(struct cursor *c, struct neighbour *out)
{
	uint32_t first = cursor_u32(c);
	uint16_t len = cursor_u16(c);
	uint8_t next = cursor_u8(c), hops = cursor_u8(c);
	const uint8_t *addresses = cursor_view(c, 32), *message;
	uint8_t type, code;
	struct ipaddr src, dst;
	struct cursor m;

	if (!cursor_ok(c))
		return NEIGHBOUR_TRUNCATED;
	if (first >> 28 != 6)
		return NEIGHBOUR_HEADER;
	if (next != IPPROTO_ICMPV6)
		return NEIGHBOUR_OTHER;
	message = cursor_view(c, len); /* what follows is Ethernet's padding */
	if (!message)
		return NEIGHBOUR_TRUNCATED;
	cursor_init(&m, message, len);
	type = cursor_u8(&m);
	code = cursor_u8(&m);
	cursor_u16(&m); /* checksum */
	if (type != ND_NEIGHBOR_SOLICIT && type != ND_NEIGHBOR_ADVERT)
		return NEIGHBOUR_OTHER;
	if (hops != HOP_LIMIT || code != 0 || !is_station(out->mac))
		return NEIGHBOUR_HEADER;
	if (!is_sum_right(addresses, message, len))
		return NEIGHBOUR_CHECKSUM;
	src = ipaddr_from6(addresses);
	dst = ipaddr_from6(addresses + 16);
	return read_message(&m, type, &src, &dst, out);
}

enum neighbour_verdict
neighbour_read(const void *frame, size_t len, struct neighbour *out)
{
	const uint8_t *src;
	uint16_t ethertype;
	struct cursor c;

	*out = (struct neighbour){ 0 };
	cursor_init(&c, frame, len);
	cursor_view(&c, 6);
	src = cursor_view(&c, 6);
	ethertype = cursor_u16(&c);
	if (!cursor_ok(&c))
		return NEIGHBOUR_TRUNCATED;
	if (ethertype == ETHERTYPE_ARP)
		return read_arp(&c, out);
	if (ethertype != ETHERTYPE_IPV6)
		return NEIGHBOUR_OTHER;
	memcpy(out->mac, src, sizeof(out->mac));
	return read_ipv6(&c, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include "cursor.h"

#define IPPROTO_VRRP 112
#define CLASS_NETWORK_CONTROL 0xc0
#define TTL_LOCAL 255
#define IPV4_LEN 20

static const uint8_t group_mac4[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 };
static const uint8_t group_mac6[6] = { 0x33, 0x33, 0x00, 0x00, 0x00, 0x12 };

/* RFC 791, without options. */
static void
put_ipv4(
    struct wcursor *c, const struct ipaddr *src, const struct ipaddr *dst, size_t len)
{
	size_t at = c->at;
	uint16_t sum;

	wcursor_u8(c, 4 << 4 | IPV4_LEN / 4);
	wcursor_u8(c, CLASS_NETWORK_CONTROL);
	wcursor_u16(c, (uint16_t)(IPV4_LEN + len));
	wcursor_u16(c, 0); /* identification: never a fragment (RFC 6864) */
	wcursor_u16(c, IP_DF);
	wcursor_u8(c, TTL_LOCAL);
	wcursor_u8(c, IPPROTO_VRRP);
	wcursor_u16(c, 0); /* checksum */
	wcursor_bytes(c, src->bytes, 4);
	wcursor_bytes(c, dst->bytes, 4);
	sum = checksum_fold(checksum_add(0, c->data + at, IPV4_LEN));
	c->data[at + 10] = (uint8_t)(sum >> 8);
	c->data[at + 11] = (uint8_t)sum;
}

/* RFC 8200 3. */
static void
put_ipv6(
    struct wcursor *c, const struct ipaddr *src, const struct ipaddr *dst, size_t len)
{
	wcursor_u32(c, 6u << 28 | (uint32_t)CLASS_NETWORK_CONTROL << 20);
	wcursor_u16(c, (uint16_t)len);
	wcursor_u8(c, IPPROTO_VRRP);
	wcursor_u8(c, TTL_LOCAL);
	wcursor_bytes(c, src->bytes, 16);
	wcursor_bytes(c, dst->bytes, 16);
}

size_t
frame_write(const uint8_t mac[6], const struct ipaddr *src, const struct ipaddr *group,
    const void *message, size_t len, uint8_t buf[FRAME_MAX])
{
	bool ipv4 = group->family == AF_INET;
	struct wcursor c;

	wcursor_init(&c, buf, FRAME_MAX);
	wcursor_bytes(&c, ipv4 ? group_mac4 : group_mac6, 6);
	wcursor_bytes(&c, mac, 6);
	wcursor_u16(&c, ipv4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	if (ipv4)
		put_ipv4(&c, src, group, len);
	else
		put_ipv6(&c, src, group, len);
	wcursor_bytes(&c, message, len);
	return c.at;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/frame.h"

#include <string.h>
#include <sys/socket.h>

#include "cursor.h"
#include "unit.h"

static const uint8_t vmac4[6] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x0a };
static const uint8_t vmac6[6] = { 0x00, 0x00, 0x5e, 0x00, 0x02, 0x0a };

START_TEST(an_ipv4_advert_comes_from_the_virtual_mac)
{
	static const uint8_t message[4] = { 0x31, 0x0a, 0xc8, 0x01 };
	static const uint8_t want[38] = { /* to the group's MAC, from ours; IPv4 */
		0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x01, 0x0a,
		0x08, 0x00,
		/* 20 bytes of header, class c0, 24 bytes, not to be fragmented */
		0x45, 0xc0, 0x00, 0x18, 0x00, 0x00, 0x40, 0x00,
		/* TTL 255, protocol 112, checksum */
		0xff, 0x70, 0xd7, 0xa7,
		/* 192.0.2.251 to 224.0.0.18 */
		0xc0, 0x00, 0x02, 0xfb, 0xe0, 0x00, 0x00, 0x12,
		/* the message */
		0x31, 0x0a, 0xc8, 0x01
	};
	struct ipaddr src = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 251 });
	struct ipaddr group = advert_group(AF_INET);
	uint8_t frame[FRAME_MAX];

	ck_assert_uint_eq(frame_write(vmac4, &src, &group, message, 4, frame), 38);
	ck_assert_mem_eq(frame, want, sizeof(want));
	/* RFC 791: the header with its checksum sums up to nothing. */
	ck_assert_uint_eq(checksum_fold(checksum_add(0, frame + 14, 20)), 0);
}
END_TEST

START_TEST(an_ipv6_advert_comes_from_the_virtual_mac)
{
	static const uint8_t message[4] = { 0x31, 0x0a, 0x64, 0x01 };
	static const uint8_t want[58] = { /* to the group's MAC, from ours; IPv6 */
		0x33, 0x33, 0x00, 0x00, 0x00, 0x12, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x0a,
		0x86, 0xdd,
		/* class c0, no flow, 4 bytes, protocol 112, hop limit 255 */
		0x6c, 0x00, 0x00, 0x00, 0x00, 0x04, 0x70, 0xff,
		/* fe80::c8 to ff02::12 */
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc8, 0xff, 0x02, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12,
		/* the message */
		0x31, 0x0a, 0x64, 0x01
	};
	struct ipaddr src, group = advert_group(AF_INET6);
	uint8_t frame[FRAME_MAX];

	ck_assert(ipaddr_parse("fe80::c8", &src));
	ck_assert_uint_eq(frame_write(vmac6, &src, &group, message, 4, frame), 58);
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(the_largest_advert_fits)
{
	uint8_t message[ADVERT_LEN_MAX] = { 0 }, frame[FRAME_MAX];
	struct ipaddr src, group = advert_group(AF_INET6);

	ck_assert(ipaddr_parse("fe80::1", &src));
	ck_assert_uint_eq(
	    frame_write(vmac6, &src, &group, message, sizeof(message), frame), FRAME_MAX);
}
END_TEST

UNIT_MAIN("frame", an_ipv4_advert_comes_from_the_virtual_mac,
    an_ipv6_advert_comes_from_the_virtual_mac, the_largest_advert_fits)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/announce.h"

#include <string.h>
#include <sys/socket.h>

#include "cursor.h"
#include "unit.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

START_TEST(a_gratuitous_arp_is_a_broadcast_request_for_itself)
{
	static const uint8_t want[42] = { /* Ethernet: broadcast, our MAC, ARP */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
		0x08, 0x06,
		/* Ethernet, IPv4, 6, 4, request */
		0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01,
		/* sender, target: our MAC, the address (errata 7947, 7949) */
		0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0xc0, 0x00, 0x02, 0x05, 0x52, 0x54,
		0x00, 0x12, 0x34, 0x56, 0xc0, 0x00, 0x02, 0x05
	};
	struct ipaddr addr = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 5 });
	uint8_t frame[ANNOUNCE_FRAME_MAX];

	ck_assert_uint_eq(announce_frame(&addr, mac, true, frame), sizeof(want));
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(an_unsolicited_na_overrides_and_carries_the_mac)
{
	static const uint8_t want[86] = { /* Ethernet: all nodes, our MAC, IPv6 */
		0x33, 0x33, 0x00, 0x00, 0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
		0x86, 0xdd,
		/* IPv6: 32 bytes of ICMPv6, hop limit 255 */
		0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff,
		/* 2001:db8::5 to ff02::1 */
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xff, 0x02,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01,
		/* type 136, code 0, checksum, R=1 S=0 O=1 */
		0x88, 0x00, 0xf4, 0x66, 0xa0, 0x00, 0x00, 0x00,
		/* target */
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05,
		/* option 2, 8 bytes: our MAC */
		0x02, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56
	};
	struct ipaddr addr;
	uint8_t frame[ANNOUNCE_FRAME_MAX];

	ck_assert(ipaddr_parse("2001:db8::5", &addr));
	ck_assert_uint_eq(announce_frame(&addr, mac, true, frame), sizeof(want));
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(a_node_that_does_not_forward_does_not_call_itself_router)
{
	uint8_t frame[ANNOUNCE_FRAME_MAX], pseudo[8] = { [3] = 32, [7] = 58 };
	struct ipaddr addr;
	uint32_t sum;

	ck_assert(ipaddr_parse("fe80::5", &addr));
	announce_frame(&addr, mac, false, frame);
	ck_assert_uint_eq(frame[58], 0x20);
	sum = checksum_add(0, frame + 22, 32);
	sum = checksum_add(sum, pseudo, sizeof(pseudo));
	ck_assert_uint_eq(checksum_fold(checksum_add(sum, frame + 54, 32)), 0);
}
END_TEST

START_TEST(a_probe_is_an_arp_request_from_nobody)
{
	static const uint8_t want[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54,
		0x00, 0x12, 0x34, 0x56, 0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04,
		0x00, 0x01, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0xc0, 0x00, 0x02, 0x05 };
	struct ipaddr addr = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 5 });
	uint8_t frame[ANNOUNCE_FRAME_MAX];

	ck_assert_uint_eq(announce_probe(&addr, mac, frame), sizeof(want));
	ck_assert_mem_eq(frame, want, sizeof(want));
}
END_TEST

START_TEST(a_probe_over_ipv6_is_a_solicitation_of_dad)
{
	static const uint8_t group[6] = { 0x33, 0x33, 0xff, 0x12, 0x34, 0x05 };
	uint8_t frame[ANNOUNCE_FRAME_MAX], pseudo[8] = { [3] = 24, [7] = 58 };
	struct ipaddr addr;
	uint32_t sum;

	ck_assert(ipaddr_parse("2001:db8::12:3405", &addr));
	ck_assert_uint_eq(announce_probe(&addr, mac, frame), 78);
	ck_assert_mem_eq(frame, group, 6);
	ck_assert_uint_eq(frame[54], 135);
	ck_assert_mem_eq(frame + 62, addr.bytes, 16);
	sum = checksum_add(0, frame + 22, 32);
	sum = checksum_add(sum, pseudo, sizeof(pseudo));
	ck_assert_uint_eq(checksum_fold(checksum_add(sum, frame + 54, 24)), 0);
}
END_TEST

UNIT_MAIN("announce", a_probe_is_an_arp_request_from_nobody,
    a_probe_over_ipv6_is_a_solicitation_of_dad,
    a_gratuitous_arp_is_a_broadcast_request_for_itself,
    an_unsolicited_na_overrides_and_carries_the_mac,
    a_node_that_does_not_forward_does_not_call_itself_router)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/layout.h"

#include <netinet/in.h>
#include <string.h>

#include "unit.h"

static struct element
element(enum set_id set, const char *addr, const char *endpoint)
{
	struct element e = {
		.set = set,
		.key = { .port = 0x1234, .proto = IPPROTO_TCP },
		.slot = 0x10020,
		.endpoint = { .port = 0x5678 },
	};
	struct ipaddr a;

	ck_assert(ipaddr_parse(addr, &e.key.addr));
	ck_assert(ipaddr_parse(endpoint, &a));
	memcpy(e.endpoint.addr, a.bytes, sizeof(e.endpoint.addr));
	return e;
}

START_TEST(an_element_is_what_registers_hold)
{
	struct element e = element(SET_ENDPOINTS, "192.0.2.1", "10.0.0.7");
	uint32_t slot = 0x10020; /* an integer, in the host's order */
	uint8_t want[16] = { 192, 0, 2, 1, 6, 0, 0, 0, 0x12, 0x34, 0, 0 };
	static const uint8_t want_data[] = { 10, 0, 0, 7, 0x56, 0x78, 0, 0 };
	uint8_t key[ELEMENT_KEY_MAX], data[ELEMENT_DATA_MAX];

	memcpy(&want[12], &slot, sizeof(slot));
	ck_assert_uint_eq(element_key(&e, key), sizeof(want));
	ck_assert_mem_eq(key, want, sizeof(want));
	ck_assert_uint_eq(element_data(&e, data), sizeof(want_data));
	ck_assert_mem_eq(data, want_data, sizeof(want_data));
}
END_TEST

START_TEST(every_sets_element_is_read_as_it_was_written)
{
	static const char *const pairs[][2] = { { "192.0.2.1", "10.0.0.7" },
		{ "2001:db8::1", "fd00::7" } };

	for (int family = 0; family < 2; family++) {
		for (enum set_id set = 0; set < SET_COUNT; set++) {
			struct element e =
			    element(set, pairs[family][0], pairs[family][1]);
			uint8_t key[2][ELEMENT_KEY_MAX], data[2][ELEMENT_DATA_MAX];
			size_t key_len = element_key(&e, key[0]);
			size_t data_len = element_data(&e, data[0]);
			struct element out;

			ck_assert_uint_eq(key_len, set_key_len(set, e.key.addr.family));
			ck_assert(element_parse(&out, set, e.key.addr.family, key[0],
			    key_len, data[0], data_len));
			element_key(&out, key[1]);
			element_data(&out, data[1]);
			ck_assert_mem_eq(key[0], key[1], sizeof(key[0]));
			ck_assert_mem_eq(data[0], data[1], sizeof(data[0]));
			ck_assert(ipaddr_eq(&out.key.addr, &e.key.addr));
			ck_assert(!element_parse(&out, set, e.key.addr.family, key[0],
			    key_len - 1, data[0], data_len));
			ck_assert(!element_parse(&out, set, e.key.addr.family, key[0],
			    key_len, data[0], data_len + 4));
		}
	}
}
END_TEST

START_TEST(types_are_the_numbers_that_nft_prints_by)
{
	/* ipv4_addr . inet_proto . inet_service . mark */
	ck_assert_uint_eq(
	    set_key_type(SET_ENDPOINTS, AF_INET), ((7 << 6 | 12) << 6 | 13) << 6 | 19);
	/* ipv6_addr . inet_service */
	ck_assert_uint_eq(set_data_type(SET_ENDPOINTS, AF_INET6), 8 << 6 | 13);
	ck_assert_uint_eq(set_key_type(SET_GUARDED, AF_INET6), 8);
	ck_assert_uint_eq(set_data_type(SET_SERVED, AF_INET), 0);
}
END_TEST

UNIT_MAIN("layout", an_element_is_what_registers_hold,
    every_sets_element_is_read_as_it_was_written,
    types_are_the_numbers_that_nft_prints_by)

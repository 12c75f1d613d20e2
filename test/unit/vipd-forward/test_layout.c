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
	memcpy(e.clients.first, a.bytes, sizeof(e.clients.first));
	memset(e.clients.last, 0xfe, sizeof(e.clients.last));
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

static void
check_round_trip(const struct element *e)
{
	uint8_t key[2][ELEMENT_KEY_MAX], end[2][ELEMENT_KEY_MAX];
	uint8_t data[2][ELEMENT_DATA_MAX], family = e->key.addr.family;
	struct element_bytes bytes = {
		.key = key[0], .key_end = end[0], .data = data[0]
	};
	struct element out;

	bytes.key_len = (uint32_t)element_key(e, key[0]);
	bytes.key_end_len = (uint32_t)element_key_end(e, end[0]);
	bytes.data_len = (uint32_t)element_data(e, data[0]);
	ck_assert_uint_eq(bytes.key_len, set_key_len(e->set, family));
	ck_assert_uint_eq(bytes.key_end_len, e->set == SET_ALLOWED ? bytes.key_len : 0);
	ck_assert(element_parse(&out, e->set, family, &bytes));
	element_key(&out, key[1]);
	element_data(&out, data[1]);
	ck_assert_mem_eq(key[0], key[1], sizeof(key[0]));
	ck_assert_mem_eq(data[0], data[1], sizeof(data[0]));
	if (element_key_end(&out, end[1]))
		ck_assert_mem_eq(end[0], end[1], sizeof(end[0]));
	ck_assert(ipaddr_eq(&out.key.addr, &e->key.addr));
	bytes.key_len--;
	ck_assert(!element_parse(&out, e->set, family, &bytes));
	bytes.key_len++;
	bytes.data_len += 4;
	ck_assert(!element_parse(&out, e->set, family, &bytes));
	bytes.data_len -= 4;
	bytes.key_end_len = 0;
	ck_assert_int_eq(
	    element_parse(&out, e->set, family, &bytes), e->set != SET_ALLOWED);
}

START_TEST(every_sets_element_is_read_as_it_was_written)
{
	static const char *const pairs[][2] = { { "192.0.2.1", "10.0.0.7" },
		{ "2001:db8::1", "fd00::7" } };

	for (int family = 0; family < 2; family++) {
		for (enum set_id set = 0; set < SET_COUNT; set++) {
			struct element e =
			    element(set, pairs[family][0], pairs[family][1]);
			check_round_trip(&e);
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

START_TEST(an_interval_has_fields_of_their_true_lengths)
{
	static const uint8_t want[] = { 16, 1, 2, 16 };
	uint8_t len[SET_FIELDS_MAX];

	ck_assert_uint_eq(set_key_fields(SET_ALLOWED, AF_INET6, len), 4);
	ck_assert_mem_eq(len, want, sizeof(want));
	ck_assert_uint_eq(set_key_fields(SET_GUARDED, AF_INET, len), 1);
}
END_TEST

UNIT_MAIN("layout", an_element_is_what_registers_hold,
    every_sets_element_is_read_as_it_was_written,
    types_are_the_numbers_that_nft_prints_by,
    an_interval_has_fields_of_their_true_lengths)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msg.h"

#include <string.h>

#include "unit.h"

static _Alignas(8) uint8_t buf[MSG_MAX];

START_TEST(a_built_message_parses_to_the_same)
{
	struct msg_instance_ref ref = { .id = 7 };
	struct msg_installed_record list[2] = { 0 };
	struct msg m;
	size_t len;

	ck_assert(ipaddr_parse("192.0.2.1", &list[0].addr));
	ck_assert(ipaddr_parse("2001:db8::1", &list[1].addr));
	len = msg_build(buf, MSG_INSTALLED, 0, &ref, list, 2);
	ck_assert_ptr_null(msg_parse(buf, len, PEER_VIPD, &m));
	ck_assert_int_eq(m.type, MSG_INSTALLED);
	ck_assert_int_eq(m.count, 2);
	ck_assert_mem_eq(m.head, &ref, sizeof(ref));
	ck_assert_mem_eq(m.records, list, sizeof(list));
}
END_TEST

START_TEST(every_type_refuses_a_wrong_length_and_a_wrong_sender)
{
	static const uint8_t head[MSG_MAX];
	struct msg m;

	for (int type = MSG_NONE + 1; type < MSG_TYPE_COUNT; type++) {
		const struct msg_type_info *info = msg_info(type);
		size_t len = msg_build(buf, type, 0, head, NULL, 0);

		ck_assert_ptr_nonnull(info->name);
		for (int peer = 1; peer <= PEER_CTL; peer *= 2) {
			bool allowed = info->senders & peer;

			ck_assert_msg(!msg_parse(buf, len, peer, &m) == allowed,
			    "%s from %d", info->name, peer);
			ck_assert(msg_parse(buf, len - 1, peer, &m));
			ck_assert(msg_parse(buf, len + 1, peer, &m));
		}
	}
}
END_TEST

START_TEST(a_count_without_its_records_is_refused)
{
	struct msg_header *h = (struct msg_header *)buf;
	struct msg m;
	size_t len = msg_build(buf, MSG_STOP, 0, NULL, NULL, 0);

	h->count = 1;
	ck_assert(msg_parse(buf, len, PEER_VIPD, &m));
	len = msg_build(
	    buf, MSG_INSTALLED, 0, &(struct msg_instance_ref){ .id = 1 }, NULL, 0);
	h->count = 65535;
	ck_assert(msg_parse(buf, len, PEER_VIPD, &m));
}
END_TEST

START_TEST(an_unterminated_string_is_refused)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL };
	struct msg m;
	size_t len;

	memset(hello.version, 'x', sizeof(hello.version));
	len = msg_build(buf, MSG_HELLO, 0, &hello, NULL, 0);
	ck_assert_str_eq(msg_parse(buf, len, PEER_ENGINE, &m), "string without an end");
}
END_TEST

START_TEST(an_enum_outside_its_range_is_refused)
{
	struct msg_state state = { .state = VRRP_FAULT + 1 };
	struct msg_installed_record at = { .addr.family = 99 };
	struct msg m;
	size_t len = msg_build(buf, MSG_STATE, 0, &state, NULL, 0);

	ck_assert_str_eq(msg_parse(buf, len, PEER_ENGINE, &m), "value out of range");
	len =
	    msg_build(buf, MSG_REMOVED, 0, &(struct msg_instance_ref){ .id = 1 }, &at, 1);
	ck_assert_str_eq(msg_parse(buf, len, PEER_VIPD, &m), "unknown address family");
}
END_TEST

UNIT_MAIN("msg", a_built_message_parses_to_the_same,
    every_type_refuses_a_wrong_length_and_a_wrong_sender,
    a_count_without_its_records_is_refused, an_unterminated_string_is_refused,
    an_enum_outside_its_range_is_refused)

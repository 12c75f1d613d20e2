/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"
#include "unit.h"

START_TEST(durations_show_their_two_largest_units)
{
	static const struct {
		uint64_t s;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 59, "59s" },
		{ 60, "1m" },
		{ 125, "2m5s" },
		{ 3599, "59m59s" },
		{ 3600, "1h" },
		{ 3601, "1h" },
		{ 7500, "2h5m" },
		{ 86399, "23h59m" },
		{ 86400, "1d" },
		{ 93784, "1d2h" },
		{ UINT64_MAX / US_PER_S, "213503982d8h" },
	};
	char buf[TEXT_DURATION_LEN];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_str_eq(
		    text_duration(cases[i].s * US_PER_S, buf), cases[i].text);
	ck_assert_str_eq(text_duration(US_PER_S - 1, buf), "0s");
}
END_TEST

START_TEST(times_are_rfc_3339_with_milliseconds)
{
	char buf[TEXT_TIME_LEN];

	ck_assert_str_eq(text_time(0, buf), "1970-01-01T00:00:00.000Z");
	ck_assert_str_eq(
	    text_time(1767225600u * US_PER_S + 250999, buf), "2026-01-01T00:00:00.250Z");
	/* A hostile one is nonsense, but bounded. */
	ck_assert_uint_lt(strlen(text_time(UINT64_MAX, buf)), TEXT_TIME_LEN);
}
END_TEST

START_TEST(what_does_not_print_becomes_a_question_mark)
{
	static const struct {
		const char *dirty, *clean;
	} cases[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "a\tb\nc\x7f", "a?b?c?" },
		{ "\x1b[2J", "?[2J" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "??" },           /* C1: CSI */
		{ "\xc0\xaf", "??" },           /* overlong */
		{ "\xe0\x80\xaf", "???" },      /* overlong */
		{ "\xf0\x80\x80\xaf", "????" }, /* overlong */
		{ "\xed\xa0\x80", "???" },      /* surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond U+10FFFF */
		{ "\xff\xfe", "??" },
		{ "cut \xe2\x82", "cut ??" },
		{ "\xe2\x82x", "??x" },
	};
	char buf[32];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		strcpy(buf, cases[i].dirty);
		text_clean(buf, strlen(buf) + 1);
		ck_assert_str_eq(buf, cases[i].clean);
	}
	/* Nothing is read behind size. */
	memcpy(buf, "\xe2\x82\xac", 4);
	text_clean(buf, 2);
	ck_assert_mem_eq(buf, "??\xac", 4);
}
END_TEST

START_TEST(an_ipv6_address_with_a_port_is_bracketed)
{
	char buf[TEXT_HOSTPORT_LEN];
	struct ipaddr addr;

	ck_assert(ipaddr_parse("192.0.2.1", &addr));
	ck_assert_str_eq(text_hostport(&addr, 80, buf), "192.0.2.1:80");
	ck_assert(ipaddr_parse("2001:db8::1", &addr));
	ck_assert_str_eq(text_hostport(&addr, 65535, buf), "[2001:db8::1]:65535");
}
END_TEST

START_TEST(folding_breaks_at_spaces_and_commas_and_loses_nothing)
{
	static const struct {
		const char *text;
		size_t room;
		const char *folded;
	} cases[] = {
		{ "", 10, "" },
		{ "short", 10, "short" },
		{ "one two three", 8, "one two\nthree" },
		{ "one two three", 3, "one\ntwo\nthree" },
		{ "10.0.0.1,10.0.0.2", 12, "10.0.0.1,\n10.0.0.2" },
		{ "a,b,c,d", 2, "a,\nb,\nc,\nd" },
		{ "a,b,c,d", 4, "a,b,\nc,d" },
		{ "unbreakable", 4, "unbreakable" },
		{ "x unbreakable y", 4, "x\nunbreakable\ny" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_free_ char *folded = table_fold(cases[i].text, cases[i].room);

		ck_assert_str_eq(folded, cases[i].folded);
	}
}
END_TEST

UNIT_MAIN("text", durations_show_their_two_largest_units,
    times_are_rfc_3339_with_milliseconds, what_does_not_print_becomes_a_question_mark,
    an_ipv6_address_with_a_port_is_bracketed,
    folding_breaks_at_spaces_and_commas_and_loses_nothing)

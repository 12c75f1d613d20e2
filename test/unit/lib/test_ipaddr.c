/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipaddr.h"

#include <string.h>
#include <sys/socket.h>

#include "unit.h"

START_TEST(parses_and_prints_canonically)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "2001:DB8:0::1", "2001:db8::1" },
		{ "::", "::" },
	};
	char buf[IPADDR_STRLEN];
	struct ipaddr a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert(ipaddr_parse(cases[i].in, &a));
		ck_assert_str_eq(ipaddr_format(&a, buf), cases[i].out);
	}
}
END_TEST

START_TEST(refuses_sloppy_addresses)
{
	static const char *const bad[] = { "", "012.0.1.2", "1.2.3", "1.2.3.4.5",
		"1.2.3.256", " 1.2.3.4", "1.2.3.4 ", "fe80::1%eth0", "0x1.2.3.4",
		"1.2.3.4/24", ":::" };
	struct ipaddr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!ipaddr_parse(bad[i], &a), "%s", bad[i]);
}
END_TEST

START_TEST(ranges_come_as_address_prefix_or_span)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "192.0.2.7/24", "192.0.2.0/24" },
		{ "192.0.2.0-192.0.2.255", "192.0.2.0/24" },
		{ "192.0.2.18-192.0.2.30", "192.0.2.18-192.0.2.30" },
		{ "2001:db8::/64", "2001:db8::/64" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
	};
	static const char *const bad[] = { "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1",
		"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/024", "-", "192.0.2.1-",
		"2001:db8::/129" };
	char buf[IPRANGE_STRLEN];
	struct iprange r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_msg(iprange_parse(cases[i].in, &r), "%s", cases[i].in);
		ck_assert_str_eq(iprange_format(&r, buf), cases[i].out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!iprange_parse(bad[i], &r), "%s", bad[i]);
}
END_TEST

START_TEST(containment_is_inclusive_and_per_family)
{
	struct iprange r;
	struct ipaddr a;

	ck_assert(iprange_parse("192.0.2.18-192.0.2.30", &r));
	ck_assert(ipaddr_parse("192.0.2.18", &a) && iprange_contains(&r, &a));
	ck_assert(ipaddr_parse("192.0.2.30", &a) && iprange_contains(&r, &a));
	ck_assert(ipaddr_parse("192.0.2.31", &a) && !iprange_contains(&r, &a));
	ck_assert(ipaddr_parse("2001:db8::1", &a) && !iprange_contains(&r, &a));
}
END_TEST

/* The edges of 224/4, ff00::/8, 169.254/16, fe80::/10, and the two zeros. */
START_TEST(kinds_of_addresses_end_where_their_prefixes_do)
{
	static const struct {
		const char *text;
		bool multicast, linklocal, unspecified;
	} cases[] = {
		{ "223.255.255.255", false, false, false },
		{ "224.0.0.0", true, false, false },
		{ "239.255.255.255", true, false, false },
		{ "240.0.0.0", false, false, false },
		{ "169.253.255.255", false, false, false },
		{ "169.254.0.0", false, true, false },
		{ "169.254.255.255", false, true, false },
		{ "169.255.0.0", false, false, false },
		{ "0.0.0.0", false, false, true },
		{ "0.0.0.1", false, false, false },
		{ "feff:ffff::", false, false, false },
		{ "ff00::", true, false, false },
		{ "ffff::1", true, false, false },
		{ "fe7f:ffff::", false, false, false },
		{ "fe80::", false, true, false },
		{ "febf:ffff::1", false, true, false },
		{ "fec0::", false, false, false },
		{ "e000::", false, false, false },
		{ "a9fe::", false, false, false },
		{ "::", false, false, true },
		{ "::1", false, false, false },
	};
	const struct ipaddr none = { 0 };
	struct ipaddr a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert(ipaddr_parse(cases[i].text, &a));
		ck_assert_msg(ipaddr_is_multicast(&a) == cases[i].multicast &&
			ipaddr_is_linklocal(&a) == cases[i].linklocal &&
			ipaddr_is_unspecified(&a) == cases[i].unspecified,
		    "%s", cases[i].text);
	}
	ck_assert(!ipaddr_is_multicast(&none) && !ipaddr_is_linklocal(&none) &&
	    !ipaddr_is_unspecified(&none));
}
END_TEST

START_TEST(only_lan_addresses_are_routable)
{
	static const char *const bad[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1",
		"169.254.1.1", "224.0.0.18", "239.1.1.1", "255.255.255.255", "::", "::1",
		"fe80::1", "ff02::1", "::ffff:192.0.2.1" };
	struct ipaddr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert(ipaddr_parse(bad[i], &a));
		ck_assert_msg(!ipaddr_is_routable(&a), "%s", bad[i]);
	}
	ck_assert(ipaddr_parse("8.8.8.8", &a) && ipaddr_is_routable(&a));
	ck_assert(ipaddr_parse("2001:db8::1", &a) && ipaddr_is_routable(&a));
}
END_TEST

UNIT_MAIN("ipaddr", parses_and_prints_canonically, refuses_sloppy_addresses,
    ranges_come_as_address_prefix_or_span, containment_is_inclusive_and_per_family,
    kinds_of_addresses_end_where_their_prefixes_do, only_lan_addresses_are_routable)

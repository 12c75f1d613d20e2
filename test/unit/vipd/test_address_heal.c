/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others do to addresses and interfaces, and what vipd makes of it. */
#include "supervisor/address.h"

#include "address_world.h"
#include "mem.h"

START_TEST(a_deleted_address_comes_back_and_slows_down_after_five_times)
{
	struct address_want w = service("192.0.2.18");

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	for (unsigned i = 1; i <= 5; i++) {
		sh("ip addr del 192.0.2.18/32 dev eth0");
		wait_until(installed == i + 1);
		ck_assert_uint_eq(removed, i);
	}
	sh("ip addr del 192.0.2.18/32 dev eth0");
	wait_until(removed == 6);
	step();
	ck_assert_uint_eq(installed, 6);
}
END_TEST

START_TEST(an_address_of_somebody_else_is_left_alone)
{
	struct address_want w = service("192.0.2.18");

	setup();
	sh("ip addr add 192.0.2.18/32 dev eth0");
	addresses_want(as, 1, &w, 1);
	wait_until(failed > 0);
	ck_assert_int_eq(last_error, EEXIST);
	addresses_want(as, 1, NULL, 0);
	step();
	sh("ip addr show dev eth0 | grep -q 192.0.2.18/32");
	ck_assert_uint_eq(installed, 0);
}
END_TEST

START_TEST(addresses_return_with_their_interface)
{
	struct address_want w = service("192.0.2.18");
	uint32_t before;

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	before = last_place.ifindex;
	ck_assert_uint_eq(before, if_nametoindex("eth0"));
	sh("ip link del eth0");
	wait_until(removed == 1);
	ck_assert_uint_eq(last_place.ifindex, before);
	sh("ip link add eth0 type veth peer name peer0 && ip link set eth0 up");
	wait_until(installed == 2);
	ck_assert_uint_eq(last_place.ifindex, if_nametoindex("eth0"));
	ck_assert_uint_ne(last_place.ifindex, before);
	sh("ip addr show dev eth0 | grep -q 192.0.2.18/32");
}
END_TEST

START_TEST(an_address_may_be_wanted_before_its_interface_exists)
{
	struct address_want w = service("192.0.2.18");

	setup();
	str_copy(w.dev, sizeof(w.dev), "late0");
	addresses_want(as, 1, &w, 1);
	step();
	ck_assert_uint_eq(installed + failed, 0);
	sh("ip link add late0 type veth peer name peer1");
	wait_until(installed == 1);
}
END_TEST

START_TEST(ipv6_addresses_return_when_their_interface_is_up_again)
{
	struct address_want list[] = { service("2001:db8::18"), service("192.0.2.18") };

	setup();
	log_set_sink(count_line, NULL);
	addresses_want(as, 1, list, 2);
	wait_until(installed == 2);
	for (unsigned i = 1; i <= 7; i++) {
		sh("ip link set eth0 down");
		wait_until(removed == i && addresses_settled(as));
		step();
		ck_assert_uint_eq(installed, 1 + i);
		sh("ip link set eth0 up");
		wait_until(installed == 2 + i);
	}
	ck_assert_uint_eq(failed + lines, 0);
	sh("ip addr show dev eth0 | grep -q 2001:db8::18/128");
}
END_TEST

START_TEST(a_renamed_interface_does_not_keep_them)
{
	struct address_want w = service("192.0.2.18");

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	sh("ip link set eth0 down && ip link set eth0 name wan0 && ip link set wan0 up");
	wait_until(removed == 1 && seen_gone == 1);
	sh("! ip addr show dev wan0 | grep -q 192.0.2.18");
	sh("ip addr show dev wan0 | grep -q 192.0.2.1/24");
	sh("ip link set wan0 down && ip link set wan0 name eth0 && ip link set eth0 up");
	wait_until(installed == 2);
}
END_TEST

START_TEST(a_static_address_of_somebody_else_counts_and_stays)
{
	struct address_want w = fixed("198.51.100.5/24");

	setup();
	sh("ip addr add 198.51.100.5/24 dev eth0");
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == 1);
	sh("ip addr show dev eth0 | grep -q 198.51.100.5/24");
	/* when the other takes it away, vipd adds its own */
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 2);
	sh("ip addr del 198.51.100.5/24 dev eth0");
	wait_until(installed == 3 && removed == 2);
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == 3);
	sh("! ip addr show dev eth0 | grep -q 198.51.100.5");
	ck_assert_uint_eq(failed, 0);
}
END_TEST

START_TEST(a_service_address_waits_for_whoever_has_it_on_any_interface)
{
	struct address_want w = service("192.0.2.18");

	setup();
	sh("ip addr add 192.0.2.18/24 dev peer0");
	addresses_want(as, 1, &w, 1);
	wait_until(failed == 1);
	ck_assert_int_eq(last_error, EEXIST);
	sh("ip addr del 192.0.2.18/24 dev peer0");
	wait_until(installed == 1);
	sh("ip addr show dev eth0 | grep -q 192.0.2.18/32");
}
END_TEST

START_TEST(addresses_of_the_same_subnet_survive_their_primary)
{
	struct address_want list[] = { fixed("198.51.100.5/24"),
		fixed("198.51.100.6/24") };

	setup();
	addresses_want(as, 1, list, 2);
	wait_until(installed == 2);
	sh("ip addr add 198.51.100.7/24 dev eth0");
	sh("ip addr show dev eth0 | grep 198.51.100.7/24 | grep -q secondary");
	addresses_want(as, 1, list + 1, 1);
	wait_until(removed == 1 && addresses_settled(as));
	ck_assert_uint_eq(seen_gone, 1);
	sh("ip addr show dev eth0 | grep -q 198.51.100.6/24");
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == 2);
	sh("ip addr show dev eth0 | grep -q 198.51.100.7/24");
}
END_TEST

START_TEST(a_flush_by_somebody_costs_few_lines_and_is_healed)
{
	static struct address_want list[300];
	char text[32];

	setup();
	log_set_sink(count_line, NULL);
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text, sizeof(text), "10.9.%u.%u", i / 250, 1 + i % 250);
		list[i] = service(text);
	}
	addresses_want(as, 1, list, ARRAY_LEN(list));
	wait_until(installed == 300);
	sh("ip addr flush dev eth0");
	wait_until(installed == 600);
	ck_assert_uint_eq(removed, 300);
	ck_assert_uint_le(lines, 2);
	/* with its interface they go without being counted */
	sh("ip link del eth0");
	wait_until(removed == 600);
	sh("ip link add eth0 type veth peer name peer0 && ip link set eth0 up");
	wait_until(installed == 900);
	ck_assert_uint_le(lines, 2);
}
END_TEST

UNIT_MAIN("address_heal", a_deleted_address_comes_back_and_slows_down_after_five_times,
    an_address_of_somebody_else_is_left_alone, addresses_return_with_their_interface,
    an_address_may_be_wanted_before_its_interface_exists,
    ipv6_addresses_return_when_their_interface_is_up_again,
    a_renamed_interface_does_not_keep_them,
    a_static_address_of_somebody_else_counts_and_stays,
    a_service_address_waits_for_whoever_has_it_on_any_interface,
    addresses_of_the_same_subnet_survive_their_primary,
    a_flush_by_somebody_costs_few_lines_and_is_healed)

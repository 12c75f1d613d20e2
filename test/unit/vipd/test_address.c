/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding, removing and renewing; what others do meanwhile: test_address_heal.c. */
#include "supervisor/address.h"

#include <errno.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <stdio.h>

#include "address_world.h"
#include "mem.h"
#include "supervisor/cleanup.h"

START_TEST(service_addresses_carry_what_keeps_others_off)
{
	struct address_want list[] = { service("192.0.2.18"), service("2001:db8::18") };

	setup();
	addresses_want(as, 1, list, 2);
	wait_until(installed == 2);
	sh("ip -d addr show dev eth0 | grep 'inet 192.0.2.18/32' | grep deprecated | "
	   "grep noprefixroute | grep -q vip");
	sh("ip -d -6 addr show dev eth0 | grep '2001:db8::18/128' | grep deprecated | "
	   "grep nodad | grep -qv tentative");
}
END_TEST

/*
 * The kernel acknowledges an IPv6 address before a worker of its own has made the
 * local route: until then it would send a client's packets on.
 */
START_TEST(ipv6_addresses_are_told_when_the_kernel_takes_packets_for_them)
{
	static struct address_want list[300];
	char text[32];

	setup();
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text, sizeof(text), "2001:db8::5:%x", i + 1);
		list[i] = service(text);
	}
	for (unsigned round = 1; round <= 3; round++) {
		addresses_want(as, 1, list, ARRAY_LEN(list));
		wait_until(installed == round * ARRAY_LEN(list));
		addresses_want(as, 1, NULL, 0);
		wait_until(removed == round * ARRAY_LEN(list));
	}
	ck_assert_uint_eq(early, 0);
	/* Alone, no next request waits for the routing lock. */
	installed = removed = 0;
	for (unsigned round = 1; round <= ARRAY_LEN(list); round++) {
		addresses_want(as, 1, &list[round - 1], 1);
		wait_until(installed == round);
		addresses_want(as, 1, NULL, 0);
		wait_until(removed == round);
	}
	ck_assert_uint_eq(early, 0);
}
END_TEST

START_TEST(static_addresses_are_as_configured)
{
	struct address_want w = { .prefixlen = 24, .dev = "eth0", .label = "eth0:vip" };

	setup();
	ck_assert(ipaddr_parse("198.51.100.5", &w.addr));
	ck_assert(ipaddr_parse("198.51.100.255", &w.broadcast));
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	sh("ip -d addr show dev eth0 | grep 'inet 198.51.100.5/24 brd 198.51.100.255' | "
	   "grep -q eth0:vip");
	sh("ip route | grep -q 198.51.100.0/24");
}
END_TEST

/* A /128 is never the address to send from; one that brings its prefix may be. */
START_TEST(static_ipv6_host_addresses_are_deprecated)
{
	struct address_want list[] = { { .prefixlen = 128, .dev = "eth0" },
		{ .prefixlen = 64, .dev = "eth0" } };

	setup();
	ck_assert(ipaddr_parse("2001:db8::5", &list[0].addr));
	ck_assert(ipaddr_parse("2001:db8:1::5", &list[1].addr));
	addresses_want(as, 1, list, 2);
	wait_until(installed == 2);
	sh("ip addr show dev eth0 | grep 2001:db8::5/128 | grep -q deprecated");
	sh("ip addr show dev eth0 | grep 2001:db8:1::5/64 | grep -qv deprecated");
	sh("ip -6 route | grep -q 2001:db8:1::/64");
}
END_TEST

START_TEST(a_thousand_come_and_go)
{
	static struct address_want list[1000];
	char text[32];

	setup();
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text, sizeof(text), "10.9.%u.%u", i / 250, 1 + i % 250);
		list[i] = service(text);
	}
	addresses_want(as, 1, list, ARRAY_LEN(list));
	wait_until(installed == 1000);
	ck_assert_uint_eq(count("ip addr | grep -c 'inet 10.9.'"), 1000);
	addresses_want(as, 1, list + 500, 500);
	wait_until(removed == 500);
	ck_assert_uint_eq(count("ip addr | grep -c 'inet 10.9.'"), 500);
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == 1000);
	sh("! ip addr | grep -q 'inet 10.9.'");
}
END_TEST

/* What a vipd that was killed leaves on eth0: forgotten, not given back. */
static void
leave_residue(void)
{
	struct address_want list[] = { service("192.0.2.77"), service("2001:db8::77") };

	setup();
	addresses_want(as, 1, list, 2);
	wait_until(installed == 2);
	addresses_free(as);
	links_free(links);
	ev_loop_destroy(loop);
	loop = ev_loop_new(EVFLAG_AUTO);
}

START_TEST(residues_go_at_the_start)
{
	leave_residue();
	start();
	wait_until(seen_gone == 2);
	ck_assert_uint_eq(removed, 0); /* nobody had wanted them */
	sh("! ip addr show dev eth0 | grep -qE '[.:]77/'");
	sh("ip addr show dev eth0 | grep -q 192.0.2.1/24");
}
END_TEST

START_TEST(cleanup_removes_vipds_addresses_and_no_others)
{
	struct cleaned done;

	leave_residue();
	ck_assert_int_eq(cleanup_kernel(&done), 0);
	ck_assert_int_eq(done.addresses, 2);
	sh("! ip addr show dev eth0 | grep -qE '[.:]77/'");
	sh("ip addr show dev eth0 | grep -q 192.0.2.1/24");
	ck_assert_int_eq(cleanup_kernel(&done), 0);
	ck_assert_int_eq(done.addresses, 0);
}
END_TEST

START_TEST(wanted_again_while_it_goes_it_stays_in_the_end)
{
	struct address_want w = service("192.0.2.18");

	setup();
	for (int i = 0; i < 50; i++) {
		addresses_want(as, 1, &w, 1);
		if (i % 3 == 0)
			step();
		addresses_want(as, 1, NULL, 0);
		if (i % 5 == 0)
			step();
	}
	addresses_want(as, 1, &w, 1);
	wait_until(installed > removed);
	step();
	sh("ip addr show dev eth0 | grep -q 192.0.2.18/32");
}
END_TEST

START_TEST(an_address_moves_between_owners_without_leaving_the_interface)
{
	struct address_want w = service("192.0.2.18");

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	addresses_want(as, 2, &w, 1);
	addresses_want(as, 1, NULL, 0);
	wait_until(installed == 2 && removed == 1 && addresses_settled(as));
	ck_assert_uint_eq(last_owner, 2);
	ck_assert_uint_eq(seen_gone, 0);
	ck_assert_int_eq(last_error, EBUSY);
	sh("ip addr show dev eth0 | grep -q 192.0.2.18/32");
}
END_TEST

START_TEST(other_properties_replace_the_address)
{
	struct address_want w = fixed("198.51.100.5/24");

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	w.prefixlen = 28;
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 2 && removed == 1);
	sh("ip addr show dev eth0 | grep -q 198.51.100.5/28");
	sh("! ip addr show dev eth0 | grep -q 198.51.100.5/24");
	str_copy(w.label, sizeof(w.label), "eth0:a");
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 3);
	sh("ip addr show dev eth0 | grep -q eth0:a");
	/* the same again is no change */
	addresses_want(as, 1, &w, 1);
	ck_assert(addresses_settled(as));
}
END_TEST

/* An edit may make one of the other; what a dead vipd left tells them apart. */
START_TEST(a_lasting_address_and_a_virtual_one_take_turns)
{
	struct address_want w = { .prefixlen = 128, .dev = "eth0", .is_lasting = true };

	setup();
	ck_assert(ipaddr_parse("2001:db8::5", &w.addr));
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	sh("ip addr show dev eth0 | grep 2001:db8::5/128 | grep -qv deprecated");
	w.is_lasting = false;
	addresses_want(as, 2, &w, 1);
	addresses_want(as, 1, NULL, 0);
	wait_until(installed == 2);
	sh("ip addr show dev eth0 | grep 2001:db8::5/128 | grep -q deprecated");
}
END_TEST

/* net.ipv4.conf.*.promote_secondaries is 0 in a fresh namespace. */
/* The next in line; it has not heard why the first one failed. */
START_TEST(a_failure_is_told_to_the_owner_who_inherits_it)
{
	struct address_want w = service("192.0.2.18");

	setup();
	sh("ip addr add 192.0.2.18/32 dev eth0");
	addresses_want(as, 1, &w, 1);
	wait_until(failed == 1 && last_error == EEXIST);
	addresses_want(as, 2, &w, 1);
	wait_until(failed == 2 && last_error == EBUSY);
	addresses_want(as, 1, NULL, 0);
	wait_until(failed == 3 && last_error == EEXIST);
	ck_assert_uint_eq(installed + removed, 0);
}
END_TEST

/* The switch of the host is not touched without need. */
START_TEST(secondaries_go_before_their_primary)
{
	struct address_want list[50];
	char text[32];

	setup();
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text, sizeof(text), "198.51.100.%u/24", i + 1);
		list[i] = fixed(text);
	}
	addresses_want(as, 1, list, ARRAY_LEN(list));
	wait_until(installed == ARRAY_LEN(list));
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == ARRAY_LEN(list));
	ck_assert_uint_eq(
	    count("cat /proc/sys/net/ipv4/conf/eth0/promote_secondaries"), 0);
}
END_TEST

START_TEST(a_tiny_receive_buffer_delays_and_loses_nothing)
{
	static struct address_want list[500];
	int tiny = 1;
	char text[32];

	setup();
	log_set_sink(count_line, NULL);
	setsockopt(nl_socket_get_fd(links_socket(links)), SOL_SOCKET, SO_RCVBUF, &tiny,
	    sizeof(tiny));
	for (unsigned i = 0; i < ARRAY_LEN(list); i++) {
		snprintf(text, sizeof(text), "10.9.%u.%u", i / 250, 1 + i % 250);
		list[i] = service(text);
	}
	addresses_want(as, 1, list, ARRAY_LEN(list));
	wait_until(installed - removed == 500);
	ck_assert_uint_eq(count("ip addr | grep -c 'inet 10.9.'"), 500);
	addresses_want(as, 1, NULL, 0);
	wait_until(removed == installed);
	sh("! ip addr | grep -q 'inet 10.9.'");
}
END_TEST

/* What an instance does when it hears of a removal. */
static void
want_anew(void *arg, uint32_t owner, const struct msg_installed_record *list, size_t n)
{
	struct address_want w = service("192.0.2.19");

	(void)arg;
	(void)list;
	removed += (unsigned)n;
	addresses_want(as, owner, &w, 1);
}

START_TEST(callbacks_may_call_back_in)
{
	static const struct addresses_ops calling = { on_installed, want_anew,
		on_failed };
	struct address_want w = service("192.0.2.18");

	setup();
	addresses_free(as);
	as = addresses_new(loop, links, &calling, NULL);
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	sh("ip addr del 192.0.2.18/32 dev eth0");
	wait_until(installed >= 2 && addresses_settled(as));
	sh("ip addr show dev eth0 | grep -q 192.0.2.19/32");
	sh("! ip addr show dev eth0 | grep -q 192.0.2.18/32");
}
END_TEST

START_TEST(one_address_told_twice_counts_once)
{
	struct address_want list[] = { fixed("198.51.100.5/24"),
		service("198.51.100.5") };

	setup();
	addresses_want(as, 1, list, 2);
	wait_until(installed == 1 && addresses_settled(as));
	sh("ip addr show dev eth0 | grep -q 198.51.100.5/24");
	addresses_want(as, 1, list, 1);
	addresses_want(as, 1, list, 2);
	ck_assert(addresses_settled(as));
}
END_TEST

/* What is left of the address' life, rounded up. */
static unsigned
valid_s(const char *addr)
{
	char command[128];

	snprintf(command, sizeof(command),
	    "ip addr show dev eth0 to %s | sed -n 's/.*valid_lft "
	    "\\([0-9]*\\)sec.*/\\1/p' | "
	    "grep . || echo 0",
	    addr);
	return count(command);
}

START_TEST(a_lifetime_is_renewed_unheard)
{
	struct address_want list[] = { service("192.0.2.18"), service("2001:db8::18"),
		fixed("198.51.100.5/24") };
	uint64_t end;

	setup();
	log_set_sink(count_line, NULL);
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		list[i].lifetime_s = 3;
	addresses_want(as, 1, list, ARRAY_LEN(list));
	wait_until(installed == 3);
	sh("ip -d addr show dev eth0 | grep -A1 'inet 192.0.2.18/32' | grep -q '[23]sec '"
	   "'preferred_lft 0sec'");
	for (end = clock_us() + 5 * US_PER_S; clock_us() < end;)
		step();
	ck_assert(
	    valid_s("192.0.2.18") && valid_s("2001:db8::18") && valid_s("198.51.100.5"));
	ck_assert_uint_eq(installed, 3);
	ck_assert_uint_eq(removed + seen_gone + failed + lines, 0);
	sh("ip -d -6 addr show dev eth0 | grep '2001:db8::18/128' | grep deprecated | "
	   "grep nodad | grep -q noprefixroute");
}
END_TEST

START_TEST(another_lifetime_comes_without_a_gap)
{
	struct address_want w = service("192.0.2.18");

	setup();
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	ck_assert_uint_eq(valid_s("192.0.2.18"), 0);
	w.lifetime_s = 1000;
	addresses_want(as, 1, &w, 1);
	wait_until(addresses_settled(as));
	ck_assert_uint_gt(valid_s("192.0.2.18"), 990);
	/* A vipd that died leaves it; the next has no lifetime. */
	addresses_free(as);
	links_free(links);
	start();
	w.lifetime_s = 0;
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 2 && addresses_settled(as));
	ck_assert_uint_eq(valid_s("192.0.2.18"), 0);
	ck_assert_uint_eq(removed + seen_gone + failed, 0);
}
END_TEST

START_TEST(an_expired_address_waits_for_its_owner)
{
	struct address_want w = service("192.0.2.18");
	uint64_t back;

	setup();
	log_set_sink(count_line, NULL);
	w.lifetime_s = 3;
	addresses_want(as, 1, &w, 1);
	wait_until(installed == 1);
	sh("for i in $(seq 300); do ip addr show dev eth0 | grep -q 192.0.2.18 || exit "
	   "0; "
	   "sleep 0.1; done; exit 1"); /* vipd hangs so long */
	back = clock_us();
	wait_until(removed == 1);
	ck_assert_uint_eq(lines, 1);
	wait_until(installed == 2);
	ck_assert_uint_gt(clock_us() - back, 900 * US_PER_MS);
}
END_TEST

UNIT_MAIN("address", service_addresses_carry_what_keeps_others_off,
    ipv6_addresses_are_told_when_the_kernel_takes_packets_for_them,
    static_addresses_are_as_configured, static_ipv6_host_addresses_are_deprecated,
    a_thousand_come_and_go, residues_go_at_the_start,
    cleanup_removes_vipds_addresses_and_no_others,
    wanted_again_while_it_goes_it_stays_in_the_end,
    an_address_moves_between_owners_without_leaving_the_interface,
    other_properties_replace_the_address, a_lasting_address_and_a_virtual_one_take_turns,
    a_failure_is_told_to_the_owner_who_inherits_it, secondaries_go_before_their_primary,
    a_tiny_receive_buffer_delays_and_loses_nothing, callbacks_may_call_back_in,
    one_address_told_twice_counts_once, a_lifetime_is_renewed_unheard,
    another_lifetime_comes_without_a_gap, an_expired_address_waits_for_its_owner)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/yield.h"

#include <string.h>
#include <sys/socket.h>

#include "unit.h"

#define T0 UINT64_C(1000000000)
#define MS UINT64_C(1000)
#define LATEST (T0 + 1500 * MS)

static struct yield y;

static struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

static struct msg_installed_record
at(uint8_t last, uint32_t ifindex)
{
	return (struct msg_installed_record){ .addr = host(last), .ifindex = ifindex };
}

/* Holds n addresses, 1 to n on interface 4. */
static void
begin(uint64_t latest_us, uint8_t n)
{
	memset(&y, 0, sizeof(y));
	yield_begin(&y, latest_us, T0);
	for (uint8_t i = 1; i <= n; i++) {
		struct msg_installed_record r = at(i, 4);

		yield_hold(&y, &r);
	}
}

static void
follow(uint64_t now)
{
	struct ipaddr successor = host(20);

	yield_follow(&y, &successor, 100, now);
}

static void
heard(uint8_t last, uint32_t ifindex, uint64_t now)
{
	struct msg_installed_record r = at(last, ifindex);

	yield_heard(&y, &r, now);
}

static size_t
taken(void)
{
	struct msg_installed_record list[8];

	return yield_take(&y, list, 8);
}

static struct msg_yielded
report(void)
{
	struct msg_yielded m;

	ck_assert(!y.active);
	ck_assert_uint_eq(yield_deadline(&y), YIELD_NEVER);
	ck_assert(yield_report(&y, &m));
	ck_assert(!yield_report(&y, &m));
	yield_fini(&y);
	return m;
}

START_TEST(each_address_is_kept_until_it_is_announced)
{
	struct msg_installed_record list[8];
	struct ipaddr successor = host(20);
	struct msg_yielded m;

	begin(LATEST, 3);
	follow(T0 + 41 * MS);
	ck_assert_uint_eq(taken(), 0);
	heard(2, 4, T0 + 43 * MS);
	ck_assert_uint_eq(yield_take(&y, list, 8), 1);
	ck_assert_uint_eq(list[0].addr.bytes[3], 2);
	ck_assert_uint_eq(list[0].ifindex, 4);
	heard(2, 4, T0 + 44 * MS); /* its second of five */
	ck_assert_uint_eq(taken(), 0);
	heard(1, 4, T0 + 45 * MS);
	heard(3, 4, T0 + 46 * MS);
	ck_assert_uint_eq(taken(), 2);
	m = report();
	ck_assert_int_eq(m.result, YIELD_DONE);
	ck_assert(m.planned);
	ck_assert(ipaddr_eq(&m.successor, &successor));
	ck_assert_uint_eq(m.successor_priority, 100);
	ck_assert_uint_eq(m.addresses, 3);
	ck_assert_uint_eq(m.announced, 3);
	ck_assert_uint_eq(m.took_us, 41 * MS);
	ck_assert_uint_eq(m.moved_us, 46 * MS);
}
END_TEST

START_TEST(what_is_announced_is_not_given_away_before_there_is_a_master)
{
	begin(LATEST, 2);
	heard(1, 4, T0 + 10 * MS); /* read before the advert, or forged */
	ck_assert_uint_eq(taken(), 0);
	follow(T0 + 11 * MS);
	ck_assert_uint_eq(taken(), 1);
	ck_assert(y.active);
	heard(2, 4, T0 + 12 * MS);
	ck_assert_int_eq(report().result, YIELD_DONE);
}
END_TEST

START_TEST(an_announcement_counts_on_its_interface_only)
{
	begin(LATEST, 1);
	follow(T0);
	heard(1, 5, T0);
	heard(9, 4, T0);
	ck_assert_uint_eq(taken(), 0);
	ck_assert(y.active);
	yield_fini(&y);
}
END_TEST

START_TEST(a_mac_that_moves_takes_all_of_its_interface)
{
	struct msg_installed_record elsewhere = at(9, 5);

	begin(LATEST, 3);
	yield_hold(&y, &elsewhere);
	yield_moved(&y, 4, T0 + 10 * MS); /* read before the advert, or forged */
	ck_assert_uint_eq(taken(), 0);
	follow(T0 + 11 * MS);
	ck_assert_uint_eq(taken(), 3);
	ck_assert(y.active);
	yield_moved(&y, 5, T0 + 12 * MS);
	ck_assert_uint_eq(taken(), 1);
	ck_assert_int_eq(report().result, YIELD_DONE);
	yield_moved(&y, 5, T0 + 13 * MS);
}
END_TEST

/* latest, advert, the end: in ms after T0; 0: never. */
START_TEST(the_deadline_is_1_s_after_the_advert_within_the_whole)
{
	static const struct {
		uint64_t latest, advert, end;
	} cases[] = {
		{ 1500, 0, 1500 },
		{ 1500, 41, 1041 },
		{ 1500, 996, 1500 },
		{ 0, 1, 1001 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t end = T0 + cases[i].end * MS;
		struct msg_yielded m;

		begin(cases[i].latest ? T0 + cases[i].latest * MS : YIELD_NEVER, 2);
		if (cases[i].advert)
			follow(T0 + cases[i].advert * MS);
		follow(T0 + 1200 * MS); /* the first counts */
		if (!cases[i].advert) {
			yield_fini(&y);
			begin(T0 + cases[i].latest * MS, 2);
		}
		ck_assert_uint_eq(yield_deadline(&y), end);
		yield_expire(&y, end - 1);
		ck_assert(y.active);
		yield_expire(&y, end);
		ck_assert_uint_eq(taken(), 0);
		m = report();
		ck_assert_int_eq(m.result, cases[i].advert ? YIELD_LATE : YIELD_NOBODY);
		ck_assert_int_eq(m.planned, cases[i].latest != 0);
		ck_assert_uint_eq(m.addresses, 2);
		ck_assert_uint_eq(m.announced, 0);
		yield_fini(&y);
	}
}
END_TEST

START_TEST(who_is_master_again_keeps_what_was_not_released)
{
	begin(LATEST, 2);
	follow(T0);
	heard(1, 4, T0);
	yield_cancel(&y, true);
	ck_assert_uint_eq(taken(), 0);
	ck_assert_int_eq(report().result, YIELD_KEPT);

	begin(LATEST, 2);
	yield_cancel(&y, false);
	ck_assert_int_eq(report().result, YIELD_BROKEN);
}
END_TEST

START_TEST(addresses_may_come_and_go_meanwhile)
{
	struct msg_installed_record one = at(1, 4), two = at(2, 4);
	struct msg_yielded m;

	begin(LATEST, 1);
	follow(T0);
	yield_hold(&y, &two);
	yield_hold(&y, &two);
	heard(2, 4, T0 + MS);
	ck_assert(y.active);
	yield_forget(&y, &one);
	ck_assert_uint_eq(taken(), 1);
	m = report();
	ck_assert_int_eq(m.result, YIELD_DONE);
	ck_assert_uint_eq(m.addresses, 1);
	ck_assert_uint_eq(m.announced, 1);
	yield_hold(&y, &one); /* it is over: nothing is held */
	ck_assert_ptr_null(y.held);
}
END_TEST

START_TEST(without_addresses_the_successor_is_enough)
{
	begin(LATEST, 0);
	ck_assert(y.active);
	follow(T0 + MS);
	ck_assert_int_eq(report().result, YIELD_DONE);
}
END_TEST

START_TEST(one_that_did_not_begin_is_told_too)
{
	memset(&y, 0, sizeof(y));
	yield_decline(&y);
	ck_assert_int_eq(report().result, YIELD_BROKEN);

	begin(LATEST, 1); /* under way: its own end is told */
	yield_decline(&y);
	ck_assert(y.active);
	yield_fini(&y);
}
END_TEST

START_TEST(many_released_are_taken_in_parts_and_all_of_them)
{
	struct msg_installed_record list[100];
	size_t sum = 0, n;

	begin(LATEST, 250);
	follow(T0);
	for (unsigned i = 1; i <= 250; i++)
		heard((uint8_t)i, 4, T0);
	while ((n = yield_take(&y, list, 100)) > 0)
		sum += n;
	ck_assert_uint_eq(sum, 250);
	yield_fini(&y);
}
END_TEST

UNIT_MAIN("yield", each_address_is_kept_until_it_is_announced,
    what_is_announced_is_not_given_away_before_there_is_a_master,
    an_announcement_counts_on_its_interface_only,
    a_mac_that_moves_takes_all_of_its_interface,
    the_deadline_is_1_s_after_the_advert_within_the_whole,
    who_is_master_again_keeps_what_was_not_released, addresses_may_come_and_go_meanwhile,
    without_addresses_the_successor_is_enough, one_that_did_not_begin_is_told_too,
    many_released_are_taken_in_parts_and_all_of_them)

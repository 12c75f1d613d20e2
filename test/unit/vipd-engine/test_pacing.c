/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/pacing.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)

static struct pacing p;
static struct pacing_gate gate;

static const struct pacing_conf defaults = {
	.repeat = 5,
	.refresh_repeat = 1,
	.lower_repeat = 5,
	.second_us = 5000000,
	.lower_us = 5000000,
};

static struct ipaddr
v4(unsigned n)
{
	return ipaddr_from4((uint8_t[4]){ 10, 0, (uint8_t)(n >> 8), (uint8_t)n });
}

static struct ipaddr
v6(unsigned n)
{
	return ipaddr_from6(
	    (uint8_t[16]){ 0x20, 0x01, [14] = (uint8_t)(n >> 8), (uint8_t)n });
}

static void
setup(const struct pacing_conf *conf, unsigned addresses)
{
	gate = (struct pacing_gate){ 0 };
	pacing_init(&p);
	pacing_configure(&p, conf, T0);
	for (unsigned i = 0; i < addresses; i++) {
		struct ipaddr a = v4(i);

		pacing_install(&p, &a, T0);
	}
}

/* Announces all that is due at now. */
static unsigned
announce(uint64_t now)
{
	struct ipaddr a;
	unsigned n = 0;

	while (pacing_next(&p, &gate, now, &a))
		n++;
	return n;
}

START_TEST(nothing_is_announced_unless_master)
{
	setup(&defaults, 3);
	ck_assert_uint_eq(announce(T0), 0);
	ck_assert(pacing_deadline(&p, &gate) == PACING_NEVER);
	pacing_repair(&p, T0);
	ck_assert_uint_eq(announce(T0), 0);
	pacing_start(&p, T0);
	pacing_stop(&p);
	ck_assert(pacing_deadline(&p, &gate) == PACING_NEVER);
	ck_assert_uint_eq(announce(T0 + 100 * US_PER_S), 0);
	pacing_fini(&p);
}
END_TEST

START_TEST(only_installed_addresses_are_announced)
{
	struct ipaddr a = v4(1);

	setup(&defaults, 3);
	pacing_start(&p, T0);
	pacing_remove(&p, &a);
	ck_assert_uint_eq(announce(T0), 10);
	pacing_remove(&p, &a);
	ck_assert_uint_eq(announce(T0 + 5 * US_PER_S), 10);
	pacing_fini(&p);
}
END_TEST

START_TEST(each_address_has_two_bursts_and_then_rest)
{
	setup(&defaults, 2);
	pacing_start(&p, T0);
	ck_assert_uint_eq(pacing_deadline(&p, &gate), 0);
	ck_assert_uint_eq(announce(T0), 10);
	ck_assert_uint_eq(pacing_deadline(&p, &gate), T0 + 5 * US_PER_S);
	ck_assert_uint_eq(announce(T0 + 5 * US_PER_S - 1), 0);
	ck_assert_uint_eq(announce(T0 + 5 * US_PER_S), 10);
	ck_assert(pacing_deadline(&p, &gate) == PACING_NEVER);
	pacing_fini(&p);
}
END_TEST

START_TEST(no_second_burst_where_the_delay_is_0)
{
	struct pacing_conf c = defaults;

	c.second_us = 0;
	setup(&c, 2);
	pacing_start(&p, T0);
	ck_assert_uint_eq(announce(T0), 10);
	ck_assert(pacing_deadline(&p, &gate) == PACING_NEVER);
	pacing_fini(&p);
}
END_TEST

START_TEST(an_address_that_comes_later_has_its_own_bursts)
{
	struct ipaddr a = v4(7);

	setup(&defaults, 2);
	pacing_start(&p, T0);
	announce(T0);
	announce(T0 + 5 * US_PER_S);
	pacing_install(&p, &a, T0 + 9 * US_PER_S);
	ck_assert_uint_eq(announce(T0 + 9 * US_PER_S), 1);
	ck_assert_uint_eq(announce(pacing_deadline(&p, &gate)), 4);
	ck_assert_uint_eq(announce(T0 + 14 * US_PER_S), 5);
	/* put back after somebody removed it: told again */
	pacing_install(&p, &a, T0 + 20 * US_PER_S);
	ck_assert_uint_eq(announce(T0 + 20 * US_PER_S), 1);
	ck_assert_uint_eq(announce(pacing_deadline(&p, &gate)), 4);
	pacing_fini(&p);
}
END_TEST

START_TEST(every_first_announcement_comes_before_any_second)
{
	bool seen[600] = { false };
	struct ipaddr a;

	setup(&defaults, 500);
	pacing_start(&p, T0);
	for (unsigned i = 0; i < 600; i++) {
		unsigned n;

		if (i == 300) /* a second batch is installed meanwhile */
			for (unsigned k = 500; k < 600; k++) {
				a = v4(k);
				pacing_install(&p, &a, T0);
			}
		ck_assert(pacing_next(&p, &gate, T0, &a));
		n = (unsigned)(a.bytes[2] << 8 | a.bytes[3]);
		ck_assert_msg(!seen[n], "%u a second time as number %u", n, i);
		seen[n] = true;
	}
	/* ... and may be followed by more. */
	ck_assert_uint_eq(announce(T0), 0);
	ck_assert_uint_gt(pacing_deadline(&p, &gate), T0);
	ck_assert_uint_lt(pacing_deadline(&p, &gate), T0 + 10 * US_PER_MS);
	ck_assert_uint_eq(announce(pacing_deadline(&p, &gate)), 4 * 600);
	pacing_fini(&p);
}
END_TEST

START_TEST(arp_and_na_keep_their_own_intervals)
{
	struct pacing_conf c = defaults;
	struct ipaddr a = v6(1);
	unsigned arps = 0, nas = 0;

	c.interval_us[PACING_ARP] = 10000;
	c.interval_us[PACING_NA] = 25000;
	c.second_us = 0;
	setup(&c, 2);
	pacing_install(&p, &a, T0);
	pacing_start(&p, T0);
	for (uint64_t now = T0; now < T0 + 100000; now += 1000)
		while (pacing_next(&p, &gate, now, &a)) {
			arps += a.family == AF_INET;
			nas += a.family == AF_INET6;
		}
	ck_assert_uint_eq(arps, 10);
	ck_assert_uint_eq(nas, 4);
	pacing_fini(&p);
}
END_TEST

START_TEST(refreshes_come_as_long_as_it_is_master)
{
	struct pacing_conf c = defaults;

	c.refresh_us = 60 * US_PER_S;
	c.second_us = 0;
	setup(&c, 3);
	pacing_start(&p, T0);
	announce(T0);
	for (unsigned i = 1; i < 10; i++) {
		ck_assert_uint_eq(pacing_deadline(&p, &gate), T0 + i * 60 * US_PER_S);
		ck_assert_uint_eq(announce(T0 + i * 60 * US_PER_S), 3);
	}
	c.refresh_us = 0;
	pacing_configure(&p, &c, T0 + 541 * US_PER_S);
	ck_assert(pacing_deadline(&p, &gate) == PACING_NEVER);
	pacing_fini(&p);
}
END_TEST

/* P3: keepalived sends 10 a lower advert and address. */
START_TEST(a_flood_of_lower_adverts_repairs_rarely)
{
	struct pacing_conf c = defaults;
	unsigned n = 0;

	c.second_us = 0;
	setup(&c, 200);
	pacing_start(&p, T0);
	announce(T0);
	for (uint64_t now = T0; now < T0 + 10 * US_PER_S; now += 1000) {
		pacing_repair(&p, now);
		n += announce(now);
	}
	/* two at 0 s, two at 5 s (one of them the second burst, too) */
	ck_assert_uint_eq(n, 4 * 1000);
	c.lower_us = 0;
	pacing_configure(&p, &c, T0);
	for (uint64_t now = T0 + 20 * US_PER_S; now < T0 + 30 * US_PER_S; now += 1000) {
		pacing_repair(&p, now);
		n += announce(now);
	}
	ck_assert_uint_eq(n, 24 * 1000);
	c.lower_repeat = 0;
	pacing_configure(&p, &c, T0);
	pacing_repair(&p, T0 + 40 * US_PER_S);
	ck_assert_uint_eq(announce(T0 + 60 * US_PER_S), 0);
	pacing_fini(&p);
}
END_TEST

/* A split brain that heals: the loser announces, yields, and says so once
 * more; what it announced last must not stay in anybody's cache. */
START_TEST(no_lower_advert_goes_without_a_repair)
{
	struct pacing_conf c = defaults;

	c.second_us = 0;
	setup(&c, 1);
	pacing_start(&p, T0);
	announce(T0);
	pacing_repair(&p, T0);
	ck_assert_uint_eq(announce(T0), 5);
	pacing_repair(&p, T0 + 20000);
	ck_assert_uint_eq(announce(T0 + 20000), 5);
	pacing_repair(&p, T0 + 40000);
	ck_assert_uint_eq(announce(T0 + 40000), 0);
	ck_assert_uint_eq(announce(T0 + 539999), 0);
	ck_assert_uint_eq(announce(T0 + 540000), 5);
	ck_assert_uint_eq(announce(T0 + 5 * US_PER_S), 5);
	c.lower_us = 0; /* no second burst, but what was asked for is done */
	pacing_configure(&p, &c, T0 + 5 * US_PER_S);
	for (unsigned i = 0; i < 3; i++)
		pacing_repair(&p, T0 + 10 * US_PER_S);
	ck_assert_uint_gt(announce(T0 + 10 * US_PER_S), 0);
	ck_assert_uint_eq(announce(T0 + 11 * US_PER_S), 5);
	ck_assert_uint_eq(announce(T0 + 20 * US_PER_S), 0);
	pacing_fini(&p);
}
END_TEST

/* It keeps what it has for a second after its last advert, and it may have
 * announced it after the repair of its first. */
START_TEST(the_last_lower_advert_is_followed_by_a_repair_within_a_second)
{
	struct pacing_conf c = defaults;
	unsigned n = 0;

	c.second_us = 0;
	for (unsigned adverts = 1; adverts <= 40; adverts++) {
		uint64_t last = T0 + (adverts - 1) * 100 * US_PER_MS;

		setup(&c, 1);
		pacing_start(&p, T0);
		announce(T0);
		for (uint64_t now = T0; now <= last; now += 100 * US_PER_MS) {
			pacing_repair(&p, now);
			announce(now);
		}
		ck_assert_msg(
		    announce(last + 900 * US_PER_MS) == 5, "%u adverts", adverts);
		pacing_fini(&p);
	}
	/* However they come, it is not much more than one a second. */
	setup(&c, 1);
	pacing_start(&p, T0);
	announce(T0);
	for (uint64_t now = T0; now < T0 + 100 * US_PER_S; now += 10 * US_PER_MS) {
		if ((now - T0) % (510 * US_PER_MS) == 0)
			pacing_repair(&p, now);
		n += announce(now) / 5;
	}
	ck_assert_uint_lt(n, 170);
	pacing_fini(&p);
}
END_TEST

START_TEST(ten_thousand_addresses_come_and_go)
{
	setup(&defaults, 10000);
	pacing_start(&p, T0);
	ck_assert_uint_eq(announce(T0), 50000);
	for (unsigned i = 0; i < 10000; i++) {
		struct ipaddr a = v4(i);

		pacing_remove(&p, &a);
	}
	ck_assert_uint_eq(announce(T0 + 5 * US_PER_S), 0);
	pacing_fini(&p);
}
END_TEST

UNIT_MAIN("pacing", nothing_is_announced_unless_master,
    only_installed_addresses_are_announced, each_address_has_two_bursts_and_then_rest,
    no_second_burst_where_the_delay_is_0, an_address_that_comes_later_has_its_own_bursts,
    every_first_announcement_comes_before_any_second, arp_and_na_keep_their_own_intervals,
    refreshes_come_as_long_as_it_is_master, a_flood_of_lower_adverts_repairs_rarely,
    no_lower_advert_goes_without_a_repair,
    the_last_lower_advert_is_followed_by_a_repair_within_a_second,
    ten_thousand_addresses_come_and_go)

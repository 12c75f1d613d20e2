/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/heal.h"

#include "clock.h"
#include "unit.h"

#define START (1000 * US_PER_S)

START_TEST(five_deletions_in_a_minute_are_healed_at_once)
{
	struct heal h = { 0 };
	bool began;

	for (unsigned i = 0; i < HEAL_FREE; i++) {
		ck_assert_uint_eq(heal_delay(&h, START + i, &began), 0);
		ck_assert(!began);
	}
}
END_TEST

START_TEST(from_the_sixth_on_only_every_ten_seconds_and_told_once)
{
	struct heal h = { 0 };
	uint64_t now = START;
	bool began;

	for (unsigned i = 0; i < HEAL_FREE; i++)
		heal_delay(&h, now, &began);
	ck_assert_uint_eq(heal_delay(&h, now, &began), 10 * US_PER_S);
	ck_assert(began);
	for (unsigned i = 0; i < 20; i++) {
		now += 10 * US_PER_S;
		ck_assert_uint_eq(heal_delay(&h, now, &began), 10 * US_PER_S);
		ck_assert(!began);
	}
}
END_TEST

START_TEST(a_quiet_minute_forgives)
{
	struct heal h = { 0 };
	uint64_t now = START;
	bool began;

	for (unsigned i = 0; i <= HEAL_FREE; i++)
		heal_delay(&h, now, &began);
	now += 61 * US_PER_S;
	for (unsigned i = 0; i < HEAL_FREE; i++)
		ck_assert_uint_eq(heal_delay(&h, now, &began), 0);
	ck_assert_uint_eq(heal_delay(&h, now, &began), 10 * US_PER_S);
	ck_assert(began);
}
END_TEST

START_TEST(deletions_far_apart_never_slow_it_down)
{
	struct heal h = { 0 };
	uint64_t now = START;
	bool began;

	for (unsigned i = 0; i < 100; i++, now += 13 * US_PER_S)
		ck_assert_uint_eq(heal_delay(&h, now, &began), 0);
}
END_TEST

UNIT_MAIN("heal", five_deletions_in_a_minute_are_healed_at_once,
    from_the_sixth_on_only_every_ten_seconds_and_told_once, a_quiet_minute_forgives,
    deletions_far_apart_never_slow_it_down)

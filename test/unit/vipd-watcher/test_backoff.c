/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/backoff.h"

#include "clock.h"
#include "unit.h"

#define MS(n) ((n)*US_PER_MS)

START_TEST(waits_double_from_800_ms_to_30_s)
{
	static const uint64_t want_ms[] = { 800, 1600, 3200, 6400, 12800, 25600, 30000,
		30000 };
	struct backoff b = { 0 };

	for (size_t i = 0; i < sizeof(want_ms) / sizeof(*want_ms); i++)
		ck_assert_uint_eq(backoff_next(&b, MS(1000 * i), 0), MS(want_ms[i]));
}
END_TEST

START_TEST(jitter_adds_up_to_the_wait_itself)
{
	struct backoff half = { 0 }, most = { 0 };

	ck_assert_uint_eq(backoff_next(&half, MS(1), UINT32_C(1) << 31), MS(1200));
	ck_assert_uint_lt(backoff_next(&most, MS(1), UINT32_MAX), MS(1600));
	ck_assert_uint_gt(backoff_next(&most, MS(1), UINT32_MAX), MS(3199));
}
END_TEST

START_TEST(two_quiet_minutes_begin_anew)
{
	struct backoff b = { 0 };

	backoff_next(&b, MS(0), 0);
	ck_assert_uint_eq(backoff_next(&b, MS(120000), 0), MS(1600));
	ck_assert_uint_eq(backoff_next(&b, MS(240001), 0), MS(800));
}
END_TEST

START_TEST(a_reset_begins_anew)
{
	struct backoff b = { 0 };

	backoff_next(&b, MS(0), 0);
	backoff_reset(&b);
	ck_assert_uint_eq(backoff_next(&b, MS(1), 0), MS(800));
}
END_TEST

UNIT_MAIN("backoff", waits_double_from_800_ms_to_30_s, jitter_adds_up_to_the_wait_itself,
    two_quiet_minutes_begin_anew, a_reset_begins_anew)

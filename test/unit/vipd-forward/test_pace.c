/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/pace.h"

#include "unit.h"

START_TEST(what_fails_again_and_again_waits_longer_up_to_ten_seconds)
{
	static const double want[] = { 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 };

	for (unsigned i = 0; i < sizeof(want) / sizeof(*want); i++)
		ck_assert_double_eq_tol(pace_retry(i), want[i], 1e-9);
	ck_assert_double_eq(pace_retry(1000), 10);
}
END_TEST

START_TEST(comparisons_take_a_small_part_of_the_time)
{
	ck_assert_double_eq(pace_audit(0.001), 60);
	ck_assert_double_eq(pace_audit(1), 200);
	ck_assert_double_eq(pace_touched(0.01, 5), 0);
	ck_assert_double_eq_tol(pace_touched(0.5, 1), 9, 1e-9);
	ck_assert_double_eq(pace_touched(0, 0), 0);
}
END_TEST

UNIT_MAIN("pace", what_fails_again_and_again_waits_longer_up_to_ten_seconds,
    comparisons_take_a_small_part_of_the_time)

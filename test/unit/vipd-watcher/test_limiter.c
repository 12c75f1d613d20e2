/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/limiter.h"

#include "clock.h"
#include "unit.h"

START_TEST(no_second_sees_more_than_rate_and_burst)
{
	struct limiter l = { .per_s = 38, .burst = 10 };
	static uint64_t sent[2000];
	size_t n = 0;

	for (uint64_t now = US_PER_S; n < 1000; now += US_PER_MS)
		while (n < 1000 && limiter_next(&l) <= now) {
			limiter_take(&l, now);
			sent[n++] = now;
		}
	for (size_t i = 0, j = 0; i < n; i++) {
		while (sent[i] - sent[j] >= US_PER_S)
			j++;
		ck_assert_uint_le(i - j + 1, 48);
	}
	/* And it is not slower than that. */
	ck_assert_uint_le(sent[n - 1] - sent[0], 27 * US_PER_S);
}
END_TEST

START_TEST(a_quiet_time_saves_up_one_burst)
{
	struct limiter l = { .per_s = 10, .burst = 3 };
	unsigned at_once = 0;

	limiter_take(&l, US_PER_S);
	while (limiter_next(&l) <= 100 * US_PER_S) {
		limiter_take(&l, 100 * US_PER_S);
		at_once++;
	}
	ck_assert_uint_eq(at_once, 3);
	ck_assert_uint_eq(limiter_next(&l), 100 * US_PER_S + US_PER_S / 10);
}
END_TEST

UNIT_MAIN(
    "limiter", no_second_sees_more_than_rate_and_burst, a_quiet_time_saves_up_one_burst)

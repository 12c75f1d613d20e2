/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token bucket: at most `burst` at once, and `per_s` a second after that, so
 * that no second sees more than their sum. Knows no clock.
 */
#pragma once

#include <stdint.h>

struct limiter {
	uint32_t per_s;
	uint32_t burst;
	uint64_t spent_until_us; /* when the bucket is full again */
};

/* When the next one may go; not later than now: at once. */
uint64_t limiter_next(const struct limiter *l);
void limiter_take(struct limiter *l, uint64_t now_us);

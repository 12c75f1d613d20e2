/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limiter.h"

#include "clock.h"

static uint64_t
cost_us(const struct limiter *l)
{
	return US_PER_S / l->per_s;
}

uint64_t
limiter_next(const struct limiter *l)
{
	uint64_t slack_us = cost_us(l) * (l->burst - 1);

	return l->spent_until_us > slack_us ? l->spent_until_us - slack_us : 0;
}

void
limiter_take(struct limiter *l, uint64_t now_us)
{
	if (l->spent_until_us < now_us)
		l->spent_until_us = now_us;
	l->spent_until_us += cost_us(l);
}

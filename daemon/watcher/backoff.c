/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backoff.h"

#include "clock.h"

#define FIRST_US (800 * US_PER_MS)
#define LONGEST_US (30 * US_PER_S)
#define QUIET_US (120 * US_PER_S)

uint64_t
backoff_next(struct backoff *b, uint64_t now_us, uint32_t random)
{
	uint64_t delay_us = b->delay_us;

	if (!delay_us || now_us - b->last_us > QUIET_US)
		delay_us = FIRST_US;
	b->last_us = now_us;
	b->delay_us = delay_us * 2 < LONGEST_US ? delay_us * 2 : LONGEST_US;
	return delay_us + (delay_us * random >> 32);
}

void
backoff_reset(struct backoff *b)
{
	b->delay_us = 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long to wait after a failed request, as client-go's reflector does: from
 * 0.8 s doubling to 30 s, each wait stretched by up to its own length at
 * random, from the start again after two quiet minutes. Knows no clock: now
 * and the random number come from the caller.
 */
#pragma once

#include <stdint.h>

struct backoff {
	uint64_t delay_us; /* the next one, before jitter; 0: the first */
	uint64_t last_us;  /* when a delay was last asked for */
};

/* The wait before the next attempt, in microseconds. */
uint64_t backoff_next(struct backoff *b, uint64_t now_us, uint32_t random);
void backoff_reset(struct backoff *b);

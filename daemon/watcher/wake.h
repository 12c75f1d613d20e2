/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers that count from now: libev's own "now" is when its loop woke, which
 * after long work is a while ago.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

/* Once, in so many microseconds; instead of when it was due before. */
void wake_in(struct ev_loop *loop, ev_timer *timer, uint64_t us);
/* At a time of clock_us(); one that has passed is now. */
void wake_at(struct ev_loop *loop, ev_timer *timer, uint64_t at_us);

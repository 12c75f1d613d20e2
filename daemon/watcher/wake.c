/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wake.h"

#include "clock.h"

void
wake_in(struct ev_loop *loop, ev_timer *timer, uint64_t us)
{
	ev_timer_stop(loop, timer);
	ev_now_update(loop);
	ev_timer_set(timer, (double)us / US_PER_S, 0.);
	ev_timer_start(loop, timer);
}

void
wake_at(struct ev_loop *loop, ev_timer *timer, uint64_t at_us)
{
	uint64_t now_us = clock_us();

	wake_in(loop, timer, at_us > now_us ? at_us - now_us : 0);
}

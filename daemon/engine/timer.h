/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One absolute deadline on a timerfd under an ev_io: libev's own timers are
 * late by half a millisecond in the median, a timerfd by a tenth of that. A
 * deadline that has passed costs no system call: it is due in the next round of
 * the loop, which does not wait then.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

struct timer {
	ev_io readable;
	ev_idle now;
	struct ev_loop *loop;
	int fd;
	uint64_t at_us;
	void (*fn)(struct timer *t);
};

/* fn comes before every other watcher that is ready. Fatal without a timerfd. */
void timer_init(struct timer *t, struct ev_loop *loop, void (*fn)(struct timer *t));
/*
 * fn comes by at_us, or earlier where it was to come earlier: a deadline that
 * moves away, as each advert moves one, costs no system call.
 */
void timer_set(struct timer *t, uint64_t at_us);

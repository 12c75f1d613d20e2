/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests against the real kernel, each in a network namespace of its own
 * with one veth pair (eth0 - peer0).
 */
#pragma once

#include <ev.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "unit.h"

static struct ev_loop *loop;

static inline void
sh(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* The number that a command prints. */
static inline unsigned
count(const char *command)
{
	FILE *p = popen(command, "r");
	unsigned n = 0;

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(fscanf(p, "%u", &n), 1);
	pclose(p);
	return n;
}

static inline void
on_tick(struct ev_loop *l, ev_timer *w, int events)
{
	(void)l;
	(void)w;
	(void)events;
}

/* One round of the loop, 20 ms at most. */
static inline void
step(void)
{
	ev_timer tick;

	ev_timer_init(&tick, on_tick, 0.02, 0.);
	ev_timer_start(loop, &tick);
	ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &tick);
}

#define wait_until(condition)                                                            \
	do {                                                                             \
		uint64_t end_ = clock_us() + 10 * US_PER_S;                              \
                                                                                         \
		while (!(condition)) {                                                   \
			ck_assert_msg(clock_us() < end_, "never: %s", #condition);       \
			step();                                                          \
		}                                                                        \
	} while (0)

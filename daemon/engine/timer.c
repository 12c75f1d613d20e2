/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct timer *t = container_of(w, struct timer, readable);
	uint64_t expirations;

	(void)loop;
	(void)events;
	if (read(t->fd, &expirations, sizeof(expirations)) < 0)
		return; /* the deadline moved after it had fired */
	t->at_us = TIMER_NEVER;
	t->fn(t);
}

static void
on_now(struct ev_loop *loop, ev_idle *w, int events)
{
	struct timer *t = container_of(w, struct timer, now);

	(void)events;
	ev_idle_stop(loop, w);
	t->fn(t);
}

void
timer_init(struct timer *t, struct ev_loop *loop, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .loop = loop, .at_us = TIMER_NEVER, .fn = fn };
	t->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (t->fd < 0)
		fatal("timerfd");
	ev_io_init(&t->readable, on_readable, t->fd, EV_READ);
	ev_set_priority(&t->readable, EV_MAXPRI);
	ev_io_start(loop, &t->readable);
	ev_idle_init(&t->now, on_now);
	ev_set_priority(&t->now, EV_MAXPRI);
}

void
timer_set(struct timer *t, uint64_t at_us)
{
	struct itimerspec when = { 0 };

	if (at_us <= clock_us()) {
		ev_idle_start(t->loop, &t->now);
		return; /* what the timerfd is set to may fire as well */
	}
	ev_idle_stop(t->loop, &t->now);
	if (at_us >= t->at_us)
		return;
	t->at_us = at_us;
	when.it_value.tv_sec = (time_t)(at_us / US_PER_S);
	when.it_value.tv_nsec = (long)(at_us % US_PER_S * 1000);
	timerfd_settime(t->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

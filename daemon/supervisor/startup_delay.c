/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "startup_delay.h"

#include "clock.h"
#include "instance.h"
#include "mem.h"

static void
on_over(struct ev_loop *loop, ev_timer *w, int events)
{
	struct startup_delay *d = container_of(w, struct startup_delay, timer);

	(void)loop;
	(void)events;
	instances_undelay(d->instances);
}

/* The later of the two ends counts. The clock began at the boot. */
static uint64_t
delay_us(const struct conf *conf, uint64_t now)
{
	uint64_t after_boot = conf->delay_after_boot_us;
	uint64_t left = after_boot > now ? after_boot - now : 0;

	return left > conf->startup_delay_us ? left : conf->startup_delay_us;
}

void
startup_delay_begin(
    struct startup_delay *d, struct instances *is, const struct conf *conf)
{
	uint64_t delay = delay_us(conf, clock_us());

	d->instances = is;
	ev_timer_init(&d->timer, on_over, 1e-6 * (double)delay, 0.);
	is->delayed = delay > 0;
	if (is->delayed)
		ev_timer_start(is->loop, &d->timer);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recompute.h"

#include <stdlib.h>

#include "clock.h"
#include "instance.h"
#include "mem.h"
#include "wants.h"

/* Frees those whose last address is off the interface. */
static void
bury_gone(struct instances *is)
{
	for (struct instance **at = &is->first; *at;) {
		struct instance *in = *at;

		if (in->conf || instance_holds_addresses(in)) {
			at = &in->next;
			continue;
		}
		*at = in->next;
		free(in->addresses);
		free(in->counters);
		free(in);
	}
}

uint64_t
recompute_rest(uint64_t took_us, bool first_list)
{
	uint64_t rest = took_us * (first_list ? 16 : 4);
	uint64_t max = (first_list ? 50 : 10) * US_PER_MS;

	if (took_us > max)
		return took_us;
	return rest < max ? rest : max;
}

static void
compute(struct instances *is)
{
	uint64_t begin = clock_us(), end;

	ev_prepare_stop(is->loop, &is->recompute);
	ev_timer_stop(is->loop, &is->recompute_later);
	wants_compute(is);
	bury_gone(is);
	end = clock_us();
	is->rest_until_us = end + recompute_rest(end - begin, is->soft & SOFT_INCOMPLETE);
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int events)
{
	(void)loop;
	(void)events;
	compute(container_of(w, struct instances, recompute));
}

static void
on_later(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	compute(container_of(w, struct instances, recompute_later));
}

void
recompute_now(struct instances *is)
{
	compute(is);
}

void
instances_wants_changed(struct instances *is)
{
	ev_prepare_start(is->loop, &is->recompute);
}

void
instances_wants_changed_in_part(struct instances *is)
{
	uint64_t now = clock_us();

	if (ev_is_active(&is->recompute_later))
		return;
	if (now >= is->rest_until_us) {
		instances_wants_changed(is);
		return;
	}
	ev_timer_set(&is->recompute_later, 1e-6 * (double)(is->rest_until_us - now), 0.);
	ev_timer_start(is->loop, &is->recompute_later);
}

void
recompute_init(struct instances *is)
{
	ev_prepare_init(&is->recompute, on_prepare);
	ev_timer_init(&is->recompute_later, on_later, 0., 0.);
}

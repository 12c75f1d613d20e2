/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "address.h"
#include "mem.h"

#define PATIENCE_S 10.0

struct cleanup {
	struct addresses *as;
	int found;
	int removed;
};

static void
on_own_address(void *arg, const struct link_address *a, bool present)
{
	struct cleanup *c = arg;

	if (present)
		c->found++;
	else
		c->removed++;
	addresses_on_own(c->as, a, present);
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	addresses_on_answer(((struct cleanup *)arg)->as, seq, error);
}

static void
on_link(void *arg, uint32_t ifindex)
{
	addresses_on_link(((struct cleanup *)arg)->as, ifindex);
}

static void
on_foreign_change(void *arg)
{
	(void)arg;
}

static void
on_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)events;
	ev_timer_stop(loop, w);
}

/* Nobody wants anything, so address.c removes all of it; no owner is told. */
int
addresses_cleanup(void)
{
	static const struct links_ops links_ops = {
		.on_link = on_link,
		.on_link_gone = on_link,
		.on_own_address = on_own_address,
		.on_answer = on_answer,
		.on_foreign_change = on_foreign_change,
	};
	static const struct addresses_ops ops = { 0 };
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct cleanup c = { 0 };
	struct links *links;
	ev_timer late;

	if (!loop)
		return -ENOMEM;
	links = links_new(loop, &links_ops, &c);
	c.as = addresses_new(loop, links, &ops, NULL);
	links_start(links);
	links_replay_own(links);
	ev_timer_init(&late, on_late, PATIENCE_S, 0.);
	ev_timer_start(loop, &late);
	while (c.removed < c.found && ev_is_active(&late))
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &late);
	addresses_free(c.as);
	links_free(links);
	ev_loop_destroy(loop);
	return c.removed < c.found ? -ETIMEDOUT : c.removed;
}

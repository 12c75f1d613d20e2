/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cleanup.h"

#include <errno.h>

#include "address.h"
#include "mem.h"
#include "policy.h"
#include "route.h"
#include "vmac.h"

#define PATIENCE_S 10.0

struct cleanup {
	struct addresses *as;
	struct vmacs *vs;
	struct routes *rs;
	struct policy *ps;
	struct cleaned found;
	struct cleaned done;
};

static void
on_own_address(void *arg, const struct link_address *a, bool present)
{
	struct cleanup *c = arg;

	if (present)
		c->found.addresses++;
	else
		c->done.addresses++;
	addresses_on_own(c->as, a, present);
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	struct cleanup *c = arg;

	addresses_on_answer(c->as, seq, error);
	vmacs_on_answer(c->vs, seq, error);
}

static void
on_link(void *arg, uint32_t ifindex)
{
	struct cleanup *c = arg;

	vmacs_on_link(c->vs, ifindex);
	addresses_on_link(c->as, ifindex);
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

static void
count_vmac(void *arg, const struct link *l)
{
	*(int *)arg += link_details(l)->is_vmac;
}

static bool
is_done(const struct cleanup *c)
{
	return c->done.addresses >= c->found.addresses && vmacs_gone(c->vs) &&
	    routes_gone(c->rs) && policy_gone(c->ps);
}

int
cleanup_kernel(struct cleaned *done)
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
	int error;

	if (!loop)
		return -ENOMEM;
	links = links_new(loop, &links_ops, &c);
	c.as = addresses_new(loop, links, &ops, NULL);
	c.vs = vmacs_new(loop, links, NULL, NULL);
	c.rs = routes_new(loop, links, NULL, NULL);
	c.ps = policy_new(loop, NULL, NULL);
	links_each(links, count_vmac, &c.done.vmacs);
	links_start(links);
	links_replay_own(links);
	vmacs_want(c.vs, NULL, 0);
	ev_timer_init(&late, on_late, PATIENCE_S, 0.);
	ev_timer_start(loop, &late);
	while (!is_done(&c) && ev_is_active(&late))
		ev_run(loop, EVRUN_ONCE);
	error = is_done(&c) ? 0 : -ETIMEDOUT;
	c.done.routes = (int)routes_removed(c.rs);
	c.done.rules = (int)policy_removed(c.ps);
	*done = c.done;
	ev_timer_stop(loop, &late);
	policy_free(c.ps);
	routes_free(c.rs);
	vmacs_free(c.vs);
	addresses_free(c.as);
	links_free(links);
	ev_loop_destroy(loop);
	return error;
}

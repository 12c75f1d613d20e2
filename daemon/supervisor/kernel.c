/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "held.h"
#include "here.h"
#include "instance_iface.h"
#include "lasting.h"
#include "mem.h"
#include "policy.h"
#include "stopping.h"
#include "vipd.h"

/* Several causes come together; Services are judged again once. */
#define RECHECK_DELAY_S 0.05

void
kernel_recheck_soon(struct vipd *v)
{
	if (ev_is_active(&v->recheck))
		return;
	ev_timer_set(&v->recheck, RECHECK_DELAY_S, 0.);
	ev_timer_start(v->loop, &v->recheck);
}

static void
on_link(void *arg, uint32_t ifindex)
{
	struct vipd *v = arg;

	vmacs_on_link(v->vmacs, ifindex);
	instances_on_link(&v->instances, ifindex);
	vipd_watch_on_link(v);
	addresses_on_link(v->addresses, ifindex);
	routes_on_change(v->routes);
}

static void
on_own_address(void *arg, const struct link_address *a, bool present)
{
	addresses_on_own(((struct vipd *)arg)->addresses, a, present);
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	struct vipd *v = arg;

	addresses_on_answer(v->addresses, seq, error);
	vmacs_on_answer(v->vmacs, seq, error);
	stopping_go_on(v);
}

static void
on_foreign_change(void *arg)
{
	struct vipd *v = arg;

	addresses_on_foreign(v->addresses);
	routes_on_change(v->routes);
	kernel_recheck_soon(v);
}

static void
on_recheck(struct ev_loop *loop, ev_timer *w, int events)
{
	struct vipd *v = container_of(w, struct vipd, recheck);

	(void)loop;
	(void)events;
	reserved_survey(&v->reserved, v->conf, &v->instances);
	taken_tell(
	    &v->taken, &v->reserved, v->links, v->watcher.up ? &v->watcher.chan : NULL);
	services_recheck(&v->services);
}

static const char *
reserved_address(void *arg, const struct ipaddr *addr)
{
	return reserved_find(&((struct vipd *)arg)->reserved, addr);
}

static const char *
foreign_address(void *arg, const struct ipaddr *addr)
{
	return links_foreign_address(((struct vipd *)arg)->links, addr);
}

static void
on_installed(void *arg, uint32_t id, const struct msg_installed_record *list, size_t n)
{
	struct vipd *v = arg;

	if (id == LASTING_OWNER) {
		instances_wants_changed(&v->instances); /* routes may wait for it */
		return;
	}
	held_tell(v, list, n, HELD_GAINED);
	routes_on_change(v->routes);
	instances_on_installed(&v->instances, id, list, n);
	if (v->watcher.up)
		here_tell_held(&v->instances, &v->watcher.chan, id, true, list, n);
}

static void
on_removed(void *arg, uint32_t id, const struct msg_installed_record *list, size_t n)
{
	struct vipd *v = arg;

	if (id == LASTING_OWNER)
		return;
	held_tell(v, list, n, HELD_LOST);
	routes_on_change(v->routes);
	instances_on_removed(&v->instances, id, list, n);
	if (v->watcher.up)
		here_tell_held(&v->instances, &v->watcher.chan, id, false, list, n);
}

static void
on_failed(void *arg, uint32_t id, const struct ipaddr *addr, int error)
{
	struct vipd *v = arg;

	if (id != LASTING_OWNER) {
		instances_on_failed(&v->instances, id, addr, error);
		return;
	}
	v->lasting_failed = true; /* address.h has told it */
	instances_wants_changed(&v->instances);
}

static void
on_vmac_failed(void *arg, const char *name)
{
	instances_on_device(&((struct vipd *)arg)->instances, name);
}

static const struct links_ops links_ops = {
	.on_link = on_link,
	.on_link_gone = on_link,
	.on_own_address = on_own_address,
	.on_answer = on_answer,
	.on_foreign_change = on_foreign_change,
};
static const struct addresses_ops addresses_ops = {
	.on_installed = on_installed,
	.on_removed = on_removed,
	.on_failed = on_failed,
};

static void
routes_are_gone(void *arg)
{
	stopping_go_on(arg);
}

void
kernel_start(struct vipd *v)
{
	ev_timer_init(&v->recheck, on_recheck, 0., 0.);
	v->links = links_new(v->loop, &links_ops, v);
	v->instances.links = v->links;
	vipd_watch_init(v);
	v->addresses = addresses_new(v->loop, v->links, &addresses_ops, v);
	v->vmacs = vmacs_new(v->loop, v->links, on_vmac_failed, v);
	v->instances.vmacs = v->vmacs;
	v->routes = routes_new(v->loop, v->links, routes_are_gone, v);
	lasting_want_addresses(v->addresses, &v->conf->lasting);
	kernel_want_routes(v, NULL, 0);
	v->policy = policy_new(v->loop, routes_are_gone, v);
	/* No more is wanted yet: what a dead vipd left goes. */
	links_replay_own(v->links);
	links_start(v->links);
}

void
kernel_want_routes(struct vipd *v, const struct route_want *list, size_t n)
{
	const struct conf_lasting *lasting = &v->conf->lasting;
	const struct replies *replies = &v->replies;
	_free_ struct route_want *with_lasting = NULL;
	_free_ struct route_want *all = NULL;

	v->lasting_routes |= v->lasting_failed || lasting_may_route(v->links, lasting);
	if (v->lasting_routes && !v->instances.stopping) {
		with_lasting = lasting_add_routes(lasting, list, n, &n);
		list = with_lasting;
	}
	all = xcalloc(n + replies->n_routes + 1, sizeof(*all));
	if (n)
		memcpy(all, list, n * sizeof(*all));
	for (size_t i = 0; i < replies->n_routes; i++)
		all[n++] = (struct route_want){
			.owner = "reply_gateway",
			.route = &replies->routes[i],
		};
	routes_want(v->routes, all, n);
}

void
kernel_want_replies(struct vipd *v, const struct conf *conf)
{
	replies_plan(&v->replies, conf);
	policy_want(v->policy, v->replies.rules, v->replies.n_rules);
	/* Its routes go with those of the instances. */
	instances_wants_changed(&v->instances);
}

void
kernel_answers_fence(struct vipd *v, struct fence *fence)
{
	fence->foreign = foreign_address;
	fence->reserved = reserved_address;
	fence->arg = v;
}

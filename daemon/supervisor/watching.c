/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd.h connects for the world around VRRP: links with their delays, the
 * trackers, the instances that they mean something to.
 */
#include "instance_iface.h"
#include "instance_watch.h"
#include "vipd.h"

static void
on_carrier(void *arg, const char *name)
{
	struct vipd *v = arg;

	instances_on_carrier(&v->instances, name);
	trackers_on_link(&v->trackers, name);
}

static void
on_tracker(void *arg)
{
	instances_on_tracker(&((struct vipd *)arg)->instances);
}

static const struct trackers_ops trackers_ops = { .changed = on_tracker };

void
vipd_watch_on_link(struct vipd *v)
{
	trackers_on_links(&v->trackers);
}

void
vipd_watch_init(struct vipd *v)
{
	runner_init(&v->runner, v->loop);
	carriers_init(&v->carriers, v->loop, v->links, on_carrier, v);
	trackers_init(&v->trackers, v->loop, &v->runner, &v->carriers, &trackers_ops, v);
	v->instances.carriers = &v->carriers;
	v->instances.trackers = &v->trackers;
}

void
vipd_watch_apply(struct vipd *v, const struct conf *conf)
{
	runner_configure(&v->runner, conf->hooks.script_security);
	carriers_configure(&v->carriers, &conf->watch);
	trackers_apply(&v->trackers, conf);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd.h connects for the world around VRRP: links with their delays, the
 * trackers, the instances that they mean something to.
 */
#include <signal.h>

#include "instance_iface.h"
#include "instance_notify.h"
#include "instance_watch.h"
#include "log.h"
#include "mem.h"
#include "vipd.h"

/* Addresses are still there, and others wait for them. */
#define TELL_STOP_MAX_S 2.

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

/* ---- the end ---- */

static void
on_told_stop(void *arg)
{
	struct vipd *v = arg;
	void (*then)(struct vipd *) = v->after_tell_stop;

	v->after_tell_stop = NULL;
	ev_timer_stop(v->loop, &v->tell_stop_late);
	if (then)
		then(v);
}

static void
on_tell_stop_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	log_warn("notify commands of STOP take longer than %.0f s; not waited for",
	    TELL_STOP_MAX_S);
	on_told_stop(container_of(w, struct vipd, tell_stop_late));
}

void
vipd_tell_stop(struct vipd *v, void (*then)(struct vipd *v))
{
	instances_notify_stop(&v->instances);
	v->after_tell_stop = then;
	if (notifier_is_idle(&v->notifier))
		on_told_stop(v);
	else
		ev_timer_start(v->loop, &v->tell_stop_late);
}

/* ---- hooks ---- */

struct hook {
	struct ev_loop *loop;
	const char *what;
	bool over;
};

static void
on_hook_result(void *arg, const struct run_result *result)
{
	const struct hook *h = arg;

	if (result->end != RUN_EXITED || result->code)
		log_warn("%s: %s", h->what, result->text);
}

static void
on_hook_gone(void *arg)
{
	struct hook *h = arg;

	h->over = true;
	ev_break(h->loop, EVBREAK_ONE);
}

void
vipd_run_hook(struct vipd *v, const char *what, const struct conf_command *command,
    uint32_t timeout_us)
{
	static const struct run_ops ops = {
		.on_result = on_hook_result,
		.on_gone = on_hook_gone,
	};
	struct hook h = { .loop = v->loop, .what = what };
	struct run_spec spec = { .subject = what,
		.command = command,
		.timeout_us = timeout_us,
		.death_signal = SIGTERM,
		.ops = &ops,
		.arg = &h };

	if (!command->text)
		return;
	runner_configure(&v->runner, v->conf->hooks.script_security);
	run_start(&v->runner, &spec);
	/* Others may break the loop too: a stop that goes on, and on. */
	while (!h.over)
		ev_run(v->loop, 0);
}

/* ---- the beginning ---- */

void
vipd_watch_init(struct vipd *v)
{
	runner_init(&v->runner, v->loop);
	carriers_init(&v->carriers, v->loop, v->links, on_carrier, v);
	trackers_init(&v->trackers, v->loop, &v->runner, &v->carriers, &trackers_ops, v);
	notifier_init(&v->notifier, v->loop, &v->runner);
	v->notifier.on_idle = on_told_stop;
	v->notifier.arg = v;
	ev_timer_init(&v->tell_stop_late, on_tell_stop_late, TELL_STOP_MAX_S, 0.);
	v->instances.notifier = &v->notifier;
	v->instances.carriers = &v->carriers;
	v->instances.trackers = &v->trackers;
}

void
vipd_watch_apply(struct vipd *v, const struct conf *conf)
{
	runner_configure(&v->runner, conf->hooks.script_security);
	carriers_configure(&v->carriers, &conf->watch);
	notifier_configure(&v->notifier, &conf->hooks);
	trackers_apply(&v->trackers, conf);
}

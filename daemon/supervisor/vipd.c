/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vipd.h"

#include <pwd.h>

#include "children.h"
#include "clock.h"
#include "kernel.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "stopping.h"

/* ---- between the modules ---- */

static bool
is_installed(void *arg, const struct ipaddr *addr)
{
	return instances_is_installed(&((struct vipd *)arg)->instances, addr);
}

static void
services_changed(void *arg)
{
	struct vipd *v = arg;

	/* Nobody may have them before, and the first list comes in many parts. */
	if (!v->instances.hold)
		instances_wants_changed_in_part(&v->instances);
}

static void
services_ready(void *arg)
{
	struct vipd *v = arg;

	ev_timer_stop(v->loop, &v->startup_wait);
	instances_complete(&v->instances);
}

/*
 * While forward works, who has waited for it may be elected, but only where
 * nobody healthy is: an address still waits for its own rules. So what takes long
 * is not added up: the list's last part, the election, the first addresses.
 */
static void
services_listed(void *arg)
{
	struct vipd *v = arg;

	instances_release(&v->instances);
}

/* Elections begin, softly: the list may be long in coming. */
static void
services_provisional(void *arg)
{
	struct vipd *v = arg;

	ev_timer_stop(v->loop, &v->startup_wait);
	instances_release(&v->instances);
}

static const struct services_ops services_ops = {
	.is_installed = is_installed,
	.wants_changed = services_changed,
	.listed = services_listed,
	.provisional = services_provisional,
	.ready = services_ready,
};

static void
addresses_changed(void *arg)
{
	struct vipd *v = arg;

	services_retry(&v->services);
	stopping_go_on(v);
}

static void
want(void *arg, uint32_t id, const struct address_want *list, size_t n)
{
	addresses_want(((struct vipd *)arg)->addresses, id, list, n);
}

static void
yielded(void *arg, const struct instance *in, const struct msg_yielded *y)
{
	handovers_on_yielded(&((struct vipd *)arg)->handovers, in, y);
}

static void
want_vmacs(void *arg, const struct vmac_want *list, size_t n)
{
	struct vipd *v = arg;

	vmacs_want(v->vmacs, list, n);
	stopping_go_on(v);
}

static void
want_routes(void *arg, const struct route_want *list, size_t n)
{
	kernel_want_routes(arg, list, n);
}

static const struct instances_ops instances_ops = {
	.want = want,
	.want_routes = want_routes,
	.yielded = yielded,
	.want_vmacs = want_vmacs,
	.addresses_changed = addresses_changed,
};

static const struct control_ops control_ops = {
	.request = vipd_on_request,
	.gone = vipd_on_client_gone,
	.drained = vipd_on_client_drained,
};

/* ---- timers and signals ---- */

static void
on_startup_wait_over(struct ev_loop *loop, ev_timer *w, int events)
{
	struct vipd *v = container_of(w, struct vipd, startup_wait);

	(void)loop;
	(void)events;
	log_warn("the Services are not in place yet (%s); elections %s without them",
	    v->source.error[0]         ? v->source.error
		: v->services.complete ? "forwarding is not set up"
				       : "their source has not answered",
	    v->instances.hold ? "begin" : "go on");
	instances_release(&v->instances);
}

static void
on_hup(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop;
	(void)events;
	vipd_reload(w->data, NULL);
}

static void
on_watchdog(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	notify_manager("WATCHDOG=1");
}

static void
start_signal(struct vipd *v, ev_signal *w, int signum,
    void (*cb)(struct ev_loop *, ev_signal *, int))
{
	ev_signal_init(w, cb, signum);
	w->data = v;
	ev_signal_start(v->loop, w);
}

static void
start_timers(struct vipd *v)
{
	double watchdog = (double)notify_watchdog_us() / 2e6;

	startup_delay_begin(&v->startup_delay, &v->instances, v->conf);
	ev_timer_init(&v->startup_wait, on_startup_wait_over,
	    1e-6 * v->conf->services.startup_wait_us, 0.);
	if (v->instances.hold)
		ev_timer_start(v->loop, &v->startup_wait);
	ev_timer_init(&v->watchdog, on_watchdog, watchdog, watchdog);
	if (watchdog > 0)
		ev_timer_start(v->loop, &v->watchdog);
	start_signal(v, &v->on_hup, SIGHUP, on_hup);
	start_signal(v, &v->on_term, SIGTERM, stopping_on_signal);
	start_signal(v, &v->on_int, SIGINT, stopping_on_signal);
}

/* ---- start and end ---- */

void
vipd_start(struct vipd *v, const struct options *o, struct conf *conf)
{
	const struct passwd *pw;
	struct fence fence = { .conf = conf };

	v->options = o;
	v->conf = conf;
	v->started_us = clock_us();
	v->loop = ev_default_loop(EVFLAG_AUTO);
	if (!v->loop)
		fatalx("no event loop");
	followers_init(&v->followers, v->loop, &v->journal);
	children_open(v);

	kernel_answers_fence(v, &fence);
	services_init(&v->services, &services_ops, v, &fence);
	instances_init(&v->instances, v->loop, &instances_ops, v);
	v->instances.services = &v->services;
	kernel_start(v);
	vipd_run_hook(
	    v, "startup_script", &conf->hooks.startup, conf->hooks.startup_timeout_us);
	vipd_watch_apply(v, conf);
	v->instances.hold = conf->services.present;
	v->instances.soft = conf->services.present ? SOFT_INCOMPLETE : 0;
	v->handovers.loop = v->loop;
	drain_load(&v->drain, o->state_dir);
	if (v->drain.on)
		v->instances.soft |= SOFT_DRAINED;
	instances_apply(&v->instances, conf);
	kernel_want_replies(v, conf);
	reserved_survey(&v->reserved, conf, &v->instances);
	pw = getpwnam("vipd");
	if (control_open(&v->control, v->loop, o->run_dir, pw ? pw->pw_gid : 0,
		&control_ops, v) < 0)
		fatalx("no control socket (see --run-dir)");
	start_timers(v);
	program_start(&v->engine);
	if (conf->services.present)
		vipd_run_services(v);
	else
		children_remove_tables(v);
}

void
vipd_finish(struct vipd *v)
{
	children_kill(v);
	vipd_run_hook(v, "shutdown_script", &v->conf->hooks.shutdown,
	    v->conf->hooks.shutdown_timeout_us);
	notifier_close(&v->notifier);
	runner_kill(&v->runner);
	control_close(&v->control);
	kubelet_stop(&v->kubelet);
}

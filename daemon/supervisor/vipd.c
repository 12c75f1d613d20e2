/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vipd.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "held.h"
#include "here.h"
#include "log.h"
#include "mem.h"
#include "notify.h"

/* Above kernel threads of ordinary work, below watchdogs and migration. */
/* Beyond the longest handover; 2 s of it are for commands of STOP. The unit's
 * TimeoutStopSec is UNIT_STOP_S; more is asked for. */
#define STOP_MAX_S 7.
#define UNIT_STOP_S 15.

/* Several causes come together; Services are judged again once. */
#define RECHECK_DELAY_S 0.05

static void
recheck_soon(struct vipd *v)
{
	if (ev_is_active(&v->recheck))
		return;
	ev_timer_set(&v->recheck, RECHECK_DELAY_S, 0.);
	ev_timer_start(v->loop, &v->recheck);
}

/* ---- engine ---- */

static void
engine_up(struct program *p)
{
	struct vipd *v = p->arg;

	instances_engine_up(&v->instances, &p->chan);
	if (!v->ready) {
		v->ready = true;
		if (p->realtime && sched_getscheduler(p->pid) != SCHED_FIFO)
			log_warn(
			    "vipd-engine runs without real-time priority (not "
			    "permitted here, or its cgroup has no real-time budget): "
			    "adverts may be late on a busy node");
		notify_manager("READY=1");
	}
}

static const char *
engine_msg(struct program *p, const struct msg *m)
{
	struct vipd *v = p->arg;
	const char *wrong = instances_on_msg(&v->instances, m);
	const struct msg_state *state = m->head;

	if (!wrong && m->type == MSG_COUNTERS)
		vipd_on_counters(v);
	if (!wrong && m->type == MSG_STATE && v->watcher.up)
		here_tell_state(&v->instances, &v->watcher.chan, m->head);
	/* Another router's address is no Service's. */
	if (!wrong && m->type == MSG_STATE && state->state == VRRP_BACKUP &&
	    !reserved_find(&v->reserved, &state->master))
		recheck_soon(v);
	return wrong;
}

static void stop_progress(struct vipd *v);

static void
engine_down(struct program *p)
{
	struct vipd *v = p->arg;

	instances_engine_down(&v->instances);
	if (v->stopping) {
		/* It has resigned: now, and not before, addresses may go. */
		instances_stop(&v->instances);
		stop_progress(v);
	}
}

/* ---- forward ---- */

static void
forward_up(struct program *p)
{
	struct vipd *v = p->arg;

	vipd_configure_forward(v);
	held_tell_all(v);
	services_forward_up(&v->services, &p->chan);
}

static void
fail(struct vipd *v, const struct msg_failed *m)
{
	services_failed(&v->services, m);
	if (v->watcher.up)
		chan_send(&v->watcher.chan, MSG_FAILED, m, NULL, 0);
}

static const char *
forward_msg(struct program *p, const struct msg *m)
{
	struct vipd *v = p->arg;

	if (m->type == MSG_IN_PLACE)
		services_in_place(&v->services, m->seq);
	else if (m->type == MSG_FAILED)
		fail(v, m->head);
	else if (m->type == MSG_TALLY)
		tally_on_msg(v, m);
	else if (m->type == MSG_FORWARD_STATE)
		v->forward_state = *(const struct msg_forward_state *)m->head;
	else
		return "a message that is not for this place";
	return NULL;
}

static void
forward_down(struct program *p)
{
	struct vipd *v = p->arg;

	services_forward_down(&v->services);
	v->forward_state.in_sync = 0;
	if (!v->forward.wanted && !v->stopping)
		vipd_remove_tables(v); /* no services block any more */
	stop_progress(v);
}

static void
forward_drained(struct program *p)
{
	services_pump(&((struct vipd *)p->arg)->services);
}

/* ---- watcher ---- */

static void
watcher_up(struct program *p)
{
	struct vipd *v = p->arg;

	vipd_configure_watcher(v);
	cluster_clear(&v->cluster);
	here_tell_all(&v->instances, &p->chan);
}

static const char *
watcher_msg(struct program *p, const struct msg *m)
{
	struct vipd *v = p->arg;
	uint64_t fresh_us = v->source.fresh_us;

	if (m->type == MSG_NODE || m->type == MSG_NODE_GONE) {
		cluster_take(&v->cluster, m);
		return NULL;
	}
	if (m->type == MSG_ELIGIBLE) {
		here_eligible(&v->instances, m->head);
		return NULL;
	}
	if (m->type == MSG_POOLS)
		return pools_told_take(&v->pools, m);
	if (m->type != MSG_SOURCE_STATE)
		return services_on_msg(&v->services, m);
	v->source = *(const struct msg_source_state *)m->head;
	/* A new watcher does not know when the last one had news. */
	if (!v->source.fresh_us)
		v->source.fresh_us = fresh_us;
	return NULL;
}

static void
watcher_down(struct program *p)
{
	struct vipd *v = p->arg;

	services_watcher_down(&v->services);
	stop_progress(v);
}

static const struct program_ops engine_ops = {
	.on_up = engine_up,
	.on_msg = engine_msg,
	.on_down = engine_down,
};
static const struct program_ops forward_ops = {
	.on_up = forward_up,
	.on_msg = forward_msg,
	.on_down = forward_down,
	.on_drained = forward_drained,
};
static const struct program_ops watcher_ops = {
	.on_up = watcher_up,
	.on_msg = watcher_msg,
	.on_down = watcher_down,
};

/* ---- between the modules ---- */

static bool
is_installed(void *arg, const struct ipaddr *addr)
{
	return instances_is_installed(&((struct vipd *)arg)->instances, addr);
}

static void
services_changed(void *arg)
{
	instances_wants_changed(&((struct vipd *)arg)->instances);
}

static void
services_ready(void *arg)
{
	struct vipd *v = arg;

	ev_timer_stop(v->loop, &v->startup_wait);
	instances_complete(&v->instances);
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
	.provisional = services_provisional,
	.ready = services_ready,
};

static void
addresses_changed(void *arg)
{
	struct vipd *v = arg;

	services_pump(&v->services);
	stop_progress(v);
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
	stop_progress(v);
}

static const struct instances_ops instances_ops = {
	.want = want,
	.yielded = yielded,
	.want_vmacs = want_vmacs,
	.addresses_changed = addresses_changed,
};

static const struct control_ops control_ops = {
	.request = vipd_on_request,
	.gone = vipd_on_client_gone,
	.drained = vipd_on_client_drained,
};

static void
on_startup_wait_over(struct ev_loop *loop, ev_timer *w, int events)
{
	struct vipd *v = container_of(w, struct vipd, startup_wait);

	(void)loop;
	(void)events;
	log_warn("the Services are not in place yet (%s); elections begin without them",
	    v->source.error[0]         ? v->source.error
		: v->services.complete ? "forwarding is not set up"
				       : "their source has not answered");
	instances_release(&v->instances);
}

/* ---- the kernel ---- */

static void
on_link(void *arg, uint32_t ifindex)
{
	struct vipd *v = arg;

	vmacs_on_link(v->vmacs, ifindex);
	instances_on_link(&v->instances, ifindex);
	vipd_watch_on_link(v);
	addresses_on_link(v->addresses, ifindex);
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
	stop_progress(v);
}

static void
on_foreign_change(void *arg)
{
	struct vipd *v = arg;

	addresses_on_foreign(v->addresses);
	recheck_soon(v);
}

static void
on_recheck(struct ev_loop *loop, ev_timer *w, int events)
{
	struct vipd *v = container_of(w, struct vipd, recheck);

	(void)loop;
	(void)events;
	reserved_survey(&v->reserved, v->conf, &v->instances);
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

	held_tell(v, list, n, HELD_GAINED);
	instances_on_installed(&v->instances, id, list, n);
	if (v->watcher.up)
		here_tell_held(&v->instances, &v->watcher.chan, id, true, list, n);
}

static void
on_removed(void *arg, uint32_t id, const struct msg_installed_record *list, size_t n)
{
	struct vipd *v = arg;

	held_tell(v, list, n, HELD_LOST);
	instances_on_removed(&v->instances, id, list, n);
	if (v->watcher.up)
		here_tell_held(&v->instances, &v->watcher.chan, id, false, list, n);
}

static void
on_failed(void *arg, uint32_t id, const struct ipaddr *addr, int error)
{
	instances_on_failed(&((struct vipd *)arg)->instances, id, addr, error);
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
start_kernel(struct vipd *v)
{
	ev_timer_init(&v->recheck, on_recheck, 0., 0.);
	v->links = links_new(v->loop, &links_ops, v);
	v->instances.links = v->links;
	vipd_watch_init(v);
	v->addresses = addresses_new(v->loop, v->links, &addresses_ops, v);
	v->vmacs = vmacs_new(v->loop, v->links);
	/* Nothing is wanted yet: what a dead vipd left goes. */
	links_replay_own(v->links);
	links_start(v->links);
}

/* ---- stopping: resign, then remove, then end the others ---- */

static void
stop_progress(struct vipd *v)
{
	if (!v->stopping || program_is_running(&v->engine) ||
	    instances_hold_addresses(&v->instances) || !vmacs_gone(v->vmacs))
		return;
	program_stop(&v->watcher);
	program_stop(&v->forward);
	if (!program_is_running(&v->watcher) && !program_is_running(&v->forward))
		ev_break(v->loop, EVBREAK_ALL);
}

static void
on_stop_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	log_warn("stopping took too long; what is left is removed by --cleanup");
	ev_break(loop, EVBREAK_ALL);
}

static void
tell_stopping(double longest_s)
{
	char state[64] = "STOPPING=1";

	if (longest_s > UNIT_STOP_S)
		snprintf(state, sizeof(state), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%.0f",
		    1e6 * longest_s);
	notify_manager(state);
}

/* shutdown_script comes behind all that. */
static double
hook_s(const struct conf_hooks *hooks)
{
	return hooks->shutdown.text ? 1e-6 * hooks->shutdown_timeout_us : 0;
}

static void
resign(struct vipd *v)
{
	program_stop(&v->engine);
	if (!program_is_running(&v->engine))
		engine_down(&v->engine);
}

static void
on_stop_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct vipd *v = w->data;
	double longest = handover_longest_s(&v->instances) + STOP_MAX_S;

	(void)events;
	if (v->stopping)
		return;
	log_info("stopping");
	tell_stopping(longest + hook_s(&v->conf->hooks));
	v->stopping = true;
	ev_timer_init(&v->stop_late, on_stop_late, longest, 0.);
	ev_timer_start(loop, &v->stop_late);
	vipd_tell_stop(v, resign);
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

void
vipd_finish(struct vipd *v)
{
	program_kill(&v->engine);
	program_kill(&v->forward);
	program_kill(&v->watcher);
	vipd_run_hook(v, "shutdown_script", &v->conf->hooks.shutdown,
	    v->conf->hooks.shutdown_timeout_us);
	notifier_close(&v->notifier);
	runner_kill(&v->runner);
	control_close(&v->control);
	kubelet_stop(&v->kubelet);
}

/* ---- start ---- */

void
vipd_remove_tables(struct vipd *v)
{
	if (program_run_once(&v->forward, "--cleanup") != 0)
		log_err("the nftables tables could not be removed");
}

static const char *
child_user(void)
{
	if (getpwnam("vipd"))
		return "vipd";
	log_warn("user vipd does not exist; the children run as nobody");
	return "nobody";
}

static void
open_program(struct vipd *v, struct program *p, const char *name, enum msg_peer peer,
    const struct program_ops *ops, const char *user)
{
	p->name = name;
	p->peer = peer;
	p->ops = ops;
	p->arg = v;
	p->loop = v->loop;
	p->user = user;
	if (program_open(p, v->options->libexec_dir, name) < 0)
		fatalx("cannot start without %s", name);
}

/* The watcher, as its user, keeps the last known state there. */
static void
make_state_dir(const char *dir, const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		log_warn("%s: %s; nothing survives a restart", dir, strerror(errno));
	else if (pw && chown(dir, pw->pw_uid, pw->pw_gid) < 0)
		log_warn("%s: cannot give it to user %s: %s", dir, user, strerror(errno));
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
	start_signal(v, &v->on_term, SIGTERM, on_stop_signal);
	start_signal(v, &v->on_int, SIGINT, on_stop_signal);
}

void
vipd_start(struct vipd *v, const struct options *o, struct conf *conf)
{
	const char *user = child_user();
	const struct passwd *pw;
	struct fence fence = { .conf = conf,
		.foreign = foreign_address,
		.reserved = reserved_address,
		.arg = v };

	v->options = o;
	v->conf = conf;
	v->started_us = clock_us();
	v->loop = ev_default_loop(EVFLAG_AUTO);
	if (!v->loop)
		fatalx("no event loop");
	followers_init(&v->followers, v->loop, &v->journal);
	open_program(v, &v->engine, "vipd-engine", PEER_ENGINE, &engine_ops, user);
	open_program(v, &v->forward, "vipd-forward", PEER_FORWARD, &forward_ops, user);
	open_program(v, &v->watcher, "vipd-watcher", PEER_WATCHER, &watcher_ops, user);
	v->engine.realtime = conf->rt_priority;
	make_state_dir(o->state_dir, user);

	services_init(&v->services, &services_ops, v, &fence);
	instances_init(&v->instances, v->loop, &instances_ops, v);
	v->instances.services = &v->services;
	start_kernel(v);
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
		vipd_remove_tables(v);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "children.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "held.h"
#include "here.h"
#include "kernel.h"
#include "log.h"
#include "notify.h"
#include "stopping.h"
#include "vipd.h"

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
	const struct msg_state *state = m->head;
	const char *wrong;

	if (m->type == MSG_SPEAKER) {
		speakers_take(&v->speakers, m->head, &v->instances, &v->cluster);
		return NULL;
	}
	wrong = instances_on_msg(&v->instances, m);
	if (!wrong && m->type == MSG_COUNTERS)
		vipd_on_counters(v);
	if (!wrong && m->type == MSG_STATE && v->watcher.up)
		here_tell_state(&v->instances, &v->watcher.chan, m->head);
	/* Another router's address is no Service's. */
	if (!wrong && m->type == MSG_STATE && state->state == VRRP_BACKUP &&
	    !reserved_find(&v->reserved, &state->master))
		kernel_recheck_soon(v);
	return wrong;
}

static void
engine_down(struct program *p)
{
	struct vipd *v = p->arg;

	instances_engine_down(&v->instances);
	stopping_engine_ended(v);
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
		children_remove_tables(v); /* no services block any more */
	stopping_go_on(v);
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
	v->taken.told = 0;
	taken_tell(&v->taken, &v->reserved, v->links, &p->chan);
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
	stopping_go_on(v);
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

/* ---- all three ---- */

/* An engine that answers no more has been followed by a backup, or soon is; the
 * others may be busy with 10,000 Services. */
#define PATIENCE_ENGINE ((unsigned)(2 / PROGRAM_PULSE_S))
#define PATIENCE_OTHERS ((unsigned)(60 / PROGRAM_PULSE_S))

void
children_remove_tables(struct vipd *v)
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
open_one(struct vipd *v, struct program *p, const char *name, enum msg_peer peer,
    const struct program_ops *ops, const char *user)
{
	p->name = name;
	p->peer = peer;
	p->ops = ops;
	p->arg = v;
	p->loop = v->loop;
	p->user = user;
	p->patience = peer == PEER_ENGINE ? PATIENCE_ENGINE : PATIENCE_OTHERS;
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

void
children_open(struct vipd *v)
{
	const char *user = child_user();

	open_one(v, &v->engine, "vipd-engine", PEER_ENGINE, &engine_ops, user);
	open_one(v, &v->forward, "vipd-forward", PEER_FORWARD, &forward_ops, user);
	open_one(v, &v->watcher, "vipd-watcher", PEER_WATCHER, &watcher_ops, user);
	v->engine.realtime = v->conf->rt_priority;
	make_state_dir(v->options->state_dir, user);
}

void
children_kill(struct vipd *v)
{
	program_kill(&v->engine);
	program_kill(&v->forward);
	program_kill(&v->watcher);
}

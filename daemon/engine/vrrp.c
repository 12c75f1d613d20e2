/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrrp.h"

#include "clock.h"
#include "vrrp_state.h"

/* ---- Preempt_Mode ---- */

/* Serves only for want of a healthy router, and here is one. */
static bool
is_soft_master(const struct vrrp *r, const struct vrrp_event *ev)
{
	return r->conf.bands && ev->advert.priority < VRRP_PRIORITY_HEALTHY &&
	    r->conf.priority >= VRRP_PRIORITY_HEALTHY;
}

/*
 * Preempt_Mode is for others than the owner (RFC 9568 6.1). preempt_delay
 * counts from the first lower advert; until it is over they are followed.
 */
static bool
is_followed(struct vrrp *r, const struct vrrp_event *ev, uint64_t now)
{
	if (ev->advert.priority >= r->conf.priority || r->handed_over) {
		r->preempt_at_us = VRRP_NEVER;
		return true;
	}
	if (!r->conf.preempt && r->conf.priority != VRRP_PRIORITY_OWNER &&
	    !is_soft_master(r, ev))
		return true;
	if (r->preempt_at_us == VRRP_NEVER)
		r->preempt_at_us = now + r->conf.preempt_delay_us;
	return now < r->preempt_at_us;
}

/* ---- RFC 9568 6.4.1, Initialize ---- */

static void
startup(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	bool at_once = r->conf.priority == VRRP_PRIORITY_OWNER && !r->conf.owner_waits;

	if (!at_once || r->conf.joint) {
		vrrp_become_backup(r, VRRP_REASON_STARTUP, now, out);
		if (at_once)
			r->master_down_timer = now;
		return;
	}
	vrrp_send(out, r->conf.priority);
	vrrp_become_master(r, VRRP_REASON_OWNER, now, now, out);
}

/*
 * A router that resumes has its claim timer armed and due: what its sockets
 * held is heard first, and a master found there is followed, as a backup would
 * follow it.
 */
static void
resuming_advert(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	if (vrrp_is_better(r, ev))
		vrrp_yield(r, ev, now, out);
	else if (ev->advert.priority != VRRP_PRIORITY_STOP && is_followed(r, ev, now))
		vrrp_yield_for(r, ev, VRRP_REASON_OVERSLEPT, now, out);
}

/* Once a router is about to resume, only a fault or a master keep it from that. */
static void
initialize(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	bool resumes = r->claim_timer != VRRP_NEVER;

	switch (ev->type) {
	case VRRP_EV_STARTUP:
		if (!resumes)
			startup(r, now, out);
		break;
	case VRRP_EV_HOLD:
		if (!resumes && r->reason != ev->reason)
			vrrp_enter(r, VRRP_INIT, ev->reason, now, out);
		break;
	case VRRP_EV_RESUME:
		r->claim_timer = now;
		break;
	case VRRP_EV_FAULT:
		vrrp_enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		r->conf = *ev->config;
		r->master_adver_us = r->conf.advert_us;
		break;
	case VRRP_EV_ADVERT:
		if (resumes)
			resuming_advert(r, ev, now, out);
		break;
	case VRRP_EV_CLAIM_TIMER:
		vrrp_send(out, r->conf.priority);
		vrrp_become_master(r, VRRP_REASON_RESUMED, now, now, out);
		break;
	case VRRP_EV_YIELD:
		if (resumes)
			vrrp_resign(r, now, out);
		break;
	case VRRP_EV_SHUTDOWN:
		if (!resumes)
			break;
		vrrp_send(out, VRRP_PRIORITY_STOP);
		vrrp_enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_RETRY:
	case VRRP_EV_HANDOVER:
	case VRRP_EV_MASTER_DOWN_TIMER:
	case VRRP_EV_ADVER_TIMER:
		break;
	}
}

/*
 * True if an advert may answer this one. Answers are at least a claim window
 * apart, so that a flood does not make this router a source of one.
 */
static bool
may_reassert(struct vrrp *r, uint64_t now)
{
	if (now < r->reassert_at_us)
		return false;
	r->reassert_at_us = now + vrrp_claim_window(r);
	return true;
}

/* ---- RFC 9568 6.4.2, Backup ---- */

/* A second resignation does not put the timer off. */
static void
master_resigned(struct vrrp *r, uint64_t now)
{
	uint64_t at = now + vrrp_skew_time(r);

	r->handed_over = false;
	if (at > r->master_down_timer)
		return;
	r->master_down_timer = at;
	r->armed_us = now;
	r->cause = VRRP_REASON_RESIGNED;
}

/*
 * To who resigned, having followed this claim; and to a worse claimant: it may
 * have heard this claim before the old master's resignation, which made it
 * forget what it had heard.
 */
static void
claim_stands(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	bool resigned = ev->advert.priority == VRRP_PRIORITY_STOP;

	if ((resigned || !r->conf.lower_silent) && may_reassert(r, now))
		vrrp_send(out, r->conf.priority);
}

static void
backup_advert(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	if (r->claim_timer != VRRP_NEVER) {
		if (!vrrp_is_better(r, ev)) {
			claim_stands(r, ev, now, out);
			return;
		}
		r->claims_lost++;
		vrrp_follow(r, ev, now, out);
	} else if (ev->advert.priority == VRRP_PRIORITY_STOP) {
		master_resigned(r, now);
	} else if (is_followed(r, ev, now)) {
		vrrp_follow(r, ev, now, out);
	} else {
		r->cause = VRRP_REASON_PREEMPT;
	}
}

/*
 * Several backups may time out together (equal or adjacent priorities): the
 * advert goes out first, and addresses are touched only when no better one
 * has answered within the window.
 */
static void
claim(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	vrrp_send(out, r->conf.priority);
	r->handed_over = false;
	r->master_down_timer = VRRP_NEVER;
	r->armed_us = now;
	r->claim_timer = now + vrrp_claim_window(r);
}

/* The new interval counts from when the timer was armed, not from now: no
 * series of changes puts a takeover off. */
static void
backup_config(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	r->conf = *ev->config;
	if (r->conf.priority == VRRP_PRIORITY_OWNER) {
		startup(r, now, out);
		return;
	}
	vrrp_act(out, VRRP_DO_REPORT);
	if (r->conf.version == 2 || !r->master.family)
		r->master_adver_us = r->conf.advert_us;
	if (r->claim_timer != VRRP_NEVER || r->cause == VRRP_REASON_NOBODY)
		return;
	r->master_down_timer = r->armed_us +
	    (r->cause == VRRP_REASON_RESIGNED ? vrrp_skew_time(r)
					      : vrrp_master_down_interval(r));
}

static void
backup(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	switch (ev->type) {
	case VRRP_EV_SHUTDOWN:
		vrrp_enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_FAULT:
		vrrp_enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		backup_config(r, ev, now, out);
		break;
	case VRRP_EV_MASTER_DOWN_TIMER:
		claim(r, now, out);
		break;
	case VRRP_EV_CLAIM_TIMER:
		vrrp_become_master(r, r->cause, r->armed_us, now, out);
		break;
	case VRRP_EV_ADVERT:
		backup_advert(r, ev, now, out);
		break;
	case VRRP_EV_YIELD:
		if (r->claim_timer != VRRP_NEVER)
			vrrp_resign(r, now, out);
		break;
	case VRRP_EV_RETRY:
		vrrp_retry(r, now, out);
		break;
	case VRRP_EV_STARTUP:
	case VRRP_EV_HOLD:
	case VRRP_EV_RESUME:
	case VRRP_EV_HANDOVER:
	case VRRP_EV_ADVER_TIMER:
		break;
	}
}

/* ---- RFC 9568 6.4.3, Active (here MASTER) ---- */

/*
 * This router was not running (SIGSTOP, no CPU, a paused machine) for so long
 * that even the quickest backup has timed out: whoever spoke since is master.
 */
static bool
overslept(const struct vrrp *r, uint64_t now)
{
	uint64_t skew = (r->conf.version == 2 ? US_PER_S : r->conf.advert_us) / 128;

	return now >= r->adver_timer +
	    (r->conf.down_adverts - UINT64_C(1)) * r->conf.advert_us + skew;
}

static void
master_advert(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	if (r->conf.priority == VRRP_PRIORITY_OWNER && r->conf.owner_deaf)
		return;
	if (ev->advert.priority == VRRP_PRIORITY_STOP) {
		if (overslept(r, now) || !may_reassert(r, now))
			return;
		vrrp_send(out, r->conf.priority);
		r->adver_timer = now + r->conf.advert_us;
	} else if (vrrp_is_better(r, ev)) {
		if (r->conf.higher_advert && !overslept(r, now))
			vrrp_send(out, r->conf.priority);
		vrrp_yield(r, ev, now, out);
	} else if (overslept(r, now)) {
		vrrp_yield_for(r, ev, VRRP_REASON_OVERSLEPT, now, out);
	} else {
		/* RFC 3768 discards silently. */
		if (r->conf.version != 2 && !r->conf.lower_silent && may_reassert(r, now))
			vrrp_send(out, r->conf.priority);
		vrrp_act(out, VRRP_DO_REANNOUNCE);
	}
}

static void
master_config(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	const struct vrrp_config *c = ev->config;
	bool tell = c->priority != r->conf.priority ||
	    c->advert_us != r->conf.advert_us || !ipaddr_eq(&c->source, &r->conf.source);

	r->conf = *c;
	if (!tell)
		return;
	r->master = c->source;
	r->master_priority = c->priority;
	r->master_adver_us = c->advert_us;
	r->adver_timer = now + c->advert_us;
	vrrp_send(out, c->priority);
	vrrp_act(out, VRRP_DO_REPORT);
}

/* Periods do not drift, and a late one is not made up for by a burst. */
static void
next_advert(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	vrrp_send(out, r->conf.priority);
	r->adver_timer += r->conf.advert_us;
	if (r->adver_timer <= now)
		r->adver_timer = now + r->conf.advert_us;
}

static void
master(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	switch (ev->type) {
	case VRRP_EV_SHUTDOWN:
		vrrp_send(out, VRRP_PRIORITY_STOP);
		vrrp_enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_HANDOVER:
		vrrp_hand_over(r, now, out);
		break;
	case VRRP_EV_FAULT:
		vrrp_send(out, VRRP_PRIORITY_STOP);
		vrrp_enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		master_config(r, ev, now, out);
		break;
	case VRRP_EV_ADVER_TIMER:
		next_advert(r, now, out);
		break;
	case VRRP_EV_ADVERT:
		master_advert(r, ev, now, out);
		break;
	case VRRP_EV_YIELD:
		vrrp_resign(r, now, out);
		break;
	case VRRP_EV_RETRY:
	case VRRP_EV_STARTUP:
	case VRRP_EV_HOLD:
	case VRRP_EV_RESUME:
	case VRRP_EV_MASTER_DOWN_TIMER:
	case VRRP_EV_CLAIM_TIMER:
		break;
	}
}

/* ---- FAULT: silent and deaf until the fault is over (not in the RFC) ---- */

static void
fault(struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	switch (ev->type) {
	case VRRP_EV_STARTUP:
		startup(r, now, out);
		break;
	case VRRP_EV_HOLD:
		vrrp_enter(r, VRRP_INIT, ev->reason, now, out);
		break;
	case VRRP_EV_SHUTDOWN:
		vrrp_enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_FAULT:
		if (r->reason != ev->reason)
			vrrp_enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		r->conf = *ev->config;
		r->master_adver_us = r->conf.advert_us;
		break;
	case VRRP_EV_RESUME:
	case VRRP_EV_YIELD:
	case VRRP_EV_RETRY:
	case VRRP_EV_HANDOVER:
	case VRRP_EV_ADVERT:
	case VRRP_EV_MASTER_DOWN_TIMER:
	case VRRP_EV_CLAIM_TIMER:
	case VRRP_EV_ADVER_TIMER:
		break;
	}
}

/* ---- the outside ---- */

void
vrrp_init(struct vrrp *r, const struct vrrp_config *conf, uint64_t now_us)
{
	*r = (struct vrrp){
		.conf = *conf,
		.since_us = now_us,
		.master_adver_us = conf->advert_us,
	};
	vrrp_disarm(r);
}

void
vrrp_step(struct vrrp *r, const struct vrrp_event *ev, uint64_t now_us,
    struct vrrp_actions *out)
{
	out->count = 0;
	switch (r->state) {
	case VRRP_INIT:
		initialize(r, ev, now_us, out);
		break;
	case VRRP_BACKUP:
		backup(r, ev, now_us, out);
		break;
	case VRRP_MASTER:
		master(r, ev, now_us, out);
		break;
	case VRRP_FAULT:
		fault(r, ev, now_us, out);
		break;
	}
}

void
vrrp_expire(struct vrrp *r, uint64_t now_us, struct vrrp_actions *out)
{
	struct vrrp_event ev = { 0 };

	out->count = 0;
	if (r->claim_timer <= now_us)
		ev.type = VRRP_EV_CLAIM_TIMER;
	else if (r->master_down_timer <= now_us)
		ev.type = VRRP_EV_MASTER_DOWN_TIMER;
	else if (r->adver_timer <= now_us)
		ev.type = VRRP_EV_ADVER_TIMER;
	else
		return;
	vrrp_step(r, &ev, now_us, out);
}

uint64_t
vrrp_deadline(const struct vrrp *r)
{
	uint64_t at = r->adver_timer;

	if (r->master_down_timer < at)
		at = r->master_down_timer;
	return r->claim_timer < at ? r->claim_timer : at;
}

bool
vrrp_is_due(const struct vrrp *r, uint64_t now_us)
{
	return r->state == VRRP_BACKUP && r->master_down_timer <= now_us;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrrp.h"

#include "clock.h"

#define CLAIM_WINDOW_MAX_US 5000

/* ---- RFC 9568 6.1: parameters ---- */

uint64_t
vrrp_skew_time(const struct vrrp *r)
{
	uint64_t interval = r->conf.version == 2 ? US_PER_S : r->master_adver_us;

	return (256 - r->conf.priority) * interval / 256;
}

uint64_t
vrrp_master_down_interval(const struct vrrp *r)
{
	return UINT64_C(3) * r->master_adver_us + vrrp_skew_time(r);
}

uint64_t
vrrp_claim_window(const struct vrrp *r)
{
	uint64_t window = r->conf.advert_us / 20;

	return window < CLAIM_WINDOW_MAX_US ? window : CLAIM_WINDOW_MAX_US;
}

static void
act(struct vrrp_actions *out, enum vrrp_action_type type)
{
	out->list[out->count++] = (struct vrrp_action){ .type = type };
}

static void
send_advert(struct vrrp_actions *out, uint8_t priority)
{
	out->list[out->count++] = (struct vrrp_action){
		.type = VRRP_DO_SEND,
		.priority = priority,
	};
}

static void
disarm(struct vrrp *r)
{
	r->adver_timer = VRRP_NEVER;
	r->master_down_timer = VRRP_NEVER;
	r->claim_timer = VRRP_NEVER;
	r->preempt_at_us = VRRP_NEVER;
}

/* cause is the reason to become master, should the timer fire. */
static void
arm_master_down(struct vrrp *r, enum vrrp_reason cause, uint64_t now)
{
	r->claim_timer = VRRP_NEVER;
	r->armed_us = now;
	r->cause = cause;
	r->master_down_timer = now + vrrp_master_down_interval(r);
}

/* ---- the only writer of `state`; for INIT and FAULT it is enough ---- */

static void
enter(struct vrrp *r, enum vrrp_state state, enum vrrp_reason reason, uint64_t now,
    struct vrrp_actions *out)
{
	if (r->state == VRRP_MASTER && state != VRRP_MASTER)
		act(out, VRRP_DO_SILENCE);
	if (r->state != state)
		r->since_us = now;
	r->state = state;
	r->reason = reason;
	r->master = (struct ipaddr){ 0 };
	r->master_priority = 0;
	r->master_adver_us = r->conf.advert_us;
	disarm(r);
	act(out, VRRP_DO_REPORT);
}

static void
become_backup(
    struct vrrp *r, enum vrrp_reason reason, uint64_t now, struct vrrp_actions *out)
{
	enter(r, VRRP_BACKUP, reason, now, out);
	arm_master_down(r, VRRP_REASON_TIMEOUT, now);
}

/* last_advert_us: the period counts from there. */
static void
become_master(struct vrrp *r, enum vrrp_reason reason, uint64_t last_advert_us,
    uint64_t now, struct vrrp_actions *out)
{
	enter(r, VRRP_MASTER, reason, now, out);
	r->transitions++;
	r->master = r->conf.source;
	r->master_priority = r->conf.priority;
	r->adver_timer = last_advert_us + r->conf.advert_us;
	r->reassert_at_us = 0;
	act(out, VRRP_DO_ANNOUNCE);
}

/* ---- adverts ---- */

/* The sender wins against this router. */
static bool
is_better(const struct vrrp *r, const struct vrrp_event *ev)
{
	if (ev->advert.priority != r->conf.priority)
		return ev->advert.priority > r->conf.priority;
	return ipaddr_cmp(&ev->advert.source, &r->conf.source) > 0;
}

/* The sender is the master from now: adopts its interval, arms the timer. */
static void
follow(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	bool v2 = r->conf.version == 2;
	uint32_t interval = v2 ? r->conf.advert_us : ev->advert.advert_us;

	if (!ipaddr_eq(&r->master, &ev->advert.source) ||
	    r->master_priority != ev->advert.priority || r->master_adver_us != interval)
		act(out, VRRP_DO_REPORT);
	r->master = ev->advert.source;
	r->master_priority = ev->advert.priority;
	r->master_adver_us = interval;
	arm_master_down(r, VRRP_REASON_TIMEOUT, now);
}

static void
yield(struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	become_backup(r,
	    ev->advert.priority > r->conf.priority ? VRRP_REASON_HIGHER_PRIORITY
						   : VRRP_REASON_HIGHER_ADDRESS,
	    now, out);
	follow(r, ev, now, out);
}

/* ---- RFC 9568 6.4.1, Initialize ---- */

static void
startup(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	if (r->conf.priority != VRRP_PRIORITY_OWNER) {
		become_backup(r, VRRP_REASON_STARTUP, now, out);
		return;
	}
	send_advert(out, r->conf.priority);
	become_master(r, VRRP_REASON_OWNER, now, now, out);
}

/*
 * A router that resumes has its claim timer armed and due: what its sockets
 * held is heard first, and a better master found there is followed.
 */
static void
initialize(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	switch (ev->type) {
	case VRRP_EV_STARTUP:
		startup(r, now, out);
		break;
	case VRRP_EV_HOLD:
		if (r->reason != VRRP_REASON_HOLD)
			enter(r, VRRP_INIT, VRRP_REASON_HOLD, now, out);
		break;
	case VRRP_EV_RESUME:
		r->claim_timer = now;
		break;
	case VRRP_EV_FAULT:
		enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		r->conf = *ev->config;
		r->master_adver_us = r->conf.advert_us;
		break;
	case VRRP_EV_ADVERT:
		if (r->claim_timer != VRRP_NEVER && is_better(r, ev))
			yield(r, ev, now, out);
		break;
	case VRRP_EV_CLAIM_TIMER:
		send_advert(out, r->conf.priority);
		become_master(r, VRRP_REASON_RESUMED, now, now, out);
		break;
	case VRRP_EV_SHUTDOWN:
	case VRRP_EV_MASTER_DOWN_TIMER:
	case VRRP_EV_ADVER_TIMER:
		break;
	}
}

/* ---- RFC 9568 6.4.2, Backup ---- */

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
	if (ev->advert.priority >= r->conf.priority) {
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

/* A second resignation does not put the timer off. */
static void
master_resigned(struct vrrp *r, uint64_t now)
{
	uint64_t at = now + vrrp_skew_time(r);

	if (at > r->master_down_timer)
		return;
	r->master_down_timer = at;
	r->armed_us = now;
	r->cause = VRRP_REASON_RESIGNED;
}

static void
backup_advert(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	if (r->claim_timer != VRRP_NEVER) {
		if (!is_better(r, ev))
			return;
		r->claims_lost++;
		follow(r, ev, now, out);
	} else if (ev->advert.priority == VRRP_PRIORITY_STOP) {
		master_resigned(r, now);
	} else if (is_followed(r, ev, now)) {
		follow(r, ev, now, out);
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
	send_advert(out, r->conf.priority);
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
	act(out, VRRP_DO_REPORT);
	if (r->conf.version == 2 || !r->master.family)
		r->master_adver_us = r->conf.advert_us;
	if (r->claim_timer != VRRP_NEVER)
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
		enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_FAULT:
		enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		backup_config(r, ev, now, out);
		break;
	case VRRP_EV_MASTER_DOWN_TIMER:
		claim(r, now, out);
		break;
	case VRRP_EV_CLAIM_TIMER:
		become_master(r, r->cause, r->armed_us, now, out);
		break;
	case VRRP_EV_ADVERT:
		backup_advert(r, ev, now, out);
		break;
	case VRRP_EV_STARTUP:
	case VRRP_EV_HOLD:
	case VRRP_EV_RESUME:
	case VRRP_EV_ADVER_TIMER:
		break;
	}
}

/* ---- RFC 9568 6.4.3, Active (here MASTER) ---- */

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

static void
master_advert(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	if (ev->advert.priority == VRRP_PRIORITY_STOP) {
		if (!may_reassert(r, now))
			return;
		send_advert(out, r->conf.priority);
		r->adver_timer = now + r->conf.advert_us;
	} else if (is_better(r, ev)) {
		yield(r, ev, now, out);
	} else {
		/* RFC 3768 discards silently. */
		if (r->conf.version != 2 && may_reassert(r, now))
			send_advert(out, r->conf.priority);
		act(out, VRRP_DO_REANNOUNCE);
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
	send_advert(out, c->priority);
	act(out, VRRP_DO_REPORT);
}

/* Periods do not drift, and a late one is not made up for by a burst. */
static void
next_advert(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	send_advert(out, r->conf.priority);
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
		send_advert(out, VRRP_PRIORITY_STOP);
		enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_FAULT:
		send_advert(out, VRRP_PRIORITY_STOP);
		enter(r, VRRP_FAULT, ev->reason, now, out);
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
		enter(r, VRRP_INIT, VRRP_REASON_HOLD, now, out);
		break;
	case VRRP_EV_SHUTDOWN:
		enter(r, VRRP_INIT, VRRP_REASON_SHUTDOWN, now, out);
		break;
	case VRRP_EV_FAULT:
		if (r->reason != ev->reason)
			enter(r, VRRP_FAULT, ev->reason, now, out);
		break;
	case VRRP_EV_CONFIG:
		r->conf = *ev->config;
		r->master_adver_us = r->conf.advert_us;
		break;
	case VRRP_EV_RESUME:
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
	disarm(r);
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

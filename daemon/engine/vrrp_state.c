/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vrrp_state.h"

#include "clock.h"

#define HANDOVER_SLACK_US (500 * US_PER_MS)
#define CLAIM_WINDOW_MAX_US 5000
#define PRIORITY_BACKUP_MAX 254

/* ---- RFC 9568 6.1: parameters ---- */

static uint64_t
skew_time(const struct vrrp *r, unsigned priority)
{
	uint64_t interval = r->conf.version == 2 ? US_PER_S : r->master_adver_us;

	return (256 - priority) * interval / 256;
}

uint64_t
vrrp_skew_time(const struct vrrp *r)
{
	return skew_time(r, r->conf.priority);
}

uint64_t
vrrp_master_down_interval(const struct vrrp *r)
{
	return (uint64_t)r->conf.down_adverts * r->master_adver_us + vrrp_skew_time(r);
}

uint64_t
vrrp_claim_window(const struct vrrp *r)
{
	uint64_t window = r->conf.advert_us / 20;

	return window < CLAIM_WINDOW_MAX_US ? window : CLAIM_WINDOW_MAX_US;
}

uint64_t
vrrp_ready_at(const struct vrrp *r)
{
	uint64_t early = 0;

	if (r->state != VRRP_BACKUP || r->master_down_timer == VRRP_NEVER)
		return VRRP_NEVER;
	if (r->conf.priority < PRIORITY_BACKUP_MAX)
		early = vrrp_skew_time(r) - skew_time(r, PRIORITY_BACKUP_MAX);
	return r->master_down_timer > early ? r->master_down_timer - early : 0;
}

/* ---- actions ---- */

void
vrrp_act(struct vrrp_actions *out, enum vrrp_action_type type)
{
	out->list[out->count++] = (struct vrrp_action){ .type = type };
}

void
vrrp_send(struct vrrp_actions *out, uint8_t priority)
{
	out->list[out->count++] = (struct vrrp_action){
		.type = VRRP_DO_SEND,
		.priority = priority,
	};
}

void
vrrp_disarm(struct vrrp *r)
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

/* ---- the only writer of `state` ---- */

void
vrrp_enter(struct vrrp *r, enum vrrp_state state, enum vrrp_reason reason, uint64_t now,
    struct vrrp_actions *out)
{
	if (r->state == VRRP_MASTER && state != VRRP_MASTER)
		vrrp_act(out, VRRP_DO_SILENCE);
	if (r->state != state)
		r->since_us = now;
	r->state = state;
	r->reason = reason;
	r->master = (struct ipaddr){ 0 };
	r->master_priority = 0;
	r->master_adver_us = r->conf.advert_us;
	vrrp_disarm(r);
	vrrp_act(out, VRRP_DO_REPORT);
}

void
vrrp_become_backup(
    struct vrrp *r, enum vrrp_reason reason, uint64_t now, struct vrrp_actions *out)
{
	vrrp_enter(r, VRRP_BACKUP, reason, now, out);
	arm_master_down(r, VRRP_REASON_TIMEOUT, now);
}

void
vrrp_become_master(struct vrrp *r, enum vrrp_reason reason, uint64_t last_advert_us,
    uint64_t now, struct vrrp_actions *out)
{
	vrrp_enter(r, VRRP_MASTER, reason, now, out);
	r->transitions++;
	r->master = r->conf.source;
	r->master_priority = r->conf.priority;
	r->adver_timer = last_advert_us + r->conf.advert_us;
	r->reassert_at_us = 0;
	vrrp_act(out, VRRP_DO_ANNOUNCE);
}

/* ---- adverts ---- */

bool
vrrp_is_better(const struct vrrp *r, const struct vrrp_event *ev)
{
	if (ev->advert.priority != r->conf.priority)
		return ev->advert.priority > r->conf.priority;
	return ipaddr_cmp(&ev->advert.source, &r->conf.source) > 0;
}

void
vrrp_follow(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	bool v2 = r->conf.version == 2;
	uint32_t interval = v2 ? r->conf.advert_us : ev->advert.advert_us;

	if (!ipaddr_eq(&r->master, &ev->advert.source) ||
	    r->master_priority != ev->advert.priority || r->master_adver_us != interval)
		vrrp_act(out, VRRP_DO_REPORT);
	r->master = ev->advert.source;
	r->master_priority = ev->advert.priority;
	r->master_adver_us = interval;
	arm_master_down(r, VRRP_REASON_TIMEOUT, now);
}

void
vrrp_yield_for(struct vrrp *r, const struct vrrp_event *ev, enum vrrp_reason reason,
    uint64_t now, struct vrrp_actions *out)
{
	vrrp_become_backup(r, reason, now, out);
	vrrp_follow(r, ev, now, out);
}

void
vrrp_yield(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out)
{
	vrrp_yield_for(r, ev,
	    ev->advert.priority > r->conf.priority ? VRRP_REASON_HIGHER_PRIORITY
						   : VRRP_REASON_HIGHER_ADDRESS,
	    now, out);
}

void
vrrp_resign(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	if (r->state == VRRP_MASTER)
		vrrp_send(out, VRRP_PRIORITY_STOP);
	vrrp_become_backup(r, VRRP_REASON_GROUP, now, out);
}

void
vrrp_retry(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	if (r->claim_timer != VRRP_NEVER)
		vrrp_resign(r, now, out);
	if (!vrrp_is_due(r, now))
		r->master_down_timer = now + r->master_adver_us + vrrp_skew_time(r);
}

uint64_t
vrrp_handover_wait(const struct vrrp *r)
{
	uint64_t skew_max = US_PER_S;

	if (r->conf.version != 2 && r->conf.advert_us > skew_max)
		skew_max = r->conf.advert_us;
	return skew_max + HANDOVER_SLACK_US;
}

void
vrrp_hand_over(struct vrrp *r, uint64_t now, struct vrrp_actions *out)
{
	vrrp_send(out, VRRP_PRIORITY_STOP);
	vrrp_become_backup(r, VRRP_REASON_HANDOVER, now, out);
	r->handed_over = true;
	r->cause = VRRP_REASON_NOBODY;
	r->master_down_timer = now + vrrp_handover_wait(r);
}

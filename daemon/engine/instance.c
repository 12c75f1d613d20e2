/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "instance_conflict.h"
#include "instance_derive.h"
#include "instance_note.h"
#include "instance_send.h"
#include "instance_yield.h"
#include "mem.h"

#define LOG_INTERVAL_US (10 * US_PER_S)
/* As many lost adverts as let a backup time out. */
#define SEND_FAILURES_MAX 3
/* The pause before another try doubles from 1 s to 32 s. */
#define RETRY_SHIFT_MAX 5

/* ---- the election ---- */

/* A claim from an address that this node has not (mcast_src_ip,
 * unicast_src_ip), where nobody's advert may have been heard either. */
static bool
is_sourceless_claim(const struct instance *in, int error)
{
	return in->vrrp.state == VRRP_BACKUP && in->conf.head.unicast_src.family &&
	    (error == -ENETUNREACH || error == -EADDRNOTAVAIL || error == -EINVAL);
}

static void
send_advert(struct instance *in, uint8_t priority, uint64_t now)
{
	int error = instance_send_advert(in, priority);

	in->send_failed = error != 0;
	if (error) {
		in->send_failures = is_sourceless_claim(in, error)
		    ? SEND_FAILURES_MAX
		    : in->send_failures + 1;
		instance_note_send_error(in, error, now);
		return;
	}
	in->send_failures = 0;
	in->retries = 0;
}

/* For notify_master_rx_lower_pri: whatever is forged, scripts are few. */
static void
count_lower(struct instance *in, uint64_t now)
{
	if (now < in->lower_at_us)
		return;
	in->lower_at_us = now + US_PER_S;
	in->lower_adverts++;
	in->dirty = true;
}

static void
carry_out(struct instance *in, const struct vrrp_actions *actions, uint64_t now)
{
	for (unsigned i = 0; i < actions->count; i++)
		switch (actions->list[i].type) {
		case VRRP_DO_SEND:
			send_advert(in, actions->list[i].priority, now);
			break;
		case VRRP_DO_ANNOUNCE:
			outlets_start(&in->outlets, now);
			break;
		case VRRP_DO_REANNOUNCE:
			outlets_repair(&in->outlets, now);
			in->repaired = true;
			count_lower(in, now);
			break;
		case VRRP_DO_SILENCE:
			outlets_stop(&in->outlets);
			break;
		case VRRP_DO_REPORT:
			in->dirty = true;
			break;
		}
}

/* The one place where the election moves; ev NULL: what is due. */
static void
advance(struct instance *in, const struct vrrp_event *ev, uint64_t now)
{
	enum vrrp_state before = in->vrrp.state;
	struct vrrp_actions actions;

	if (ev)
		vrrp_step(&in->vrrp, ev, now, &actions);
	else
		vrrp_expire(&in->vrrp, now, &actions);
	in->send_failed = false;
	carry_out(in, &actions, now);
	if (in->vrrp.state == before)
		return;
	instance_note_transition(in, before);
	instance_yield_moved(in, before, now);
}

/*
 * A router that cannot tell the others must not hold addresses: after three
 * adverts in a row that did not leave, FAULT, and another try later.
 */
static void
step(struct instance *in, const struct vrrp_event *ev, uint64_t now)
{
	static const struct vrrp_event give_up = {
		.type = VRRP_EV_FAULT,
		.reason = VRRP_REASON_SEND_FAILED,
	};

	advance(in, ev, now);
	if (!in->send_failed || in->send_failures < SEND_FAILURES_MAX ||
	    (in->vrrp.state != VRRP_MASTER && in->vrrp.state != VRRP_BACKUP))
		return;
	in->retry_us = now + (US_PER_S << in->retries);
	if (in->retries < RETRY_SHIFT_MAX)
		in->retries++;
	advance(in, &give_up, now);
}

static void
step_type(struct instance *in, enum vrrp_event_type type, uint64_t now)
{
	struct vrrp_event ev = { .type = type };

	step(in, &ev, now);
}

/* ---- configuration ---- */

/* What keeps the router from taking part. */
static enum vrrp_reason
trouble(const struct instance *in)
{
	const struct iface *i = in->iface;

	if (!i)
		return VRRP_REASON_NO_INTERFACE;
	if (!i->info.usable && !in->conf.head.ignore_link)
		return VRRP_REASON_LINK_DOWN;
	if (!instance_source(in).family)
		return VRRP_REASON_NO_ADDRESS;
	if (in->conf.head.tracker_failed)
		return VRRP_REASON_TRACKER;
	if (i->ports[in->conf.head.family == AF_INET6].tx < 0 ||
	    in->retry_us != VRRP_NEVER)
		return VRRP_REASON_SEND_FAILED;
	return VRRP_REASON_NONE;
}

static void
start(struct instance *in, uint64_t now)
{
	static const enum vrrp_reason reasons[] = {
		[HOLD_LIST] = VRRP_REASON_HOLD,
		[HOLD_DELAY] = VRRP_REASON_DELAY,
		[HOLD_TRACKER] = VRRP_REASON_UNTRACKED,
		[HOLD_VMAC] = VRRP_REASON_VMAC,
	};
	struct vrrp_event hold = {
		.type = VRRP_EV_HOLD,
		.reason = reasons[in->conf.head.hold],
	};

	if (in->resume == RESUME_MASTER)
		step_type(in, VRRP_EV_RESUME, now);
	else if (in->conf.head.hold)
		step(in, &hold, now);
	else
		step_type(in, VRRP_EV_STARTUP, now);
}

/*
 * After any change: stops a router that cannot take part, starts one that can,
 * and tells the election what is new. A source address that is gone is not
 * told: the election resigns with the one it has.
 */
static void
refresh(struct instance *in, uint64_t now)
{
	struct vrrp_event fault = { .type = VRRP_EV_FAULT, .reason = trouble(in) };
	struct vrrp_config conf = instance_election(in);
	struct vrrp_event config = { .type = VRRP_EV_CONFIG, .config = &conf };

	if (fault.reason == VRRP_REASON_NONE && in->group_fault)
		fault.reason = VRRP_REASON_GROUP;
	instance_derive(in, now);
	if (in->leaving)
		return;
	if (fault.reason != VRRP_REASON_NONE) {
		step(in, &fault, now);
		in->resume = RESUME_NOTHING;
		return;
	}
	if (!instance_election_eq(&conf, &in->vrrp.conf))
		step(in, &config, now);
	if (in->vrrp.state == VRRP_INIT || in->vrrp.state == VRRP_FAULT)
		start(in, now);
	if (in->resume == RESUME_YIELDING && in->vrrp.state == VRRP_BACKUP)
		instance_yield_resume(in, now);
	in->resume = RESUME_NOTHING;
}

/* ---- the outside ---- */

static void
take_conf(struct instance *in, struct instance_conf *c)
{
	instance_conf_free(&in->conf);
	in->conf = *c;
	*c = (struct instance_conf){ 0 };
	in->conf.head.resume = in->conf.head.handed_over = 0;
	instance_lay_out(in);
}

struct instance *
instance_new(struct instance_conf *c, struct iface *iface, uint64_t now_us)
{
	struct instance *in = xcalloc(1, sizeof(*in));
	struct vrrp_config conf;

	bool handed_over = c->head.handed_over;

	in->resume = c->head.resume;
	in->iface = iface;
	in->retry_us = VRRP_NEVER;
	in->dirty = true;
	in->dropped.interval_us = LOG_INTERVAL_US;
	in->differs.interval_us = LOG_INTERVAL_US;
	in->sending.interval_us = LOG_INTERVAL_US;
	in->conflicting.interval_us = LOG_INTERVAL_US;
	take_conf(in, c);
	conf = instance_election(in);
	vrrp_init(&in->vrrp, &conf, now_us);
	in->vrrp.handed_over = handed_over;
	refresh(in, now_us);
	return in;
}

void
instance_free(struct instance *in, uint64_t now_us)
{
	instance_stop(in, now_us);
	yield_fini(&in->yield);
	instance_conflict_fini(in);
	outlets_fini(&in->outlets);
	instance_conf_free(&in->conf);
	free(in->advertised);
	free(in);
}

void
instance_configure(
    struct instance *in, struct instance_conf *c, struct iface *iface, uint64_t now_us)
{
	bool restart = !instance_conf_same_router(&in->conf, c);

	c->head.resume = c->head.handed_over = 0;
	if (in->iface == iface && instance_conf_eq(&in->conf, c)) {
		instance_conf_free(c);
		return;
	}
	if (restart) {
		instance_stop(in, now_us); /* under its old identity */
		in->retry_us = VRRP_NEVER;
	}
	if (strcmp(in->conf.head.group, c->head.group))
		in->group_fault = false;
	take_conf(in, c);
	in->iface = iface;
	refresh(in, now_us);
}

void
instance_on_iface(struct instance *in, struct iface *iface, uint64_t now_us)
{
	in->iface = iface;
	refresh(in, now_us);
}

void
instance_stop(struct instance *in, uint64_t now_us)
{
	step_type(in, VRRP_EV_SHUTDOWN, now_us);
	yield_cancel(&in->yield, false);
}

void
instance_leave(struct instance *in, uint64_t now_us)
{
	in->leaving = true;
	step_type(in, VRRP_EV_SHUTDOWN, now_us);
}

void
instance_hand_over(struct instance *in, enum handover_action action, uint64_t now_us)
{
	switch (action) {
	case HANDOVER_BEGIN:
		if (in->vrrp.state != VRRP_MASTER)
			yield_decline(&in->yield);
		else
			step_type(in, VRRP_EV_HANDOVER, now_us);
		break;
	case HANDOVER_FORGET:
		in->vrrp.handed_over = false;
		in->dirty = true;
		break;
	}
}

bool
instance_is_troubled(const struct instance *in)
{
	return trouble(in) != VRRP_REASON_NONE;
}

void
instance_obey(struct instance *in, enum group_order order, uint64_t now_us)
{
	switch (order) {
	case GROUP_REST:
		break;
	case GROUP_FAULT:
	case GROUP_RECOVER:
		in->group_fault = order == GROUP_FAULT;
		refresh(in, now_us);
		break;
	case GROUP_YIELD:
		step_type(in, VRRP_EV_YIELD, now_us);
		break;
	case GROUP_RETRY:
		step_type(in, VRRP_EV_RETRY, now_us);
		break;
	case GROUP_LEAD:
	case GROUP_CLAIM:
		if (vrrp_ready_at(&in->vrrp) <= now_us)
			step_type(in, VRRP_EV_MASTER_DOWN_TIMER, now_us);
		break;
	case GROUP_TAKE:
		if (in->vrrp.state != VRRP_MASTER)
			step(in, NULL, now_us);
		break;
	}
}

static bool
is_held(const struct instance *in, uint64_t now_us)
{
	return in->conf.head.group[0] && group_holds(&in->vrrp, now_us);
}

/* I1 in figures: how long after its time the Adver_Timer is served. */
static void
note_lateness(struct instance *in, uint64_t now_us)
{
	uint64_t due_us = in->vrrp.adver_timer;

	if (due_us > now_us)
		return;
	in->counters.value[COUNT_LATENESS_US] += now_us - due_us;
	if (now_us - due_us > in->vrrp.conf.advert_us / 10)
		in->counters.value[COUNT_ADVERTS_LATE]++;
}

void
instance_expire(struct instance *in, uint64_t now_us)
{
	if (vrrp_deadline(&in->vrrp) <= now_us && !is_held(in, now_us)) {
		note_lateness(in, now_us);
		step(in, NULL, now_us);
	}
	if (in->retry_us <= now_us) {
		in->retry_us = VRRP_NEVER;
		refresh(in, now_us);
	}
	yield_expire(&in->yield, now_us);
	instance_conflict_expire(in, now_us);
}

unsigned
instance_announce(struct instance *in, int fd, unsigned max, uint64_t now_us)
{
	struct msg_installed_record at;
	struct iface *iface;
	struct ipaddr addr;
	unsigned n = 0;

	for (; n < max && probes_next(&in->probes, now_us, &at); n++)
		instance_send_probe(in, fd, &at);
	while (n < max && outlets_next(&in->outlets, now_us, &addr, &iface)) {
		instance_send_announcement(in, iface, fd, &addr);
		n++;
	}
	return n;
}

uint64_t
instance_deadline(const struct instance *in, uint64_t now_us)
{
	uint64_t at = in->conf.head.group[0] ? group_deadline(&in->vrrp, now_us)
					     : vrrp_deadline(&in->vrrp);
	uint64_t announce = outlets_deadline(&in->outlets);
	uint64_t yield = yield_deadline(&in->yield);
	uint64_t probe = probes_deadline(&in->probes);

	if (in->retry_us < at)
		at = in->retry_us;
	if (yield < at)
		at = yield;
	if (probe < at)
		at = probe;
	return announce < at ? announce : at;
}

/* ---- adverts ---- */

enum advert_verdict
instance_read(
    const struct instance *in, const struct advert_packet *packet, struct advert *out)
{
	return advert_read(&in->policy, packet, out);
}

void
instance_on_advert(struct instance *in, const struct advert_packet *packet,
    const struct advert *advert, uint64_t now_us)
{
	struct vrrp_event ev = {
		.type = VRRP_EV_ADVERT,
		.advert = {
			.source = packet->src,
			.priority = advert->priority,
			.advert_us = advert->advert_us,
		},
	};

	struct trailer_time now = { packet->wall_us, packet->mono_us };

	if (advert->is_authentic)
		trailer_accept(&in->trailer, &packet->src, advert->sequence, &now);
	instance_note_advert(in, packet, advert, now_us);
	in->heard_by = packet->vmac_ifindex;
	step(in, &ev, now_us);
	in->rival_us = now_us;
	instance_yield_advert(in, &packet->src, advert->priority, now_us);
}

/* ---- for vipd ---- */

struct msg_state
instance_state(const struct instance *in)
{
	const struct vrrp *r = &in->vrrp;

	return (struct msg_state){
		.id = in->conf.head.id,
		.state = (uint8_t)r->state,
		.reason = (uint8_t)r->reason,
		.priority = r->conf.priority,
		.master_priority = r->master_priority,
		.master_advert_us = r->master_adver_us,
		.master = r->master,
		.since_us = r->since_us,
		.transitions = r->transitions,
		.yielding = in->yield.active,
		.handed_over = r->handed_over,
		.lower_adverts = in->lower_adverts,
	};
}

size_t
instance_counters(const struct instance *in, struct msg_counter list[COUNTERS_LIST_MAX])
{
	struct counters mine = in->counters;

	mine.value[COUNT_CLAIMS_LOST] = in->vrrp.claims_lost;
	return counters_list(&mine,
	    in->iface ? &iface_port(in->iface, in->conf.head.family)->counters : NULL,
	    list);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "instance_tell.h"
#include "instance_watch.h"
#include "mem.h"

void
answer_node(struct chan *to, const struct answer_source *src)
{
	struct msg_ctl_node node = src->node;

	node.now_us = clock_us();
	node.wall_us = node.now_us + src->wall_ahead_us;
	chan_send(to, MSG_CTL_NODE, &node, NULL, 0);
}

static void
answer_addresses(struct chan *to, const struct instance *in)
{
	struct msg_instance_ref ref = { .id = in->id };
	size_t max = msg_records_max(MSG_CTL_ADDRESSES), n;

	for (size_t i = 0; i < in->n_addresses; i += n) {
		n = in->n_addresses - i < max ? in->n_addresses - i : max;
		chan_send(to, MSG_CTL_ADDRESSES, &ref, in->addresses + i, n);
	}
}

void
answer_instances(struct chan *to, const struct answer_source *src, bool counters)
{
	for (struct instance *in = src->instances->first; in; in = in->next) {
		struct msg_instance_ref ref = { .id = in->id };
		struct msg_ctl_instance m = { .state = in->state };

		if (!in->conf)
			continue;
		m.conf = instance_describe(src->instances, in);
		m.configured_priority = in->conf->priority;
		m.wants_services = in->conf->wants_services;
		m.soft = instance_soft_reasons(src->instances, in);
		instance_tracker_reason(src->instances, in, m.tracker, sizeof(m.tracker));
		chan_send(to, MSG_CTL_INSTANCE, &m, NULL, 0);
		answer_addresses(to, in);
		instance_send_tracks(src->instances, in, to);
		if (counters && in->n_counters)
			chan_send(to, MSG_COUNTERS, &ref, in->counters, in->n_counters);
	}
}

/* ---- Services ---- */

static enum service_state
state_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_CONFLICT:
		return SERVICE_CONFLICT;
	case VERDICT_PENDING:
		return SERVICE_PENDING;
	case VERDICT_IGNORED:
		return SERVICE_IGNORED;
	case VERDICT_OK:
	case VERDICT_REFUSED:
	case VERDICT_INVALID:
		break;
	}
	return SERVICE_REFUSED;
}

/* The first address that is not to be had, or NULL. */
static const struct msg_service_address *
first_rejected(const struct service *sv)
{
	for (size_t i = 0; i < sv->n_addresses; i++)
		if (sv->addresses[i].verdict != VERDICT_OK)
			return &sv->addresses[i];
	return NULL;
}

static bool
has_good_address(const struct service *sv)
{
	for (size_t i = 0; i < sv->n_addresses; i++)
		if (sv->addresses[i].verdict == VERDICT_OK)
			return true;
	return false;
}

/* MASTER for any of the Service's addresses here? Missing ones are named. */
static enum service_state
state_on_wire(
    const struct answer_source *src, const struct service *sv, char reason[REASON_LEN])
{
	enum service_state state = SERVICE_STANDBY;
	char text[IPADDR_STRLEN];

	for (size_t i = 0; i < sv->n_addresses; i++) {
		const struct msg_service_address *a = &sv->addresses[i];
		const struct instance *in = instances_find(src->instances, a->instance);
		const struct msg_ctl_address *shown;

		if (a->verdict != VERDICT_OK || !in || in->state.state != VRRP_MASTER)
			continue;
		shown = instance_find_address(in, &a->addr);
		if (shown && shown->use != ADDRESS_FREE) {
			snprintf(reason, REASON_LEN, "%s: %s",
			    ipaddr_format(&a->addr, text),
			    shown->error[0] ? shown->error
					    : "is asked for before its first use");
			return shown->use == ADDRESS_TAKEN ? SERVICE_CONFLICT
							   : SERVICE_PENDING;
		}
		if (shown && shown->installed) {
			state = SERVICE_SERVING;
		} else if (shown && shown->error[0]) {
			snprintf(reason, REASON_LEN, "%s on %s: %s",
			    ipaddr_format(&a->addr, text), shown->dev, shown->error);
			return SERVICE_FAILED;
		}
	}
	return state;
}

enum service_state
answer_service_state(
    const struct answer_source *src, const struct service *sv, char reason[REASON_LEN])
{
	const struct msg_service_address *rejected = first_rejected(sv);

	reason[0] = '\0';
	if (sv->head.verdict != VERDICT_OK) {
		str_copy(reason, REASON_LEN, sv->head.reason);
		return state_of_verdict((enum verdict)sv->head.verdict);
	}
	if (rejected)
		str_copy(reason, REASON_LEN, rejected->reason);
	if (rejected && !has_good_address(sv))
		return state_of_verdict((enum verdict)rejected->verdict);
	if (sv->failed) {
		str_copy(reason, REASON_LEN, sv->failure);
		return SERVICE_FAILED;
	}
	if (!sv->n_placed) {
		str_copy(reason, REASON_LEN, "its rules are being put in place");
		return SERVICE_PENDING;
	}
	if (!sv->head.endpoints) {
		str_copy(reason, REASON_LEN,
		    "no ready endpoint: no pod or EndpointSlice behind it is ready");
		return SERVICE_NO_ENDPOINTS;
	}
	return state_on_wire(src, sv, reason);
}

void
answer_service(struct chan *to, const struct answer_source *src, const struct service *sv)
{
	struct msg_ctl_service m = { .key = sv->head.key, .in_place = sv->in_place };

	m.counted = sv->counted;
	m.count = sv->count;

	service_send(sv, to, 0);
	m.state = answer_service_state(src, sv, m.reason);
	chan_send(to, MSG_CTL_SERVICE, &m, NULL, 0);
}

static int
by_name(const struct service *a, const struct service *b)
{
	return memcmp(&a->head.key, &b->head.key, sizeof(a->head.key));
}

void
answer_services(struct chan *to, const struct answer_source *src)
{
	/* By name; only the order of iteration changes. */
	HASH_SRT(hh, src->services->all, by_name);
	for (struct service *sv = src->services->all; sv; sv = sv->hh.next)
		if (!sv->leaving)
			answer_service(to, src, sv);
}

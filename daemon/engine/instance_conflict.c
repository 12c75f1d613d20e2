/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_conflict.h"

#include <stdlib.h>

#include "clock.h"
#include "mem.h"

/* So long after its last advert another router is one of ours. */
#define RIVAL_MIN_US (5 * US_PER_S)
#define RIVAL_ADVERTS 3

static bool
has_rival(const struct instance *in, uint64_t now)
{
	uint64_t window = RIVAL_ADVERTS * (uint64_t)in->conf.head.advert_us;

	return in->rival_us &&
	    now - in->rival_us < (window > RIVAL_MIN_US ? window : RIVAL_MIN_US);
}

static void
note_conflict(struct instance *in, const struct msg_conflict *m, uint64_t now)
{
	char text[IPADDR_STRLEN];
	uint32_t held;

	if (log_allowed(&in->conflicting, now, &held))
		log_warn("%s: %s is used by %02x:%02x:%02x:%02x:%02x:%02x too; it is "
			 "announced once more (%u times heard, %u lines held back)",
		    in->conf.head.name, ipaddr_format(&m->at.addr, text), m->mac[0],
		    m->mac[1], m->mac[2], m->mac[3], m->mac[4], m->mac[5], m->count,
		    held);
	in->told_conflicts = array_grow(in->told_conflicts, in->n_conflicts,
	    &in->cap_conflicts, sizeof(*in->told_conflicts));
	in->told_conflicts[in->n_conflicts] = *m;
	in->told_conflicts[in->n_conflicts++].id = in->conf.head.id;
}

static bool
watch_held(struct instance *in, const struct msg_installed_record *at,
    const struct neighbour *n, uint64_t now)
{
	struct msg_conflict m;

	if (n->kind == NEIGHBOUR_PROBES || !outlets_have(&in->outlets, at))
		return false;
	if (has_rival(in, now)) {
		in->counters.value[COUNT_RIVAL_NEIGHBOURS]++;
		return false;
	}
	in->counters.value[COUNT_CONFLICTS]++;
	if (!conflicts_heard(&in->conflicts, at, n->mac, now, &m))
		return false;
	note_conflict(in, &m, now);
	outlets_defend(&in->outlets, at);
	return true;
}

bool
instance_conflict_neighbour(struct instance *in, const struct iface *iface,
    const struct neighbour *n, uint64_t now_us)
{
	struct msg_installed_record at = {
		.addr = n->addr,
		.ifindex = iface->info.ifindex,
	};

	if (in->vrrp.state == VRRP_MASTER && watch_held(in, &at, n, now_us))
		return true;
	if (!in->probes.all)
		return false;
	probes_heard(&in->probes, &at, n->mac);
	instance_conflict_expire(in, now_us);
	return true;
}

void
instance_conflict_expire(struct instance *in, uint64_t now_us)
{
	struct msg_probed m;

	while (probes_result(&in->probes, now_us, &m)) {
		m.id = in->conf.head.id;
		in->probed = array_grow(
		    in->probed, in->n_probed, &in->cap_probed, sizeof(*in->probed));
		in->probed[in->n_probed++] = m;
	}
}

bool
instance_conflict_is_news(const struct instance *in)
{
	return in->n_conflicts || in->n_probed;
}

void
instance_conflict_tell(struct instance *in, struct chan *vipd)
{
	for (size_t i = 0; i < in->n_conflicts; i++)
		chan_send(vipd, MSG_CONFLICT, &in->told_conflicts[i], NULL, 0);
	for (size_t i = 0; i < in->n_probed; i++)
		chan_send(vipd, MSG_PROBED, &in->probed[i], NULL, 0);
	in->n_conflicts = in->n_probed = 0;
}

void
instance_conflict_fini(struct instance *in)
{
	conflicts_fini(&in->conflicts);
	probes_fini(&in->probes);
	free(in->told_conflicts);
	free(in->probed);
}

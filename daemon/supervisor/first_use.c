/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "first_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "instance_tell.h"
#include "log.h"
#include "mem.h"

#define CHECK_S 0.5
/* The engine takes 0.4 s. */
#define ANSWER_MAX_US (2 * US_PER_S)
#define RETRY_SHIFT_MAX 6

uint64_t
first_use_retry_us(uint32_t failed)
{
	return US_PER_S << (failed < RETRY_SHIFT_MAX ? failed : RETRY_SHIFT_MAX);
}

void
first_use_carry(struct msg_ctl_address *a, const struct msg_ctl_address *before,
    bool was_master, bool is_master)
{
	if (before) {
		a->use = before->use;
		memcpy(a->conflict_mac, before->conflict_mac, sizeof(a->conflict_mac));
		a->probes_failed = before->probes_failed;
		a->conflicts = before->conflicts;
		a->conflict_us = before->conflict_us;
		a->probe_us = before->probe_us;
	} else if (a->origin != ORIGIN_STATIC && was_master) {
		a->use = ADDRESS_PROBED;
	}
	if (!is_master)
		a->use = ADDRESS_FREE;
}

static bool
is_due(const struct msg_ctl_address *a, uint64_t now)
{
	switch ((enum address_use)a->use) {
	case ADDRESS_FREE:
		break;
	case ADDRESS_PROBED:
		return !a->probe_us;
	case ADDRESS_TAKEN:
		return now >= a->probe_us;
	}
	return false;
}

void
first_use_ask(struct instances *is, struct instance *in)
{
	_free_ struct msg_installed_record *list = NULL;
	uint64_t now = clock_us();
	size_t n = 0, cap = 0;

	for (size_t i = in->n_static; i < in->n_addresses; i++) {
		struct msg_ctl_address *a = &in->addresses[i];
		const struct link *link;

		if (a->use == ADDRESS_FREE)
			continue;
		ev_timer_again(is->loop, &is->first_use);
		link = links_find_by_name(is->links, a->dev);
		if (!is_due(a, now) || !is->engine || !link)
			continue;
		a->use = ADDRESS_PROBED;
		a->probe_us = now;
		list = array_grow(list, n, &cap, sizeof(*list));
		list[n++] = (struct msg_installed_record){
			.addr = a->addr,
			.ifindex = link_index(link),
		};
	}
	if (n)
		instance_send_places(is->engine, MSG_PROBE, in->id, list, n);
}

static void
take_into_use(struct msg_ctl_address *a)
{
	a->use = ADDRESS_FREE;
	a->probes_failed = 0;
	a->error[0] = '\0';
}

static void
on_check(struct ev_loop *loop, ev_timer *w, int events)
{
	struct instances *is = container_of(w, struct instances, first_use);
	uint64_t now = clock_us();

	(void)events;
	ev_timer_stop(loop, w);
	for (struct instance *in = is->first; in; in = in->next) {
		for (size_t i = in->n_static; i < in->n_addresses; i++) {
			struct msg_ctl_address *a = &in->addresses[i];

			if (a->use == ADDRESS_PROBED && a->probe_us &&
			    now - a->probe_us > ANSWER_MAX_US) {
				take_into_use(a);
				instances_wants_changed(is);
			}
		}
		first_use_ask(is, in);
	}
}

void
first_use_on_probed(struct instances *is, const struct msg_probed *m)
{
	struct instance *in = instances_by_id(is, m->id);
	struct msg_ctl_address *a = in ? instance_address(in, &m->at.addr) : NULL;
	char text[IPADDR_STRLEN];

	if (!a || a->use != ADDRESS_PROBED)
		return;
	instances_wants_changed_in_part(is);
	if (!m->taken) {
		take_into_use(a);
		return;
	}
	memcpy(a->conflict_mac, m->mac, sizeof(a->conflict_mac));
	a->use = ADDRESS_TAKEN;
	a->probe_us = clock_us() + first_use_retry_us(a->probes_failed++);
	snprintf(a->error, sizeof(a->error),
	    "%02x:%02x:%02x:%02x:%02x:%02x has it already", m->mac[0], m->mac[1],
	    m->mac[2], m->mac[3], m->mac[4], m->mac[5]);
	if (a->probes_failed == 1)
		log_warn("%s: %s is not used: %s; asked again from time to time",
		    in->name, ipaddr_format(&a->addr, text), a->error);
}

void
first_use_on_conflict(struct instances *is, const struct msg_conflict *m)
{
	struct instance *in = instances_by_id(is, m->id);
	struct msg_ctl_address *a = in ? instance_address(in, &m->at.addr) : NULL;

	if (!a)
		return;
	memcpy(a->conflict_mac, m->mac, sizeof(a->conflict_mac));
	a->conflicts = m->count;
	a->conflict_us = clock_us();
}

void
first_use_init(struct instances *is)
{
	ev_timer_init(&is->first_use, on_check, CHECK_S, CHECK_S);
}

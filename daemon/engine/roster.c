/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "roster.h"

#include <string.h>
#include <uthash.h>

#include "group.h"
#include "instance_conflict.h"
#include "instance_yield.h"
#include "mem.h"

/* At least, of one router before the next has its turn. */
#define ANNOUNCE_TURN 8
/* Orders follow each other (fault, recover, claim, take); none repeats. */
#define SETTLE_ROUNDS 8

struct instance *
roster_find(const struct roster *r, uint32_t id)
{
	struct instance *in = r->first;

	while (in && in->conf.head.id != id)
		in = in->next;
	return in;
}

/* ---- by what a packet says ---- */

/* Never 0: no interface has the index 0. */
static uint64_t
make_key(const struct iface *i, uint8_t family, uint8_t vrid)
{
	return (uint64_t)i->info.ifindex << 16 | (uint64_t)family << 8 | vrid;
}

struct instance *
roster_lookup(const struct roster *r, const struct iface *i, uint8_t family, uint8_t vrid)
{
	uint64_t key = make_key(i, family, vrid);
	struct instance *in;

	HASH_FIND(hh, r->by_router, &key, sizeof(key), in);
	return in;
}

void
roster_list(struct roster *r, struct instance *in)
{
	struct instance *head;

	in->same = NULL;
	if (!in->iface)
		return;
	in->key = make_key(in->iface, in->conf.head.family, in->conf.head.vrid);
	HASH_FIND(hh, r->by_router, &in->key, sizeof(in->key), head);
	if (!head) {
		HASH_ADD(hh, r->by_router, key, sizeof(in->key), in);
		return;
	}
	while (head->same)
		head = head->same;
	head->same = in;
}

void
roster_unlist(struct roster *r, struct instance *in)
{
	struct instance *head, *next = in->same;

	if (!in->key)
		return;
	HASH_FIND(hh, r->by_router, &in->key, sizeof(in->key), head);
	if (head == in) {
		HASH_DEL(r->by_router, in);
		if (next)
			HASH_ADD(hh, r->by_router, key, sizeof(next->key), next);
	} else {
		while (head->same != in)
			head = head->same;
		head->same = next;
	}
	in->key = 0;
	in->same = NULL;
}

/* ---- sync groups ---- */

static bool
is_in(const struct instance *in, const char *group)
{
	return !strcmp(in->conf.head.group, group);
}

static enum group_order
order_of(
    const struct roster *r, const char *group, uint64_t now, const struct instance **lead)
{
	struct group g = { 0 };

	*lead = NULL;
	for (const struct instance *in = r->first; in; in = in->next) {
		struct group_member m = {
			.vrrp = &in->vrrp,
			.troubled = instance_is_troubled(in),
			.faulted = in->group_fault,
		};

		if (!is_in(in, group))
			continue;
		group_count(&g, &m, now);
		if (!*lead || instance_conf_leads(&in->conf, &(*lead)->conf))
			*lead = in;
	}
	if (*lead)
		group_lead(&g, &(*lead)->vrrp, now);
	return group_order(&g);
}

static void
note(struct roster *r, struct instance *in, uint64_t now)
{
	uint64_t at = instance_deadline(in, now);

	r->dirty |=
	    in->dirty || instance_yield_is_news(in) || instance_conflict_is_news(in);
	r->marks |= in->trailer.has_news;
	/* Who had its turn waits behind those who had none. */
	deadline_set(&r->deadlines, &in->deadline,
	    at < in->turn_us && at != DEADLINE_NEVER ? in->turn_us : at);
}

static void
share_repair(struct roster *r, const char *group, uint64_t now)
{
	bool wanted = false;

	for (struct instance *in = r->first; in; in = in->next)
		if (is_in(in, group)) {
			wanted |= in->repaired;
			in->repaired = false;
		}
	for (struct instance *in = r->first; in && wanted; in = in->next)
		if (is_in(in, group))
			outlets_repair(&in->outlets, now);
}

void
roster_settle(struct roster *r, const char *group, uint64_t now_us)
{
	const struct instance *lead;
	enum group_order order;

	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		order = order_of(r, group, now_us, &lead);
		if (order == GROUP_REST)
			break;
		for (struct instance *in = r->first; in; in = in->next)
			if (is_in(in, group) && (order != GROUP_LEAD || in == lead))
				instance_obey(in, order, now_us);
	}
	share_repair(r, group, now_us);
	for (struct instance *in = r->first; in; in = in->next)
		if (is_in(in, group))
			note(r, in, now_us);
}

void
roster_touch(struct roster *r, struct instance *in, uint64_t now_us)
{
	if (in->conf.head.group[0])
		roster_settle(r, in->conf.head.group, now_us);
	else
		note(r, in, now_us);
}

/* ---- coming and going ---- */

void
roster_add(struct roster *r, struct instance *in)
{
	struct instance **at = &r->first;

	while (*at)
		at = &(*at)->next;
	*at = in;
	roster_list(r, in);
}

void
roster_remove(struct roster *r, struct instance *in, uint64_t now_us)
{
	struct instance **at = &r->first;

	while (*at != in)
		at = &(*at)->next;
	*at = in->next;
	roster_unlist(r, in);
	deadline_set(&r->deadlines, &in->deadline, DEADLINE_NEVER);
	if (in->conf.head.group[0])
		roster_settle(r, in->conf.head.group, now_us);
}

/* ---- handing over ---- */

void
roster_neighbour(
    struct roster *r, const struct iface *i, const struct neighbour *n, uint64_t now_us)
{
	for (struct instance *in = r->first; in; in = in->next)
		if (instance_yield_neighbour(in, i, n, now_us) ||
		    instance_conflict_neighbour(in, i, n, now_us))
			roster_touch(r, in, now_us);
}

void
roster_hand_over(
    struct roster *r, struct instance *in, enum handover_action action, uint64_t now_us)
{
	const char *group = in->conf.head.group;

	instance_hand_over(in, action, now_us);
	for (struct instance *m = r->first; m && group[0]; m = m->next)
		if (m != in && is_in(m, group) && m->vrrp.state == VRRP_MASTER)
			instance_hand_over(m, action, now_us);
	roster_touch(r, in, now_us);
}

void
roster_leave(struct roster *r, uint64_t now_us)
{
	/* All of a group before any of it looks at the others. */
	for (struct instance *in = r->first; in; in = in->next)
		instance_leave(in, now_us);
	for (struct instance *in = r->first; in; in = in->next)
		roster_touch(r, in, now_us);
}

bool
roster_yields(const struct roster *r)
{
	for (const struct instance *in = r->first; in; in = in->next)
		if (in->yield.active)
			return true;
	return false;
}

/* ---- time ---- */

uint64_t
roster_deadline(const struct roster *r)
{
	const struct deadline *d = deadline_first(&r->deadlines);

	return d ? d->at_us : DEADLINE_NEVER;
}

/*
 * Elections first, whatever there is to announce; then announcements in turns,
 * so that a router with thousands of addresses does not keep others waiting.
 * Who is not done is due again at once, behind the others.
 */
void
roster_run(struct roster *r, int announce_fd, unsigned budget, uint64_t now_us)
{
	struct instance *due = NULL, **last = &due, *in;
	unsigned n, n_due = 0, turn;

	while (roster_deadline(r) <= now_us) {
		in = container_of(
		    deadline_first(&r->deadlines), struct instance, deadline);
		deadline_set(&r->deadlines, &in->deadline, DEADLINE_NEVER);
		in->next_due = NULL;
		*last = in;
		last = &in->next_due;
		n_due++;
	}
	turn = n_due && budget / n_due > ANNOUNCE_TURN ? budget / n_due : ANNOUNCE_TURN;
	for (in = due; in; in = in->next_due)
		instance_expire(in, now_us);
	for (in = due; in; in = in->next_due) {
		n = budget < turn ? budget : turn;
		n = instance_announce(in, announce_fd, n, now_us);
		budget -= n;
		if (n)
			in->turn_us = now_us;
	}
	for (in = due; in; in = in->next_due)
		roster_touch(r, in, now_us);
}

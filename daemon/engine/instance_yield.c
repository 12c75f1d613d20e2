/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_yield.h"

#include <string.h>

#include "clock.h"

/* Behind the end of a handover's wait: the claim of who is master again. */
#define RETURN_SLACK_US (50 * US_PER_MS)
#define RELEASED_BATCH 256

static void
hold(void *arg, const struct msg_installed_record *at)
{
	yield_hold(arg, at);
}

static uint64_t
latest(const struct instance *in, uint64_t now)
{
	return now + vrrp_handover_wait(&in->vrrp) + RETURN_SLACK_US;
}

/*
 * From the virtual MAC an advert takes the switches along: nothing reaches this
 * node any more. A vipd that has not got its addresses yet sends its adverts from
 * its own MAC (instance_send.c).
 */
static void
follow(
    struct instance *in, const struct ipaddr *successor, uint8_t priority, uint64_t now)
{
	yield_follow(&in->yield, successor, priority, now);
	if (in->heard_by)
		yield_moved(&in->yield, in->heard_by, now);
}

void
instance_yield_moved(struct instance *in, enum vrrp_state before, uint64_t now_us)
{
	const struct vrrp *r = &in->vrrp;
	bool known = r->state == VRRP_BACKUP && r->master.family;

	if (r->state == VRRP_MASTER || r->state == VRRP_FAULT)
		yield_cancel(&in->yield, r->state == VRRP_MASTER);
	if (before != VRRP_MASTER || r->state == VRRP_FAULT)
		return;
	yield_begin(&in->yield, known ? YIELD_NEVER : latest(in, now_us), now_us);
	outlets_each(&in->outlets, hold, &in->yield);
	if (known)
		follow(in, &r->master, r->master_priority, now_us);
	/* Who stops and holds nothing has nothing to wait for. */
	if (r->state == VRRP_INIT && !in->yield.held)
		yield_cancel(&in->yield, false);
}

void
instance_yield_advert(
    struct instance *in, const struct ipaddr *from, uint8_t priority, uint64_t now_us)
{
	if (priority != VRRP_PRIORITY_STOP)
		follow(in, from, priority, now_us);
}

bool
instance_yield_neighbour(struct instance *in, const struct iface *iface,
    const struct neighbour *n, uint64_t now_us)
{
	struct msg_installed_record at = {
		.addr = n->addr,
		.ifindex = iface->info.ifindex,
	};

	if (!in->yield.active || n->kind != NEIGHBOUR_ANNOUNCES)
		return false;
	yield_heard(&in->yield, &at, now_us);
	if (iface->info.heard_for && !memcmp(n->mac, iface->info.mac, sizeof(n->mac)))
		yield_moved(&in->yield, at.ifindex, now_us);
	return true;
}

void
instance_yield_resume(struct instance *in, uint64_t now_us)
{
	yield_begin(&in->yield, latest(in, now_us), now_us);
}

bool
instance_yield_is_news(const struct instance *in)
{
	return in->yield.reportable || in->yield.released;
}

void
instance_yield_tell(struct instance *in, struct chan *vipd)
{
	struct msg_instance_ref ref = { .id = in->conf.head.id };
	struct msg_installed_record list[RELEASED_BATCH];
	struct msg_yielded report;
	size_t n;

	while ((n = yield_take(&in->yield, list, RELEASED_BATCH)) > 0)
		chan_send(vipd, MSG_RELEASED, &ref, list, n);
	if (!yield_report(&in->yield, &report))
		return;
	report.id = ref.id;
	chan_send(vipd, MSG_YIELDED, &report, NULL, 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include "vrrp.h"

void
group_count(struct group *g, const struct group_member *m, uint64_t now_us)
{
	const struct vrrp *r = m->vrrp;
	bool claiming = r->claim_timer != VRRP_NEVER;
	bool due = !claiming && vrrp_is_due(r, now_us);

	g->members++;
	g->troubled += m->troubled;
	g->faulted += m->faulted;
	g->masters += r->state == VRRP_MASTER;
	g->due += due;
	g->claiming += claiming;
	g->claimed += claiming && r->claim_timer <= now_us;
	g->following += r->state == VRRP_BACKUP && r->master.family && !claiming && !due;
}

enum group_order
group_order(const struct group *g)
{
	if (g->troubled)
		return g->faulted < g->members ? GROUP_FAULT : GROUP_REST;
	if (g->faulted)
		return GROUP_RECOVER;
	if (g->following)
		return g->masters + g->claiming ? GROUP_YIELD : GROUP_REST;
	if (g->masters + g->due + g->claiming < g->members)
		return GROUP_REST;
	if (g->due)
		return GROUP_CLAIM;
	return g->claimed && g->claimed == g->claiming ? GROUP_TAKE : GROUP_REST;
}

bool
group_holds(const struct vrrp *r, uint64_t now_us)
{
	return r->state != VRRP_MASTER && vrrp_deadline(r) <= now_us;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include "vrrp.h"

void
group_count(struct group *g, const struct group_member *m, uint64_t now_us)
{
	const struct vrrp *r = m->vrrp;
	bool claiming = r->claim_timer != VRRP_NEVER;
	bool ready = vrrp_ready_at(r) <= now_us;

	g->members++;
	g->troubled += m->troubled;
	g->faulted += m->faulted;
	g->masters += r->state == VRRP_MASTER;
	g->ready += ready;
	g->claiming += claiming;
	g->claimed += claiming && r->claim_timer <= now_us;
	g->following +=
	    r->state == VRRP_BACKUP && r->master.family && !claiming && !ready;
}

void
group_lead(struct group *g, const struct vrrp *lead, uint64_t now_us)
{
	bool claiming = lead->claim_timer != VRRP_NEVER;

	g->lead_ready = vrrp_ready_at(lead) <= now_us;
	g->lead_due = vrrp_is_due(lead, now_us);
	g->lead_claims = claiming && lead->state == VRRP_BACKUP;
	g->lead_open = claiming && lead->claim_timer > now_us;
}

static enum group_order
all_would(const struct group *g)
{
	if (g->lead_ready)
		return g->lead_due ? GROUP_LEAD : GROUP_REST;
	if (g->ready)
		return g->lead_open ? GROUP_REST : GROUP_CLAIM;
	return g->claimed && g->claimed == g->claiming ? GROUP_TAKE : GROUP_REST;
}

enum group_order
group_order(const struct group *g)
{
	if (g->troubled)
		return g->faulted < g->members ? GROUP_FAULT : GROUP_REST;
	if (g->faulted)
		return GROUP_RECOVER;
	if (g->following)
		return g->masters    ? GROUP_YIELD
		    : g->lead_claims ? GROUP_RETRY
		    : g->claiming    ? GROUP_YIELD
				     : GROUP_REST;
	if (g->masters + g->ready + g->claiming < g->members)
		return GROUP_REST;
	return all_would(g);
}

bool
group_holds(const struct vrrp *r, uint64_t now_us)
{
	return r->state != VRRP_MASTER && vrrp_deadline(r) <= now_us;
}

uint64_t
group_deadline(const struct vrrp *r, uint64_t now_us)
{
	uint64_t ready = vrrp_ready_at(r);

	if (ready > now_us && ready != VRRP_NEVER)
		return ready;
	return group_holds(r, now_us) ? VRRP_NEVER : vrrp_deadline(r);
}

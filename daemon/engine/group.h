/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sync group (vrrp_sync_group): members become MASTER together, once each of
 * them would, and none stays behind when one goes. Pure: members are counted,
 * and the counts say what all members have to do next. Not in the RFC; it only
 * decides when a member's own election (vrrp.h) may go on.
 *
 * A member that joins a group that is MASTER does not take the others down: it
 * becomes MASTER on its own when its network has none.
 *
 * Nodes may have opposite priorities in two networks. Who claims both at once then
 * loses one of them to somebody who loses the other. So one member, the same on
 * every node, leads: its network decides. It waits for its Skew_Time, the others
 * only until no master can be there, and they claim once its claim has stood.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct vrrp;

struct group_member {
	const struct vrrp *vrrp;
	bool troubled; /* for a reason of its own it cannot take part */
	bool faulted;  /* GROUP_FAULT was told, GROUP_RECOVER not since */
};

/* Of one group, at one time. */
struct group {
	unsigned members;
	unsigned troubled;
	unsigned faulted;
	unsigned masters;
	unsigned ready;     /* no master for as long as the best backup waits */
	unsigned claiming;  /* the advert is out, or it resumes */
	unsigned claimed;   /* of those: the window is over */
	unsigned following; /* a master is heard */
	bool lead_ready;
	bool lead_due; /* its Master_Down_Timer has fired */
	bool lead_claims;
	bool lead_open; /* that claim's window is not over */
};

/* What it means for a member: */
enum group_order {
	GROUP_REST,
	GROUP_FAULT,   /* is in FAULT until GROUP_RECOVER */
	GROUP_RECOVER, /* starts again */
	GROUP_YIELD,   /* a master or claimant gives way */
	GROUP_RETRY,   /* the same, to claim again before who follows the leader's */
	GROUP_LEAD,    /* who leads sends its advert; for nobody else */
	GROUP_CLAIM,   /* one that is ready sends its advert */
	GROUP_TAKE,    /* one whose window is over becomes master */
};

/* Starts from { 0 }. */
void group_count(struct group *g, const struct group_member *m, uint64_t now_us);
/* Of those counted, the one that leads. */
void group_lead(struct group *g, const struct vrrp *lead, uint64_t now_us);
enum group_order group_order(const struct group *g);
/* A member's own timers do not count until its group says so. */
bool group_holds(const struct vrrp *r, uint64_t now_us);
/* When a member has something to do, or to tell its group. */
uint64_t group_deadline(const struct vrrp *r, uint64_t now_us);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sync group (vrrp_sync_group): members become MASTER together, once each of
 * them would, and none stays behind when one goes. Pure: members are counted,
 * and the counts say what all members have to do next. Not in the RFC; it only
 * decides when a member's own election (vrrp.h) may go on.
 *
 * A member that joins a group that is MASTER does not take the others down: it
 * becomes MASTER on its own when its network has none.
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
	unsigned due;       /* Master_Down_Timer has fired */
	unsigned claiming;  /* the advert is out, or it resumes */
	unsigned claimed;   /* of those: the window is over */
	unsigned following; /* a master is heard */
};

/* What it means for a member: */
enum group_order {
	GROUP_REST,
	GROUP_FAULT,   /* is in FAULT until GROUP_RECOVER */
	GROUP_RECOVER, /* starts again */
	GROUP_YIELD,   /* a master or claimant gives way */
	GROUP_CLAIM,   /* one that is due sends its advert */
	GROUP_TAKE,    /* one whose window is over becomes master */
};

/* Starts from { 0 }. */
void group_count(struct group *g, const struct group_member *m, uint64_t now_us);
enum group_order group_order(const struct group *g);
/* A member's own timers do not count until its group says so. */
bool group_holds(const struct vrrp *r, uint64_t now_us);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The election of one virtual router, laid out as RFC 9568 section 6 (version
 * 2: RFC 3768 section 6): a router and an event give actions. No I/O, no
 * clock, no addresses of the virtual router: what a packet was worth is
 * decided before it comes here (advert.h).
 *
 * Times are absolute microseconds of a clock that never steps back. Beyond
 * the RFC: the state FAULT, the claim window, resumption, preempt_delay, a
 * master that overslept, handover, and changes of configuration while running.
 * Who is in a sync group is told when to expire and when to yield (group.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ipaddr.h"
#include "msg.h"

#define VRRP_NEVER UINT64_MAX
#define VRRP_PRIORITY_STOP 0
#define VRRP_PRIORITY_OWNER 255

struct vrrp_config {
	struct ipaddr source; /* of this router's adverts; breaks ties */
	uint8_t version;
	uint8_t priority;
	bool preempt;
	bool bands;           /* nopreempt does not protect a soft master */
	bool joint;           /* in a sync group: an owner, too, begins as backup */
	bool lower_silent;    /* an advert of lower priority is not answered */
	bool higher_advert;   /* one more advert before yielding to a higher one */
	bool owner_waits;     /* `state BACKUP`: it waits as others do at startup */
	bool owner_deaf;      /* the owner discards adverts, as RFC 9568 7.1 has it */
	uint8_t down_adverts; /* that may be lost before the master is down */
	uint32_t advert_us;
	uint32_t preempt_delay_us;
};

struct vrrp {
	struct vrrp_config conf;
	enum vrrp_state state;
	enum vrrp_reason reason;
	uint64_t since_us;
	uint32_t transitions; /* to MASTER */
	uint32_t claims_lost;

	/* The master heard last; family 0: none. */
	struct ipaddr master;
	uint8_t master_priority;
	uint32_t master_adver_us; /* Active_Adver_Interval */

	/* Armed when not VRRP_NEVER. */
	uint64_t adver_timer;
	uint64_t master_down_timer;
	uint64_t claim_timer;

	uint64_t armed_us;       /* Master_Down_Timer was, or the claim began */
	enum vrrp_reason cause;  /* of becoming master when it fires */
	uint64_t preempt_at_us;  /* the end of preempt_delay */
	uint64_t reassert_at_us; /* not before */
	bool handed_over;        /* follows anybody, until that one is gone */
};

enum vrrp_event_type {
	VRRP_EV_STARTUP, /* also: the fault is over */
	VRRP_EV_HOLD,    /* would start, but has to wait */
	VRRP_EV_RESUME,  /* starts as the master it was before */
	VRRP_EV_SHUTDOWN,
	VRRP_EV_YIELD,    /* its sync group gives way: resigns, and is backup */
	VRRP_EV_RETRY,    /* a claim of its group was lost, but not where it counts */
	VRRP_EV_HANDOVER, /* a master gives mastership to whoever takes it */
	VRRP_EV_FAULT,
	VRRP_EV_CONFIG,
	VRRP_EV_ADVERT, /* passed every check, is not our own */
	VRRP_EV_MASTER_DOWN_TIMER,
	VRRP_EV_CLAIM_TIMER,
	VRRP_EV_ADVER_TIMER,
};

struct vrrp_event {
	enum vrrp_event_type type;
	enum vrrp_reason reason;          /* FAULT, HOLD */
	const struct vrrp_config *config; /* CONFIG: version as before */
	struct {
		struct ipaddr source;
		uint8_t priority;
		uint32_t advert_us;
	} advert;
};

enum vrrp_action_type {
	VRRP_DO_SEND,       /* an advert with this priority */
	VRRP_DO_ANNOUNCE,   /* became master: all addresses */
	VRRP_DO_REANNOUNCE, /* another spoke as master: repair caches, rarely */
	VRRP_DO_SILENCE,    /* no longer master: stop announcing */
	VRRP_DO_REPORT,     /* something of struct msg_state has changed */
};

struct vrrp_action {
	enum vrrp_action_type type;
	uint8_t priority;
};

#define VRRP_ACTIONS_MAX 6
struct vrrp_actions {
	struct vrrp_action list[VRRP_ACTIONS_MAX];
	unsigned count;
};

/* In INIT, nothing armed. */
void vrrp_init(struct vrrp *r, const struct vrrp_config *conf, uint64_t now_us);
/* Sets *out to what is to be done, in this order. */
void vrrp_step(struct vrrp *r, const struct vrrp_event *ev, uint64_t now_us,
    struct vrrp_actions *out);
/* Takes the timer that is due as an event; *out is empty if none is. */
void vrrp_expire(struct vrrp *r, uint64_t now_us, struct vrrp_actions *out);
/* When vrrp_expire has something to do; VRRP_NEVER. */
uint64_t vrrp_deadline(const struct vrrp *r);
/* Its Master_Down_Timer has fired, and nothing was done about it yet. */
bool vrrp_is_due(const struct vrrp *r, uint64_t now_us);
/* When a backup of the highest priority would be due; VRRP_NEVER: is no backup, or
 * claims. */
uint64_t vrrp_ready_at(const struct vrrp *r);

/* RFC 9568 6.1, RFC 3768 6.1, with what is known of the master. */
uint64_t vrrp_skew_time(const struct vrrp *r);
uint64_t vrrp_master_down_interval(const struct vrrp *r);
/* The most that a planned handover waits for its successor, who waits
 * Skew_Time; then this router is master again. */
uint64_t vrrp_handover_wait(const struct vrrp *r);
/* Between a claimant's advert and its mastership. */
uint64_t vrrp_claim_window(const struct vrrp *r);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual router at work: binds the election (vrrp.h), the codec
 * (advert.h) and the announcements (pacing.h) to what vipd told, to an
 * interface, and to the log. Every change of the election's state goes through
 * one function here, which carries the actions out.
 */
#pragma once

#include <uthash.h>

#include "advert.h"
#include "conflict.h"
#include "counter.h"
#include "deadline.h"
#include "group.h"
#include "iface.h"
#include "instance_conf.h"
#include "log.h"
#include "outlet.h"
#include "probe.h"
#include "trailer.h"
#include "vrrp.h"
#include "yield.h"

struct instance {
	struct instance_conf conf;
	struct iface *iface; /* NULL: not there */
	struct vrrp vrrp;
	struct outlets outlets;
	struct yield yield;
	struct conflicts conflicts;
	struct probes probes;
	struct msg_conflict *told_conflicts; /* vipd has not heard of */
	size_t n_conflicts;
	size_t cap_conflicts;
	struct msg_probed *probed; /* the same */
	size_t n_probed;
	size_t cap_probed;
	uint32_t heard_by; /* the macvlan whose MAC the last advert had; 0: none */
	uint64_t rival_us; /* another router was heard last; 0: never */
	struct counters counters;
	struct advert_policy policy;
	struct trailer trailer;
	uint8_t *advertised; /* addresses back to back, as in adverts */
	size_t n_advertised;
	uint8_t resume;         /* enum vrrp_resume, when it starts */
	bool leaving;           /* stops for good */
	bool told;              /* in this sync */
	bool dirty;             /* its MSG_STATE is not sent yet */
	unsigned send_failures; /* in a row */
	bool send_failed;       /* among the actions carried out now */
	unsigned retries;
	uint64_t retry_us; /* of a router that could not send */
	uint32_t lower_adverts;
	uint64_t lower_at_us; /* not before is the next one counted */
	struct log_limit dropped;
	struct log_limit differs;
	struct log_limit conflicting;
	struct log_limit sending;
	bool group_fault; /* a member of its sync group has a reason for FAULT */
	bool repaired;    /* its caches were; those of its group are to be */
	uint64_t turn_us; /* when it announced last */
	/* roster.h's */
	struct deadline deadline;
	uint64_t key; /* 0: not listed */
	UT_hash_handle hh;
	struct instance *same; /* router, other peers */
	struct instance *next_due;
	struct instance *next;
};

/* Takes the contents of *c; iface may be NULL. */
struct instance *instance_new(
    struct instance_conf *c, struct iface *iface, uint64_t now_us);
/* Sends priority 0 if it is master, and frees. */
void instance_free(struct instance *in, uint64_t now_us);
/* Takes the contents of *c. Equal contents change nothing. */
void instance_configure(
    struct instance *in, struct instance_conf *c, struct iface *iface, uint64_t now_us);
/* The interface changed or went (NULL). */
void instance_on_iface(struct instance *in, struct iface *iface, uint64_t now_us);
/* At once; what it holds goes. */
void instance_stop(struct instance *in, uint64_t now_us);
/* Cannot take part, whatever its group does. */
bool instance_is_troubled(const struct instance *in);
/* Does what its sync group says. */
void instance_obey(struct instance *in, enum group_order order, uint64_t now_us);
/* For good, after it has handed over (yield.h). */
void instance_leave(struct instance *in, uint64_t now_us);
/* MSG_HANDOVER */
void instance_hand_over(
    struct instance *in, enum handover_action action, uint64_t now_us);

/* Whether the packet is an advert for this router; *out with ADVERT_OK. */
enum advert_verdict instance_read(
    const struct instance *in, const struct advert_packet *packet, struct advert *out);
void instance_on_advert(struct instance *in, const struct advert_packet *packet,
    const struct advert *advert, uint64_t now_us);

/* What is due; what its sync group holds is not. */
void instance_expire(struct instance *in, uint64_t now_us);
/* Announces at most max addresses; returns how many. */
unsigned instance_announce(struct instance *in, int fd, unsigned max, uint64_t now_us);
uint64_t instance_deadline(const struct instance *in, uint64_t now_us);

struct msg_state instance_state(const struct instance *in);
size_t instance_counters(
    const struct instance *in, struct msg_counter list[COUNTERS_LIST_MAX]);

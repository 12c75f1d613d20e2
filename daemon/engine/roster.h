/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's virtual routers: found by vipd's handle and by what a packet
 * says, ordered by when they have something to do, moved together where a sync
 * group binds them. Whoever acts on an instance tells roster_touch().
 */
#pragma once

#include <stdbool.h>

#include "deadline.h"
#include "instance.h"

struct roster {
	struct instance *first;     /* in the order in which they came */
	struct instance *by_router; /* uthash, of the first of each chain */
	struct deadlines deadlines;
	bool dirty; /* some state is not told yet */
	bool marks; /* some mark is not (marks.h) */
};

struct instance *roster_find(const struct roster *r, uint32_t id);
/*
 * The first of the routers with this identifier on an interface; the next is
 * ->same. Unicast ones may share it.
 */
struct instance *roster_lookup(
    const struct roster *r, const struct iface *i, uint8_t family, uint8_t vrid);
void roster_add(struct roster *r, struct instance *in);
/* Takes it out; it is the caller's. */
void roster_remove(struct roster *r, struct instance *in, uint64_t now_us);
/* Its interface or identifier changed, or is about to: out, and in again. */
void roster_unlist(struct roster *r, struct instance *in);
void roster_list(struct roster *r, struct instance *in);
/* It may have changed: its deadline, its report, its group follow. */
void roster_touch(struct roster *r, struct instance *in, uint64_t now_us);
/* What a neighbour says, to those whom it may concern. */
void roster_neighbour(
    struct roster *r, const struct iface *i, const struct neighbour *n, uint64_t now_us);
/* MSG_HANDOVER; a sync group goes together. */
void roster_hand_over(
    struct roster *r, struct instance *in, enum handover_action action, uint64_t now_us);
/* All stop for good, after they have handed over; some still do. */
void roster_leave(struct roster *r, uint64_t now_us);
bool roster_yields(const struct roster *r);
/* The members of a group do what they owe each other. */
void roster_settle(struct roster *r, const char *group, uint64_t now_us);
/* Lets every router do what is due; announcements up to a budget. */
void roster_run(struct roster *r, int announce_fd, unsigned budget, uint64_t now_us);
/* When roster_run has something to do; DEADLINE_NEVER. */
uint64_t roster_deadline(const struct roster *r);

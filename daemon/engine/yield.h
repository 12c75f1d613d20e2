/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Make before break: between giving mastership up and giving the addresses up.
 * Who yields goes on answering for each address until its successor has
 * announced it, or until a deadline, whatever happens. Pure: the election is
 * over for this module, and nothing is sent or removed here.
 *
 * A planned yield (a stop, a handover) began with priority 0: nobody is master
 * until a successor's first advert. Else the successor's advert began it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

#define YIELD_NEVER UINT64_MAX
/* After the successor's first advert. */
#define YIELD_ANNOUNCE_US 1000000

struct yield_entry;

struct yield {
	bool active;
	bool reportable; /* it has ended and yield_report() was not asked */
	uint64_t began_us;
	uint64_t latest_us; /* the end, successor or not */
	uint64_t end_us;
	struct yield_entry *held;     /* not released yet */
	struct yield_entry *released; /* and not taken by yield_take yet */
	struct msg_yielded report;
};

/* Ends what was under way. latest_us: of a planned yield; YIELD_NEVER: the
 * successor is about to be told by yield_follow. */
void yield_begin(struct yield *y, uint64_t latest_us, uint64_t now_us);
/* An address that is held meanwhile; is not any more. */
void yield_hold(struct yield *y, const struct msg_installed_record *at);
void yield_forget(struct yield *y, const struct msg_installed_record *at);
/* An advert of another router that is master now; the first counts. */
void yield_follow(
    struct yield *y, const struct ipaddr *successor, uint8_t priority, uint64_t now_us);
/* Somebody else announced the address there. */
void yield_heard(struct yield *y, const struct msg_installed_record *at, uint64_t now_us);
/* Somebody else spoke from the MAC that all the addresses there have. */
void yield_moved(struct yield *y, uint32_t ifindex, uint64_t now_us);
/* It was asked for and did not begin: there was no master. */
void yield_decline(struct yield *y);
/* This router is master again, or out of order: what is held stays or goes
 * with that. */
void yield_cancel(struct yield *y, bool is_master);
/* The deadline: whatever is left is to go. */
void yield_expire(struct yield *y, uint64_t now_us);
uint64_t yield_deadline(const struct yield *y);
/* Up to max addresses that may be removed; returns how many. */
size_t yield_take(struct yield *y, struct msg_installed_record *out, size_t max);
/* Once for each that has ended. */
bool yield_report(struct yield *y, struct msg_yielded *out);
void yield_fini(struct yield *y);

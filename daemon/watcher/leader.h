/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leader election over a Lease by client-go's exact rules (lines LE1 to LE6 of
 * kubernetes.md), as a machine over answers: what to ask next, when, and
 * whether we lead. Pure: time and random numbers come from the caller.
 *
 * Nobody's clock is believed: a record counts as alive for its duration since
 * *we* saw it change. We lead no longer than the renew deadline after we sent
 * the last request that succeeded, which is shorter than the duration others
 * wait.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lease.h"

#define LEADER_DURATION_S 15
#define LEADER_DEADLINE_S 10
#define LEADER_RETRY_S 2
/* A request that takes longer is worth nothing. */
#define LEADER_TIMEOUT_S 5

/* The request that is due. */
enum leader_due {
	LEADER_NOTHING,
	LEADER_GET,
	LEADER_CREATE, /* POST leader_body() */
	LEADER_UPDATE, /* PUT leader_body() */
};

struct leader {
	char ns[64];
	char name[64];
	char identity[LEASE_HOLDER_MAX];
	bool leading;
	enum leader_due asked; /* the request that runs */
	uint64_t asked_us;
	uint64_t due_us;     /* when the next request is */
	uint64_t renewed_us; /* when the last one that succeeded was sent */
	bool observed;       /* record is one that was seen */
	struct lease_record record;
	uint64_t changed_us; /* when we saw it change */
	json_t *lease;       /* the object it was in; NULL: to be read again */
};

void leader_init(struct leader *l, const char *ns, const char *name, const char *identity,
    uint64_t now_us);
void leader_fini(struct leader *l);
/* When leader_tick() is to be called next. */
uint64_t leader_deadline(const struct leader *l);
/* May end `leading`; what it returns has to be sent. */
enum leader_due leader_tick(struct leader *l, uint64_t now_us);
/* The body of the request; the caller frees it. */
char *leader_body(const struct leader *l, uint64_t wall_us);
/*
 * What came of it. status 0: no answer. lease: the object of a good answer.
 * What it returns has to be sent at once.
 */
enum leader_due leader_answer(struct leader *l, uint64_t now_us, uint32_t random,
    int status, uint32_t retry_after_s, const json_t *lease);
/* Clean stop: the PUT that sets the Lease free, or NULL; the caller frees it. */
char *leader_release(struct leader *l, uint64_t now_us, uint64_t wall_us);
/* True only while nobody else can be leading. */
bool leader_leads(const struct leader *l, uint64_t now_us);

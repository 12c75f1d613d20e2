/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routes of route.c, by what the kernel has one route for: destination,
 * table and metric. Table and messages; decides nothing.
 */
#pragma once

#include <uthash.h>

#include "conf.h"
#include "heal.h"
#include "log.h"
#include "route_plan.h"

/* No padding, zero filled. */
struct route_key {
	struct ipaddr to;
	uint32_t prefixlen;
	uint32_t table;
	uint32_t metric;
};

struct route_entry {
	struct route_key key;
	char owner[NAME_LEN];
	struct conf_route want;  /* the last one, also when it is over */
	struct conf_route there; /* as told last */
	struct conf_route added; /* what was wanted when it was added, */
	struct conf_route shown; /* and what the kernel made of that */
	bool wanted;
	bool present;
	bool seen;    /* in the dump under way */
	bool deleted; /* by somebody else */
	bool queued;
	bool flying;
	enum route_step step; /* under way while flying */
	uint32_t seq;
	int error; /* told last */
	unsigned failures;
	unsigned round; /* of the routes_want that named it last; 0: none did */
	uint64_t not_before_us;
	struct heal heal;
	struct route_entry *prev, *next; /* queued, or in flight in the order sent */
	UT_hash_handle hh;
};

struct route_entry *route_table_find(
    struct route_entry *table, const struct conf_route *route);
/* Finds or makes it. */
struct route_entry *route_table_get(
    struct route_entry **table, const struct conf_route *route);
void route_table_remove(struct route_entry **table, struct route_entry *e);

/* At most every ten seconds a line of each kind. */
struct route_log {
	struct log_limit failed;
	struct log_limit healed;
};

void route_log_init(struct route_log *l);
/* Once for each new error of a route. */
void route_log_failed(struct route_log *l, struct route_entry *e, int error);
void route_log_healed(struct route_log *l, const struct route_entry *e, bool slowed);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

#define LOG_INTERVAL_US (10 * US_PER_S)
#define TEXT_LEN (IPADDR_STRLEN + 32)

static struct route_key
key_of(const struct conf_route *r)
{
	return (struct route_key){
		.to = r->to,
		.prefixlen = r->prefixlen,
		.table = r->table,
		.metric = r->metric,
	};
}

struct route_entry *
route_table_find(struct route_entry *table, const struct conf_route *route)
{
	struct route_key key = key_of(route);
	struct route_entry *e;

	HASH_FIND(hh, table, &key, sizeof(key), e);
	return e;
}

struct route_entry *
route_table_get(struct route_entry **table, const struct conf_route *route)
{
	struct route_entry *e = route_table_find(*table, route);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->key = key_of(route);
	e->want = *route;
	HASH_ADD(hh, *table, key, sizeof(e->key), e);
	return e;
}

void
route_table_remove(struct route_entry **table, struct route_entry *e)
{
	HASH_DEL(*table, e);
	free(e);
}

/* ---- messages ---- */

void
route_log_init(struct route_log *l)
{
	l->failed.interval_us = l->healed.interval_us = LOG_INTERVAL_US;
}

static const char *
route_text(const struct conf_route *r, char buf[TEXT_LEN])
{
	char addr[IPADDR_STRLEN];
	const char *to = ipaddr_format(&r->to, addr);

	if (r->table == CONF_TABLE_MAIN)
		snprintf(buf, TEXT_LEN, "%s/%u", to, r->prefixlen);
	else
		snprintf(buf, TEXT_LEN, "%s/%u table %u", to, r->prefixlen, r->table);
	return buf;
}

void
route_log_failed(struct route_log *l, struct route_entry *e, int error)
{
	const char *why = strerror(error);
	char text[TEXT_LEN];
	uint32_t held;

	if (e->error == error)
		return;
	e->error = error;
	if (error == EEXIST)
		why = "somebody else has one to this destination with this metric in "
		      "this table";
	if (log_allowed(&l->failed, clock_us(), &held))
		log_err("%s: route %s: %s (errno %d); tried again", e->owner,
		    route_text(&e->want, text), why, error);
}

void
route_log_healed(struct route_log *l, const struct route_entry *e, bool slowed)
{
	char text[TEXT_LEN];
	uint32_t held;

	if (log_allowed(&l->healed, clock_us(), &held))
		log_warn("%s: route %s was deleted by somebody else; put back%s",
		    e->owner, route_text(&e->want, text),
		    slowed ? ", from now on every 10 s only" : "");
}

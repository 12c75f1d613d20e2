/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yield.h"

#include <stdlib.h>

#include "mem.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>
#include <utlist.h>

struct yield_entry {
	struct msg_installed_record at; /* key */
	bool announced;                 /* before the successor's advert was seen */
	struct yield_entry *next;       /* in released */
	UT_hash_handle hh;
};

static struct yield_entry *
find(const struct yield *y, const struct msg_installed_record *at)
{
	struct yield_entry *e;

	HASH_FIND(hh, y->held, at, sizeof(*at), e);
	return e;
}

static void
drop(struct yield *y, struct yield_entry *e)
{
	HASH_DEL(y->held, e);
	free(e);
}

static void
forget_all(struct yield *y)
{
	struct yield_entry *e, *next;

	HASH_ITER(hh, y->held, e, next)
	drop(y, e);
	LL_FOREACH_SAFE(y->released, e, next)
	free(e);
	y->released = NULL;
}

static bool
has_successor(const struct yield *y)
{
	return y->report.successor.family != 0;
}

static void
finish(struct yield *y, enum yield_result result)
{
	y->active = false;
	y->reportable = true;
	y->end_us = YIELD_NEVER;
	y->report.result = (uint8_t)result;
}

static void
finish_if_done(struct yield *y)
{
	if (y->active && has_successor(y) && !y->held)
		finish(y, YIELD_DONE);
}

static void
release(struct yield *y, struct yield_entry *e, uint64_t now)
{
	HASH_DEL(y->held, e);
	LL_PREPEND(y->released, e);
	y->report.announced++;
	y->report.moved_us = now - y->began_us;
}

void
yield_begin(struct yield *y, uint64_t latest_us, uint64_t now_us)
{
	forget_all(y);
	*y = (struct yield){
		.active = true,
		.began_us = now_us,
		.latest_us = latest_us,
		.end_us = latest_us,
		.report = { .planned = latest_us != YIELD_NEVER },
	};
}

void
yield_hold(struct yield *y, const struct msg_installed_record *at)
{
	struct yield_entry *e;

	if (!y->active || find(y, at))
		return;
	e = xcalloc(1, sizeof(*e));
	e->at = *at;
	HASH_ADD(hh, y->held, at, sizeof(e->at), e);
	y->report.addresses++;
}

void
yield_forget(struct yield *y, const struct msg_installed_record *at)
{
	struct yield_entry *e = find(y, at);

	if (!e)
		return;
	drop(y, e);
	y->report.addresses--;
	finish_if_done(y);
}

void
yield_follow(
    struct yield *y, const struct ipaddr *successor, uint8_t priority, uint64_t now_us)
{
	struct yield_entry *e, *next;

	if (!y->active || has_successor(y))
		return;
	y->report.successor = *successor;
	y->report.successor_priority = priority;
	y->report.took_us = now_us - y->began_us;
	y->end_us = now_us + YIELD_ANNOUNCE_US;
	if (y->latest_us < y->end_us)
		y->end_us = y->latest_us;
	HASH_ITER(hh, y->held, e, next)
	if (e->announced)
		release(y, e, now_us);
	finish_if_done(y);
}

void
yield_heard(struct yield *y, const struct msg_installed_record *at, uint64_t now_us)
{
	struct yield_entry *e = y->active ? find(y, at) : NULL;

	if (!e)
		return;
	e->announced = true;
	if (!has_successor(y))
		return;
	release(y, e, now_us);
	finish_if_done(y);
}

void
yield_moved(struct yield *y, uint32_t ifindex, uint64_t now_us)
{
	struct yield_entry *e, *next;

	if (!y->active)
		return;
	HASH_ITER(hh, y->held, e, next)
	{
		if (e->at.ifindex != ifindex)
			continue;
		e->announced = true;
		if (has_successor(y))
			release(y, e, now_us);
	}
	finish_if_done(y);
}

void
yield_decline(struct yield *y)
{
	if (y->active)
		return; /* its own report will do */
	y->report = (struct msg_yielded){ .planned = 1 };
	finish(y, YIELD_BROKEN);
}

void
yield_cancel(struct yield *y, bool is_master)
{
	if (!y->active)
		return;
	forget_all(y);
	finish(y, is_master ? YIELD_KEPT : YIELD_BROKEN);
}

void
yield_expire(struct yield *y, uint64_t now_us)
{
	if (!y->active || now_us < y->end_us)
		return;
	forget_all(y);
	finish(y, has_successor(y) ? YIELD_LATE : YIELD_NOBODY);
}

uint64_t
yield_deadline(const struct yield *y)
{
	return y->active ? y->end_us : YIELD_NEVER;
}

size_t
yield_take(struct yield *y, struct msg_installed_record *out, size_t max)
{
	size_t n = 0;

	while (n < max && y->released) {
		struct yield_entry *e = y->released;

		LL_DELETE(y->released, e);
		out[n++] = e->at;
		free(e);
	}
	return n;
}

bool
yield_report(struct yield *y, struct msg_yielded *out)
{
	if (!y->reportable)
		return false;
	y->reportable = false;
	*out = y->report;
	return true;
}

void
yield_fini(struct yield *y)
{
	forget_all(y);
	y->active = false;
}

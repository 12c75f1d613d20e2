/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pacing.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>
#include <utlist.h>

/* However short lower_us is: one forged advert a moment must not become a
 * burst of every address each time. */
#define REPAIR_INTERVAL_MIN_US US_PER_S
#define REPAIRS_AT_ONCE 2 /* in such an interval, or between the two bursts */
/* The other's last advert is followed by one more, before it lets go of its
 * addresses (yield.h: a second), however many there were. */
#define REPAIR_LATE_US (500 * US_PER_MS)
#define REPAIR_LATE_MIN_US (800 * US_PER_MS) /* from one of these to the next */

/* vipd installs in slices of 2 ms. */
#define INSTALL_PAUSE_US (5 * US_PER_MS)

enum pacing_queue { QUEUE_NONE, QUEUE_FRESH, QUEUE_AGAIN };

struct pacing_entry {
	struct ipaddr addr; /* key */
	uint8_t left;
	uint8_t queue; /* enum pacing_queue */
	bool second;   /* waits for the second burst */
	struct pacing_entry *prev, *next;
	UT_hash_handle hh;
};

static int
kind_of(const struct pacing_entry *e)
{
	return e->addr.family == AF_INET ? PACING_ARP : PACING_NA;
}

static struct pacing_entry **
queue_of(struct pacing *p, const struct pacing_entry *e)
{
	return e->queue == QUEUE_FRESH ? &p->fresh[kind_of(e)] : &p->again[kind_of(e)];
}

static void
dequeue(struct pacing *p, struct pacing_entry *e)
{
	struct pacing_entry **queue = queue_of(p, e);

	if (e->queue == QUEUE_NONE)
		return;
	DL_DELETE(*queue, e);
	e->queue = QUEUE_NONE;
	e->left = 0;
}

/* An entry that waits already keeps its place. */
static void
enqueue(struct pacing *p, struct pacing_entry *e, enum pacing_queue queue, uint8_t times)
{
	struct pacing_entry **to;

	if (e->left < times)
		e->left = times;
	if (e->queue != QUEUE_NONE || e->left == 0)
		return;
	e->queue = (uint8_t)queue;
	to = queue_of(p, e);
	DL_APPEND(*to, e);
}

static void
enqueue_all(struct pacing *p, enum pacing_queue queue, uint8_t times)
{
	struct pacing_entry *e, *next;

	HASH_ITER(hh, p->installed, e, next)
	enqueue(p, e, queue, times);
}

static void
arm_second(struct pacing *p, uint64_t now)
{
	if (p->conf.second_us && p->second_at_us == PACING_NEVER)
		p->second_at_us = now + p->conf.second_us;
}

static void
disarm(struct pacing *p)
{
	p->second_at_us = PACING_NEVER;
	p->refresh_at_us = PACING_NEVER;
	p->lower_at_us = PACING_NEVER;
}

void
pacing_init(struct pacing *p)
{
	*p = (struct pacing){ 0 };
	disarm(p);
}

void
pacing_fini(struct pacing *p)
{
	struct pacing_entry *e, *next;

	HASH_ITER(hh, p->installed, e, next)
	{
		HASH_DEL(p->installed, e);
		free(e);
	}
}

void
pacing_configure(struct pacing *p, const struct pacing_conf *conf, uint64_t now_us)
{
	bool refresh = p->conf.refresh_us != conf->refresh_us;

	p->conf = *conf;
	if (p->active && refresh)
		p->refresh_at_us =
		    conf->refresh_us ? now_us + conf->refresh_us : PACING_NEVER;
}

static struct pacing_entry *
find(const struct pacing *p, const struct ipaddr *addr)
{
	struct pacing_entry *e;

	HASH_FIND(hh, p->installed, addr, sizeof(*addr), e);
	return e;
}

void
pacing_install(struct pacing *p, const struct ipaddr *addr, uint64_t now_us)
{
	struct pacing_entry *e = find(p, addr);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->addr = *addr;
		HASH_ADD(hh, p->installed, addr, sizeof(e->addr), e);
	}
	if (!p->active)
		return;
	p->quiet_at_us = now_us + INSTALL_PAUSE_US;
	enqueue(p, e, QUEUE_FRESH, p->conf.repeat);
	e->second = true;
	arm_second(p, now_us);
}

void
pacing_remove(struct pacing *p, const struct ipaddr *addr)
{
	struct pacing_entry *e = find(p, addr);

	if (!e)
		return;
	dequeue(p, e);
	HASH_DEL(p->installed, e);
	free(e);
}

bool
pacing_has(const struct pacing *p, const struct ipaddr *addr)
{
	return find(p, addr) != NULL;
}

void
pacing_each(
    const struct pacing *p, void (*fn)(void *arg, const struct ipaddr *addr), void *arg)
{
	struct pacing_entry *e, *next;

	HASH_ITER(hh, p->installed, e, next)
	fn(arg, &e->addr);
}

void
pacing_start(struct pacing *p, uint64_t now_us)
{
	struct pacing_entry *e, *next;

	p->active = true;
	HASH_ITER(hh, p->installed, e, next)
	{
		enqueue(p, e, QUEUE_FRESH, p->conf.repeat);
		e->second = true;
	}
	arm_second(p, now_us);
	if (p->conf.refresh_us)
		p->refresh_at_us = now_us + p->conf.refresh_us;
}

void
pacing_stop(struct pacing *p)
{
	struct pacing_entry *e, *next;

	p->active = false;
	disarm(p);
	HASH_ITER(hh, p->installed, e, next)
	{
		dequeue(p, e);
		e->second = false;
	}
}

/* The other's announcements come between its first advert and its last
 * (higher_prio_send_advert): both are answered at once, more at the end. */
void
pacing_repair(struct pacing *p, uint64_t now_us)
{
	uint64_t pause = p->conf.lower_us, late = now_us + REPAIR_LATE_US;

	if (!p->active)
		return;
	if (now_us >= p->lower_free_us) {
		p->lower_left = REPAIRS_AT_ONCE;
		p->lower_free_us = now_us +
		    (pause > REPAIR_INTERVAL_MIN_US ? pause : REPAIR_INTERVAL_MIN_US);
	}
	if (late < p->late_free_us)
		late = p->late_free_us;
	p->lower_at_us = late < p->lower_free_us ? late : p->lower_free_us;
	if (!p->lower_left)
		return;
	p->lower_left--;
	enqueue_all(p, QUEUE_AGAIN, p->conf.lower_repeat);
}

void
pacing_repeat(struct pacing *p, const struct ipaddr *addr)
{
	struct pacing_entry *e = p->active ? find(p, addr) : NULL;

	if (e)
		enqueue(p, e, QUEUE_AGAIN, 1);
}

/* Bursts whose time has come join the queues. */
static void
take_due(struct pacing *p, uint64_t now)
{
	struct pacing_entry *e, *next;

	if (p->second_at_us <= now) {
		p->second_at_us = PACING_NEVER;
		HASH_ITER(hh, p->installed, e, next)
		{
			if (e->second)
				enqueue(p, e, QUEUE_AGAIN, p->conf.repeat);
			e->second = false;
		}
	}
	if (p->lower_at_us <= now) {
		p->late_free_us = now + REPAIR_LATE_MIN_US;
		p->lower_at_us = p->conf.lower_us && now < p->lower_free_us
		    ? p->lower_free_us
		    : PACING_NEVER;
		enqueue_all(p, QUEUE_AGAIN, p->conf.lower_repeat);
	}
	if (p->refresh_at_us <= now) {
		p->refresh_at_us = now + p->conf.refresh_us;
		enqueue_all(p, QUEUE_AGAIN, p->conf.refresh_repeat);
	}
}

bool
pacing_next(
    struct pacing *p, struct pacing_gate *gate, uint64_t now_us, struct ipaddr *out)
{
	struct pacing_entry *e = NULL;
	uint8_t left;
	int kind;

	take_due(p, now_us);
	for (kind = 0; kind < PACING_KINDS && !e; kind++) {
		if (gate->open_us[kind] > now_us)
			continue;
		e = p->fresh[kind];
		if (!e && p->quiet_at_us <= now_us)
			e = p->again[kind];
	}
	if (!e)
		return false;
	kind = kind_of(e);
	gate->open_us[kind] = now_us + p->conf.interval_us[kind];
	left = e->left;
	dequeue(p, e);
	enqueue(p, e, QUEUE_AGAIN, (uint8_t)(left - 1));
	*out = e->addr;
	return true;
}

uint64_t
pacing_deadline(const struct pacing *p, const struct pacing_gate *gate)
{
	uint64_t at = p->second_at_us, open;

	if (p->lower_at_us < at)
		at = p->lower_at_us;
	if (p->refresh_at_us < at)
		at = p->refresh_at_us;
	for (int kind = 0; kind < PACING_KINDS; kind++) {
		if (!p->fresh[kind] && !p->again[kind])
			continue;
		open = gate->open_us[kind];
		if (!p->fresh[kind] && open < p->quiet_at_us)
			open = p->quiet_at_us;
		at = open < at ? open : at;
	}
	return at;
}

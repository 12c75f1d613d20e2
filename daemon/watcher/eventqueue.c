/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "eventqueue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "api.h"
#include "clock.h"
#include "mem.h"

#define WAITING_MAX 4096
#define SERIES_QUIET_US (360 * US_PER_S)
#define SERIES_EVERY_US (1800 * US_PER_S)
#define SWEEP_S 60.
#define ATTEMPTS_MAX 3
#define TIMEOUT_MS 10000

/* One that was posted, or is to be, until it has not repeated for a while. */
struct posted {
	uint64_t hash;
	struct event event;
	struct eventqueue *queue;
	struct api_request *req;
	uint32_t count;
	uint32_t told;    /* count, as the server knows it; 0: not posted */
	uint32_t sending; /* count, in the request that runs */
	unsigned attempts;
	uint64_t last_us;
	uint64_t last_wall_us;
	uint64_t told_us;
	bool waiting;
	TAILQ_ENTRY(posted) of_waiting;
	UT_hash_handle hh;
};

/* What a Service may still have. */
struct purse {
	struct msg_service_key key;
	struct event_budget budget;
	UT_hash_handle hh;
};

struct eventqueue {
	struct ev_loop *loop;
	struct api *api;
	struct api_work work;
	const char *node;
	struct posted *posted;
	struct purse *purses;
	TAILQ_HEAD(posted_waiting, posted) waiting;
	size_t n_waiting;
	ev_timer sweep;
};

static void
wait_in_line(struct posted *p)
{
	if (p->waiting || p->req)
		return;
	p->waiting = true;
	p->queue->n_waiting++;
	TAILQ_INSERT_TAIL(&p->queue->waiting, p, of_waiting);
	api_kick(p->queue->api);
}

static void
leave_line(struct posted *p)
{
	if (!p->waiting)
		return;
	p->waiting = false;
	p->queue->n_waiting--;
	TAILQ_REMOVE(&p->queue->waiting, p, of_waiting);
}

static void
forget(struct posted *p)
{
	HASH_DEL(p->queue->posted, p);
	leave_line(p);
	if (p->req)
		api_cancel(p->req);
	free(p);
}

static bool
may_have(struct eventqueue *q, const struct msg_service_key *key, uint64_t now_us)
{
	struct purse *purse;

	HASH_FIND(hh, q->purses, key, sizeof(*key), purse);
	if (!purse) {
		purse = xcalloc(1, sizeof(*purse));
		purse->key = *key;
		HASH_ADD(hh, q->purses, key, sizeof(purse->key), purse);
	}
	return event_budget_take(&purse->budget, now_us);
}

static void
repeat(struct posted *p, uint64_t now_us)
{
	p->count++;
	p->last_us = now_us;
	p->last_wall_us = clock_wall_us();
	if (p->told == 1 || now_us >= p->told_us + SERIES_EVERY_US)
		wait_in_line(p);
}

void
eventqueue_post(struct eventqueue *q, const struct event *e)
{
	uint64_t hash = event_hash(e), now_us = clock_us();
	struct posted *p;

	HASH_FIND(hh, q->posted, &hash, sizeof(hash), p);
	if (p && now_us < p->last_us + SERIES_QUIET_US) {
		repeat(p, now_us);
		return;
	}
	if (p)
		forget(p);
	if (q->n_waiting >= WAITING_MAX || !may_have(q, &e->about, now_us))
		return;
	p = xcalloc(1, sizeof(*p));
	*p = (struct posted){ .hash = hash, .event = *e, .queue = q, .count = 1 };
	p->last_us = now_us;
	p->last_wall_us = clock_wall_us();
	event_set_name(&p->event, p->last_wall_us);
	HASH_ADD(hh, q->posted, hash, sizeof(p->hash), p);
	wait_in_line(p);
}

/* ---- writing ---- */

static void
told(struct posted *p)
{
	p->told = p->sending;
	p->told_us = clock_us();
	p->attempts = 0;
	if (p->told == 1 && p->count > 1)
		wait_in_line(p);
}

static void
post_anew(struct posted *p)
{
	p->told = 0;
	p->count = 1;
	event_set_name(&p->event, p->last_wall_us);
	wait_in_line(p);
}

static void
on_answer(void *arg, const struct api_answer *a)
{
	struct posted *p = arg;

	p->req = NULL;
	if (a->verdict == API_DONE || (a->verdict == API_CONFLICT && !p->told)) {
		/* 409 to a POST: an earlier answer was lost. */
		told(p);
	} else if (a->verdict == API_ABSENT && p->told) {
		/* The server forgets Events after an hour. */
		post_anew(p);
	} else if (a->verdict == API_LATER && ++p->attempts < ATTEMPTS_MAX) {
		wait_in_line(p);
	} else {
		forget(p);
	}
}

static struct api_request *
send(struct posted *p)
{
	bool first = p->told == 0;
	char last[STAMP_LEN];
	_free_ char *body = first
	    ? event_body(&p->event, p->queue->node)
	    : event_series(p->count, stamp_micro(last, p->last_wall_us));
	_free_ char *path = xasprintf("/apis/events.k8s.io/v1/namespaces/%s/events%s%s",
	    p->event.about.ns, first ? "" : "/", first ? "" : p->event.name);
	struct api_call call = {
		.method = first ? "POST" : "PATCH",
		.path_query = path,
		.content_type = first ? NULL : "application/merge-patch+json",
		.body = body,
		.verb = first ? "create" : "patch",
		.resource = "events",
		.timeout_ms = TIMEOUT_MS,
	};

	return api_send(p->queue->api, &call, on_answer, p);
}

static bool
next_write(struct api_work *work)
{
	struct eventqueue *q = container_of(work, struct eventqueue, work);
	struct posted *p = TAILQ_FIRST(&q->waiting);

	if (!p)
		return false;
	leave_line(p);
	p->sending = p->told ? p->count : 1;
	p->req = send(p);
	if (!p->req)
		wait_in_line(p);
	return p->req != NULL;
}

static void
on_sweep(struct ev_loop *loop, ev_timer *w, int events)
{
	struct eventqueue *q = container_of(w, struct eventqueue, sweep);
	struct posted *p, *next;
	struct purse *purse, *next_purse;
	uint64_t now_us = clock_us();

	(void)loop;
	(void)events;
	HASH_ITER(hh, q->posted, p, next)
	if (!p->waiting && !p->req && now_us > p->last_us + SERIES_QUIET_US)
		forget(p);
	HASH_ITER(hh, q->purses, purse, next_purse)
	if (purse->budget.spent_until_us < now_us) {
		HASH_DEL(q->purses, purse);
		free(purse);
	}
}

struct eventqueue *
eventqueue_new(struct ev_loop *loop, struct api *api, const char *node)
{
	struct eventqueue *q = xcalloc(1, sizeof(*q));

	q->loop = loop;
	q->api = api;
	q->work.next = next_write;
	q->node = node;
	TAILQ_INIT(&q->waiting);
	ev_timer_init(&q->sweep, on_sweep, SWEEP_S, SWEEP_S);
	ev_timer_start(loop, &q->sweep);
	api_add_work(api, &q->work);
	return q;
}

void
eventqueue_free(struct eventqueue *q)
{
	struct purse *purse, *next_purse;
	struct posted *p, *next;

	if (!q)
		return;
	HASH_ITER(hh, q->posted, p, next)
	forget(p);
	HASH_ITER(hh, q->purses, purse, next_purse)
	{
		HASH_DEL(q->purses, purse);
		free(purse);
	}
	ev_timer_stop(q->loop, &q->sweep);
	api_remove_work(q->api, &q->work);
	free(q);
}

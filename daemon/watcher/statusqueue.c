/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "statusqueue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "api.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "wake.h"

/* Shorter than others wait after a leader's deadline (leader.h): what it has
 * sent has been answered or given up when the next one begins. */
#define TIMEOUT_MS 4000
/* A write that has not come back by the watch, which has shown nothing newer. */
#define LOST_US (10 * US_PER_S)
#define LOOK_S 1.
#define FORBIDDEN_US (60 * US_PER_S)
#define INVALID_US (300 * US_PER_S)
#define STRIKES_MAX 8 /* 2^8 s */
/* Undone so often in a row, it is somebody's habit. */
#define STRIKES_TOLD 3

struct status_entry {
	struct statusqueue *queue;
	struct service_status seen;
	struct service_status want;
	struct api_request *req;
	bool dirty;
	bool again;   /* to be decided anew when the write that runs has ended */
	bool other;   /* for something else was wanted meanwhile, not the same */
	bool written; /* `want` was, and is not seen yet */
	char answered[STATUS_VERSION_MAX];
	char latest[STATUS_VERSION_MAX]; /* the watch has brought */
	uint64_t written_us;
	uint64_t due_us;    /* not before */
	unsigned strikes;   /* how often it was undone */
	unsigned conflicts; /* 409 in a row, for the same want */
	bool with_ip_mode;  /* of the request that runs */
	TAILQ_ENTRY(status_entry) of_dirty;
	UT_hash_handle hh;
	char key[];
};

struct statusqueue {
	struct ev_loop *loop;
	struct api *api;
	struct api_work work;
	const char *manager;
	bool guarded;
	bool ip_mode; /* the server knows the field */
	const struct statusqueue_ops *ops;
	void *arg;
	struct status_entry *entries;
	TAILQ_HEAD(status_dirty, status_entry) dirty;
	uint64_t blocked_until_us; /* 403 */
	ev_timer timer;
	ev_timer lost; /* looks for writes that do not come back */
	struct log_limit log;
};

static void
clean(struct status_entry *e)
{
	if (!e->dirty)
		return;
	e->dirty = false;
	TAILQ_REMOVE(&e->queue->dirty, e, of_dirty);
}

static void
mark(struct status_entry *e)
{
	clean(e);
	e->dirty = true;
	TAILQ_INSERT_TAIL(&e->queue->dirty, e, of_dirty);
	api_kick(e->queue->api);
}

static void
free_entry(struct status_entry *e)
{
	HASH_DEL(e->queue->entries, e);
	clean(e);
	if (e->req)
		api_cancel(e->req);
	status_fini(&e->seen);
	status_fini(&e->want);
	free(e);
}

static struct status_entry *
find(const struct statusqueue *q, const char *key)
{
	struct status_entry *e;

	HASH_FIND(hh, q->entries, key, strlen(key), e);
	return e;
}

static struct status_entry *
get(struct statusqueue *q, const char *key)
{
	struct status_entry *e = find(q, key);
	size_t len = strlen(key);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e) + len + 1);
	memcpy(e->key, key, len);
	e->queue = q;
	HASH_ADD(hh, q->entries, key, len, e);
	return e;
}

/* The same in both directions, as far as this manager goes. */
static bool
wants_same(const struct status_entry *e, const struct service_status *want)
{
	const char *manager = e->queue->manager;

	return !status_differs(&e->want, want, manager) &&
	    !status_differs(want, &e->want, manager);
}

/*
 * Written, and not come back by the watch. A guarded write came directly behind
 * the version it was decided on; behind any other there may have been others,
 * of which the watch may show only the last: on_lost() looks after those.
 */
static bool
is_on_its_way(const struct status_entry *e, const struct service_status *seen,
    const struct service_status *want)
{
	if (!e->written || !wants_same(e, want))
		return false;
	if (e->queue->guarded)
		return strcmp(seen->version, e->seen.version) == 0;
	return strcmp(seen->version, e->answered) != 0;
}

/* The same was decided on the same version, and waits or runs. */
static bool
is_in_hand(const struct status_entry *e, const struct service_status *seen,
    const struct service_status *want)
{
	return (e->dirty || e->req) && !e->again && wants_same(e, want) &&
	    strcmp(seen->version, e->seen.version) == 0;
}

static void
say_contested(const struct status_entry *e, const struct service_status *seen)
{
	uint32_t held;

	if (e->strikes >= STRIKES_TOLD && log_allowed(&e->queue->log, clock_us(), &held))
		log_warn(
		    "%s: its status was undone %u times in a row%s%s; vipd writes it "
		    "again, more and more seldom; let one of the two have the Service",
		    e->key, e->strikes, seen->writer ? ", last written by " : "",
		    seen->writer ? seen->writer : "");
}

/* Somebody undid what we wrote: not at once again. */
static void
count_strikes(struct status_entry *e, const struct service_status *want, uint64_t now_us)
{
	if (!e->written_us || !wants_same(e, want)) {
		e->strikes = 0;
		e->due_us = 0;
		return;
	}
	if (e->dirty)
		return;
	e->due_us = e->written_us + (US_PER_S << e->strikes);
	if (e->due_us + (US_PER_S << e->strikes) * 4 < now_us)
		e->strikes = 0;
	else if (e->strikes < STRIKES_MAX)
		e->strikes++;
}

void
statusqueue_want(struct statusqueue *q, const char *key,
    const struct service_status *seen, const struct service_status *want)
{
	struct status_entry *e = find(q, key);
	uint64_t now_us = clock_us();

	if (e)
		str_copy(e->latest, sizeof(e->latest), seen->version);
	if (e && (is_in_hand(e, seen, want) || is_on_its_way(e, seen, want)))
		return;
	if (!status_differs(seen, want, q->manager)) {
		if (e) {
			e->written = e->again = false;
			clean(e);
		}
		return;
	}
	e = get(q, key);
	str_copy(e->latest, sizeof(e->latest), seen->version);
	e->written = false;
	e->conflicts = 0;
	e->other |= !wants_same(e, want);
	count_strikes(e, want, now_us);
	say_contested(e, seen);
	status_fini(&e->seen);
	status_fini(&e->want);
	status_copy(&e->seen, seen);
	status_copy(&e->want, want);
	if (e->req)
		e->again = true;
	else
		mark(e);
}

void
statusqueue_forget(struct statusqueue *q, const char *key)
{
	struct status_entry *e = find(q, key);

	if (e)
		free_entry(e);
}

void
statusqueue_clear(struct statusqueue *q)
{
	struct status_entry *e, *next;

	HASH_ITER(hh, q->entries, e, next)
	free_entry(e);
	q->blocked_until_us = 0;
}

/* ---- answers ---- */

static void
invalid(struct status_entry *e, const struct api_answer *a)
{
	struct statusqueue *q = e->queue;
	uint32_t held;

	if (e->with_ip_mode && api_is_unknown_field(a->message)) {
		/* S15: a server before 1.29; remembered, and no fault. */
		q->ip_mode = false;
		mark(e);
		return;
	}
	e->due_us = clock_us() + INVALID_US;
	mark(e);
	if (a->verdict == API_INVALID && log_allowed(&q->log, clock_us(), &held))
		log_warn(
		    "%s: its status was refused (%d): %s", e->key, a->status, a->message);
}

/*
 * The watch brings the version that was in the way, and with it a new decision.
 * Where it does not, the same is tried again, for the same version.
 */
static void
conflict(struct status_entry *e)
{
	e->due_us = clock_us() + (US_PER_S << e->conflicts);
	if (e->conflicts < STRIKES_MAX)
		e->conflicts++;
	mark(e);
}

static void
written(struct status_entry *e, const struct api_answer *a)
{
	const json_t *meta = json_object_get(a->json, "metadata");
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));

	e->written_us = clock_us();
	if (e->again)
		return;
	/* The watch may have been faster than this answer. */
	e->written = !version || strcmp(version, e->latest) != 0;
	e->conflicts = 0;
	str_copy(e->answered, sizeof(e->answered), version ? version : "");
	if (e->written && !ev_is_active(&e->queue->lost)) {
		ev_timer_set(&e->queue->lost, LOOK_S, LOOK_S);
		ev_timer_start(e->queue->loop, &e->queue->lost);
	}
}

static void
on_answer(void *arg, const struct api_answer *a)
{
	struct status_entry *e = arg;
	struct statusqueue *q = e->queue;
	bool again;
	_free_ char *key = xstrdup(e->key);

	e->req = NULL;
	switch (a->verdict) {
	case API_DONE:
		/* What is wanted now may have been undone already. */
		if (!e->other)
			written(e, a);
		break;
	case API_CONFLICT:
		conflict(e);
		break;
	case API_ABSENT:
		/* The watch brings what has happened. */
		break;
	case API_INVALID:
	case API_DENIED:
		invalid(e, a);
		break;
	case API_FORBIDDEN:
		q->blocked_until_us = clock_us() + FORBIDDEN_US;
		mark(e);
		break;
	case API_LATER:
		mark(e);
		break;
	}
	again = e->again;
	e->again = false;
	if (again)
		q->ops->redecide(q->arg, key);
}

/* ---- the next write ---- */

static void
send(struct status_entry *e)
{
	struct statusqueue *q = e->queue;
	struct status_style style = {
		.ip_mode = q->ip_mode,
		.wall_us = clock_wall_us(),
	};
	const char *name = strchr(e->key, '/') + 1;
	_free_ char *ns = xasprintf("%.*s", (int)(name - 1 - e->key), e->key);
	_free_ char *body = status_patch(
	    ns, name, q->guarded ? e->seen.version : NULL, &e->seen, &e->want, &style);
	_free_ char *path = xasprintf("/api/v1/namespaces/%s/services/%s/status"
				      "?fieldManager=%s&force=true",
	    ns, name, q->manager);
	struct api_call call = {
		.method = "PATCH",
		.path_query = path,
		.content_type = "application/apply-patch+yaml",
		.body = body,
		.verb = "patch",
		.resource = "services/status",
		.timeout_ms = TIMEOUT_MS,
	};

	clean(e);
	e->other = false;
	e->with_ip_mode = style.ip_mode;
	e->req = api_send(q->api, &call, on_answer, e);
	if (!e->req)
		mark(e);
}

static bool
next_write(struct api_work *work)
{
	struct statusqueue *q = container_of(work, struct statusqueue, work);
	uint64_t now_us = clock_us(), soonest_us = UINT64_MAX;
	struct status_entry *e;

	if (TAILQ_EMPTY(&q->dirty) || !q->ops->may_write(q->arg))
		return false;
	if (q->blocked_until_us > now_us) {
		wake_at(q->loop, &q->timer, q->blocked_until_us);
		return false;
	}
	TAILQ_FOREACH(e, &q->dirty, of_dirty)
	{
		if (e->due_us <= now_us) {
			send(e);
			return true;
		}
		if (e->due_us < soonest_us)
			soonest_us = e->due_us;
	}
	wake_at(q->loop, &q->timer, soonest_us);
	return false;
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	api_kick(container_of(w, struct statusqueue, timer)->api);
}

/*
 * Where the watch has shown something that was neither there before nor is
 * ours, it is older than our write, or has undone it: versions cannot be
 * compared. To write the same again changes nothing, so soon is good enough.
 */
static bool
is_lost(const struct status_entry *e, uint64_t now_us)
{
	bool silent = strcmp(e->latest, e->seen.version) == 0;

	return e->written &&
	    now_us > e->written_us + (silent ? LOST_US : US_PER_S << e->strikes);
}

/* What was written and is not seen: decided again, by what is seen. */
static void
on_lost(struct ev_loop *loop, ev_timer *w, int events)
{
	struct statusqueue *q = container_of(w, struct statusqueue, lost);
	char **keys = xcalloc(HASH_COUNT(q->entries), sizeof(*keys));
	uint64_t now_us = clock_us();
	size_t n = 0, waiting = 0;

	(void)events;
	for (struct status_entry *e = q->entries; e; e = e->hh.next) {
		if (is_lost(e, now_us)) {
			e->written = false;
			keys[n++] = xstrdup(e->key);
		}
		waiting += e->written;
	}
	if (!waiting)
		ev_timer_stop(loop, w);
	/* Which may change the table. */
	for (size_t i = 0; i < n; i++) {
		q->ops->redecide(q->arg, keys[i]);
		free(keys[i]);
	}
	free(keys);
}

struct statusqueue *
statusqueue_new(struct ev_loop *loop, struct api *api, const char *manager,
    const struct statusqueue_ops *ops, void *arg)
{
	struct statusqueue *q = xcalloc(1, sizeof(*q));

	q->loop = loop;
	q->api = api;
	q->work.next = next_write;
	q->manager = manager;
	q->guarded = strcmp(manager, STATUS_ALLOCATOR) == 0;
	q->ip_mode = true;
	q->ops = ops;
	q->arg = arg;
	q->log.interval_us = 10 * US_PER_S;
	TAILQ_INIT(&q->dirty);
	ev_timer_init(&q->timer, on_timer, 0., 0.);
	ev_timer_init(&q->lost, on_lost, LOOK_S, LOOK_S);
	api_add_work(api, &q->work);
	return q;
}

void
statusqueue_free(struct statusqueue *q)
{
	if (!q)
		return;
	statusqueue_clear(q);
	api_remove_work(q->api, &q->work);
	ev_timer_stop(q->loop, &q->timer);
	ev_timer_stop(q->loop, &q->lost);
	free(q);
}

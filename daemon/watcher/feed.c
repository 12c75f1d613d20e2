/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "explain.h"
#include "feed_objects.h"
#include "fields.h"
#include "http.h"
#include "mem.h"
#include "random.h"
#include "snapdisk.h"
#include "snapshot.h"
#include "store.h"
#include "text.h"
#include "wake.h"

/* etcd takes no object over 1.5 MiB; this one is nobody's. */
#define OBJECT_MAX (8 * 1024 * 1024)
#define REFUSAL_MAX (64 * 1024)

static void arm(struct feed *f);

static void
forget_objects(struct feed *f)
{
	for (size_t i = 0; i < f->n_objects; i++)
		f->kind->free(f->objects[i]);
	free(f->objects);
	f->objects = NULL;
	f->n_objects = f->cap_objects = 0;
}

static void
forget_answer(struct feed *f)
{
	if (f->splitting)
		jsonsplit_fini(&f->split);
	f->splitting = f->closing = false;
	free(f->version);
	free(f->next_page);
	free(f->body);
	f->version = f->next_page = f->body = NULL;
	f->body_len = 0;
	f->why[0] = '\0';
	f->status = 0;
}

/* ---- the request ---- */

/* The server has taken our credentials, so it is the cluster they are for. */
static void
note_cluster(struct feed *f)
{
	char cluster[KUBECONFIG_CLUSTER_LEN];

	if (!f->snapshot)
		return;
	kubeconfig_cluster(f->ops->kubeconfig(f), cluster);
	if (strcmp(cluster, f->cluster) == 0)
		return;
	str_copy(f->cluster, sizeof(f->cluster), cluster);
	snapshot_set_cluster(f->snapshot, cluster);
}

static void
note_fresh(struct feed *f)
{
	int error;

	if (!f->snapshot)
		return;
	snapshot_note_fresh(f->snapshot, clock_us());
	error = snapshot_error(f->snapshot);
	if (error && error != f->snapshot_error)
		log_warn("%s: the last known state cannot be written to disk: %s; a "
			 "start without the API server would serve an older one",
		    f->kind->resource, strerror(error));
	f->snapshot_error = error;
}

static void
on_head(void *arg, int status)
{
	struct feed *f = arg;
	bool watch = f->lw.phase == LW_WATCHING;

	f->status = status;
	lw_bytes(&f->lw, clock_us(), status);
	if (status != 200)
		return;
	jsonsplit_init(&f->split, watch ? JSONSPLIT_STREAM : JSONSPLIT_LIST, OBJECT_MAX,
	    feed_objects_ops(), f);
	f->splitting = true;
	note_cluster(f);
	if (watch)
		f->error[0] = '\0';
	f->ops->on_state(f);
}

static bool
on_body(void *arg, const char *data, size_t len)
{
	struct feed *f = arg;

	lw_bytes(&f->lw, clock_us(), f->status);
	if (!f->splitting) {
		if (f->body_len + len > REFUSAL_MAX)
			return false;
		f->body = xreallocarray(f->body, f->body_len + len, 1);
		memcpy(f->body + f->body_len, data, len);
		f->body_len += len;
		return true;
	}
	if (jsonsplit_feed(&f->split, data, len) != 0 && !f->why[0])
		text_format(f->why, sizeof(f->why), "no JSON");
	if (f->lw.phase == LW_WATCHING) {
		f->ops->on_changed(f);
		note_fresh(f);
	}
	return !f->why[0];
}

/* A refusal's Status: its message, and what it asks for. */
static void
read_refusal(struct feed *f, struct lw_answer *a)
{
	json_t *json = f->body ? fields_parse(f->body, f->body_len, NULL) : NULL;
	const char *message = json_string_value(json_object_get(json, "message"));
	const json_t *details = json_object_get(json, "details");
	const json_t *cause;
	size_t i;

	json_array_foreach(json_object_get(details, "causes"), i, cause)
	{
		const char *reason = json_string_value(json_object_get(cause, "reason"));

		if (reason && strcmp(reason, "ResourceVersionTooLarge") == 0)
			a->too_large_version = true;
	}
	if (!a->retry_after_s)
		a->retry_after_s = feed_retry_after(json);
	if (message)
		text_format(f->why, sizeof(f->why), "%s", message);
	json_decref(json);
}

/* The list is complete and counts, unless it misses too much to be believed. */
static void
commit(struct feed *f)
{
	size_t held, missing;

	f->kind->compare(f->store, f->objects, f->n_objects, &held, &missing);
	if ((f->committed || f->loaded) && store_is_suspicious(held, missing) &&
	    !f->suspicious) {
		log_warn(
		    "%s: the list misses %zu of %zu held; it counts when a second one "
		    "agrees",
		    f->kind->resource, missing, held);
		f->suspicious = true;
		forget_objects(f);
		lw_confirm(&f->lw, clock_us(), random_u32());
		return;
	}
	f->suspicious = false;
	f->committed = true;
	f->outdated = f->begin_anew;
	f->error[0] = '\0';
	f->kind->replace(f->store, f->objects, f->n_objects);
	f->n_objects = 0;
	forget_objects(f);
	if (f->snapshot)
		snapshot_commit(f->snapshot);
	f->ops->on_changed(f);
}

static void
say_failure(struct feed *f, const struct http_result *result, bool watch)
{
	struct http_result r = *result;

	if (f->closing) {
		/* The stream's own words count, not that we closed it. */
		r.failure = HTTP_OK;
		r.status = f->lw.stream_error;
	}
	explain(f->error, sizeof(f->error), &r, f->ops->kubeconfig(f), f->kind->resource,
	    watch ? "watch" : "list", f->why[0] ? f->why : "it ended at once");
}

static void
end(struct feed *f, const struct http_result *result)
{
	bool watch = f->lw.phase == LW_WATCHING;
	struct lw_answer a = {
		.status = f->status,
		.broken = result->failure != HTTP_OK && !f->closing,
		.retry_after_s = result->retry_after_s,
		.version = f->version,
		.next_page = f->next_page,
	};

	if (f->status && f->status != 200)
		read_refusal(f, &a);
	else if (f->splitting &&
	    (!jsonsplit_complete(&f->split) || (f->why[0] && !f->closing)))
		a.broken = true;
	f->refused_credentials = f->status == 401;
	switch (lw_end(&f->lw, clock_us(), random_u32(), &a)) {
	case LW_FAILED:
		forget_objects(f);
		break;
	case LW_LISTED:
		commit(f);
		break;
	case LW_PAGE:
	case LW_ENDED:
		break;
	}
	if (f->lw.failed)
		say_failure(f, result, watch);
	forget_answer(f);
	f->ops->on_state(f);
	arm(f);
}

static void
on_done(void *arg, const struct http_result *result)
{
	struct feed *f = arg;

	f->req = NULL;
	end(f, result);
}

static char *
path_of(const struct feed *f, const char *query)
{
	if (!f->only.name[0])
		return xasprintf("%s?%s", f->kind->path, query);
	return xasprintf("/api/v1/namespaces/%s/%s?fieldSelector=metadata.name%%3D%s&%s",
	    f->only.ns, f->kind->resource, f->only.name, query);
}

static void
send_request(struct feed *f)
{
	static const struct http_ops http_ops = {
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
	};
	_free_ char *query = lw_query(&f->lw);
	_free_ char *path = path_of(f, query);

	/* What an earlier list has left behind is forgotten with that. */
	if (f->snapshot && f->lw.phase == LW_LISTING && !f->lw.next_page)
		snapshot_begin(f->snapshot);

	f->ops->refresh(f, f->refused_credentials);
	str_copy(f->server, sizeof(f->server), f->ops->kubeconfig(f)->server);
	f->req = http_get(f->http, f->ops->kubeconfig(f), path, &http_ops, f);
}

/* From the loop only: libcurl forgets no request within its own callbacks. */
static void
begin_anew(struct feed *f)
{
	f->begin_anew = false;
	if (f->req)
		http_cancel(f->req);
	f->req = NULL;
	forget_answer(f);
	forget_objects(f);
	lw_read_newest(&f->lw, clock_us());
}

static void
tick(struct feed *f)
{
	static const struct http_result silence = { .failure = HTTP_TIMEOUT };

	if (f->begin_anew)
		begin_anew(f);
	switch (lw_tick(&f->lw, clock_us(), random_u32())) {
	case LW_NOTHING:
		break;
	case LW_SEND:
		send_request(f);
		break;
	case LW_ABORT:
		http_cancel(f->req);
		f->req = NULL;
		end(f, &silence);
		return;
	}
	arm(f);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	tick(container_of(w, struct feed, timer));
}

static void
arm(struct feed *f)
{
	wake_at(f->loop, &f->timer, f->begin_anew ? 0 : f->lw.deadline_us);
}

void
feed_init(struct feed *f, const struct kind *kind, const struct feed_ops *ops, void *arg,
    struct ev_loop *loop, struct http *http, struct store *store,
    const struct decode_rules *rules)
{
	*f = (struct feed){
		.kind = kind,
		.ops = ops,
		.arg = arg,
		.loop = loop,
		.http = http,
		.store = store,
		.rules = rules,
		.log = { .interval_us = 10 * US_PER_S },
	};
	ev_init(&f->timer, on_timer);
}

/* ---- the snapshot ---- */

bool
feed_read_snapshot(
    struct feed *f, const char *dir, const char *cluster, uint64_t *wall_us)
{
	static const struct snapdisk_ops ops = { .on_object = feed_objects_take_kept };

	return snapdisk_read(dir, f->kind->resource, cluster, &ops, f, wall_us);
}

void
feed_use_snapshot(struct feed *f, bool use)
{
	if (use) {
		f->kind->replace(f->store, f->objects, f->n_objects);
		f->n_objects = 0;
	}
	f->loaded = use;
	forget_answer(f);
	forget_objects(f);
}

void
feed_keep_snapshot(struct feed *f, const char *dir)
{
	f->snapshot = snapshot_new(dir, f->kind->resource);
}

/* ---- start and end ---- */

static void
stop(struct feed *f)
{
	ev_timer_stop(f->loop, &f->timer);
	if (f->req)
		http_cancel(f->req);
	f->req = NULL;
	forget_answer(f);
	forget_objects(f);
	lw_fini(&f->lw);
}

void
feed_fini(struct feed *f)
{
	stop(f);
	snapshot_free(f->snapshot);
}

void
feed_start(struct feed *f)
{
	stop(f);
	lw_init(&f->lw, f->kind->selector, clock_us());
	arm(f);
}

void
feed_read_newest(struct feed *f)
{
	f->outdated = f->begin_anew = true;
	arm(f);
}

void
feed_retry_now(struct feed *f)
{
	lw_retry_now(&f->lw, clock_us());
	arm(f);
}

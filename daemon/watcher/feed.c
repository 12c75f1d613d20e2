/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "explain.h"
#include "fields.h"
#include "http.h"
#include "mem.h"
#include "store.h"
#include "text.h"

/* etcd takes no object over 1.5 MiB; this one is nobody's. */
#define OBJECT_MAX (8 * 1024 * 1024)
#define REFUSAL_MAX (64 * 1024)

static void arm(struct feed *f);

static uint32_t
random_u32(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
		value = (uint32_t)clock_us() * UINT32_C(2654435761);
	return value;
}

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

/* ---- objects ---- */

static void
log_malformed(struct feed *f, void *object, const struct fault *fault)
{
	_free_ char *key =
	    object ? f->kind->key(object) : xstrdup("an object of no name");
	uint32_t held;

	if (!log_allowed(&f->log, clock_us(), &held))
		return;
	log_warn("%s: malformed %s skipped: %s", key, f->kind->name, fault->text);
	if (held)
		log_warn(
		    "%s: %u more like it since the last line", f->kind->resource, held);
}

/* The object to keep, or NULL where there is nothing to. */
static void *
decode(struct feed *f, const json_t *json, bool *ignored)
{
	struct fault fault;
	void *object;

	*ignored = false;
	switch (f->kind->decode(json, f->rules, &object, &fault)) {
	case DECODED_OBJECT:
		return object;
	case DECODED_IGNORED:
		*ignored = true;
		return NULL;
	case DECODED_MALFORMED:
	case DECODED_UNNAMED:
		log_malformed(f, object, &fault);
		return object;
	}
	return NULL;
}

static void
remove_named(struct feed *f, const json_t *json)
{
	struct fault fault = { 0 };
	const char *ns, *name;

	if (decode_name(json, f->rules, &ns, &name, &fault)) {
		_free_ char *key = xasprintf("%s/%s", ns, name);

		f->kind->remove(f->store, key);
	}
}

static void
take_item(struct feed *f, const json_t *json)
{
	bool ignored;
	void *object = decode(f, json, &ignored);

	if (!object)
		return;
	f->objects =
	    array_grow(f->objects, f->n_objects, &f->cap_objects, sizeof(*f->objects));
	f->objects[f->n_objects++] = object;
}

static void
upsert(struct feed *f, const json_t *json)
{
	bool ignored;
	void *object = decode(f, json, &ignored);

	if (object)
		f->kind->put(f->store, object);
	else if (ignored)
		/* It may have been ours until now. */
		remove_named(f, json);
}

static uint32_t
retry_after_of(const json_t *status)
{
	const json_t *details = json_object_get(status, "details");
	json_int_t s = json_integer_value(json_object_get(details, "retryAfterSeconds"));

	return s > 0 && s <= UINT16_MAX ? (uint32_t)s : 0;
}

static void
take_event(struct feed *f, const json_t *json)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *object = json_object_get(json, "object");
	const json_t *meta = json_object_get(object, "metadata");
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));
	const char *message = json_string_value(json_object_get(object, "message"));
	int code = (int)json_integer_value(json_object_get(object, "code"));

	if (!type || !json_is_object(object)) {
		text_format(f->why, sizeof(f->why), "no watch event");
		return;
	}
	switch (lw_event(&f->lw, type, version, code, retry_after_of(object))) {
	case LW_UPSERT:
		upsert(f, object);
		break;
	case LW_DELETE:
		remove_named(f, object);
		break;
	case LW_NOTE:
		break;
	case LW_CLOSE:
		f->closing = true;
		text_format(f->why, sizeof(f->why), "%s",
		    message ? message : "an event without a version");
		break;
	}
}

static json_t *
parse(struct feed *f, const char *text, size_t len)
{
	json_error_t error;
	json_t *json = json_loadb(text, len, 0, &error);

	if (!json)
		text_format(f->why, sizeof(f->why), "%s", error.text);
	return json;
}

static void
on_object(void *arg, const char *text, size_t len)
{
	struct feed *f = arg;
	json_t *json;

	if (f->why[0])
		return;
	json = parse(f, text, len);
	if (json && f->lw.phase == LW_WATCHING)
		take_event(f, json);
	else if (json)
		take_item(f, json);
	json_decref(json);
}

/* The list without its items. */
static void
on_rest(void *arg, const char *text, size_t len)
{
	struct feed *f = arg;
	json_t *json = parse(f, text, len);
	const json_t *meta = json_object_get(json, "metadata");
	const char *list = json_string_value(json_object_get(json, "kind"));
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));
	const char *next_page = json_string_value(json_object_get(meta, "continue"));

	if (json && (!list || strcmp(list, f->kind->list) != 0 || !version))
		text_format(f->why, sizeof(f->why), "no %s", f->kind->list);
	if (version)
		f->version = xstrdup(version);
	if (next_page && *next_page)
		f->next_page = xstrdup(next_page);
	json_decref(json);
}

static void
on_oversize(void *arg, size_t len)
{
	struct feed *f = arg;
	uint32_t held;

	if (log_allowed(&f->log, clock_us(), &held))
		log_warn("%s: an object of %zu bytes skipped", f->kind->resource, len);
}

/* ---- the request ---- */

static void
on_head(void *arg, int status)
{
	static const struct jsonsplit_ops split_ops = {
		.on_object = on_object,
		.on_rest = on_rest,
		.on_oversize = on_oversize,
	};
	struct feed *f = arg;
	bool watch = f->lw.phase == LW_WATCHING;

	f->status = status;
	lw_bytes(&f->lw, clock_us(), status);
	if (status != 200)
		return;
	jsonsplit_init(&f->split, watch ? JSONSPLIT_STREAM : JSONSPLIT_LIST, OBJECT_MAX,
	    &split_ops, f);
	f->splitting = true;
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
	if (f->lw.phase == LW_WATCHING)
		f->ops->on_changed(f);
	return !f->why[0];
}

/* A refusal's Status: its message, and what it asks for. */
static void
read_refusal(struct feed *f, struct lw_answer *a)
{
	json_t *json = f->body ? json_loadb(f->body, f->body_len, 0, NULL) : NULL;
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
		a->retry_after_s = retry_after_of(json);
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
	if (f->committed && store_is_suspicious(held, missing) && !f->suspicious) {
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
	f->error[0] = '\0';
	f->kind->replace(f->store, f->objects, f->n_objects);
	f->n_objects = 0;
	forget_objects(f);
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
	    watch, f->why[0] ? f->why : "it ended at once");
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

static void
send_request(struct feed *f)
{
	static const struct http_ops http_ops = {
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
	};
	_free_ char *query = lw_query(&f->lw);
	_free_ char *path = xasprintf("%s?%s", f->kind->path, query);

	f->ops->refresh(f, f->refused_credentials);
	f->req = http_get(f->http, f->ops->kubeconfig(f), path, &http_ops, f);
}

static void
tick(struct feed *f)
{
	static const struct http_result silence = { .failure = HTTP_TIMEOUT };

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
	uint64_t now_us = clock_us();
	uint64_t wait_us = f->lw.deadline_us > now_us ? f->lw.deadline_us - now_us : 0;

	ev_timer_stop(f->loop, &f->timer);
	ev_now_update(f->loop);
	ev_timer_set(&f->timer, (double)wait_us / US_PER_S, 0.);
	ev_timer_start(f->loop, &f->timer);
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
}

void
feed_start(struct feed *f)
{
	stop(f);
	lw_init(&f->lw, clock_us());
	arm(f);
}

void
feed_retry_now(struct feed *f)
{
	lw_retry_now(&f->lw, clock_us());
	arm(f);
}

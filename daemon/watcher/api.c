/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "clock.h"
#include "explain.h"
#include "fields.h"
#include "http.h"
#include "kubeconfig.h"
#include "limiter.h"
#include "log.h"
#include "mem.h"
#include "random.h"
#include "wake.h"

/* Together 48: there is room for Leases within 50. */
#define CALLS_PER_S 38
#define CALLS_BURST 10
#define IN_FLIGHT_MAX 8
/* An object is 1.5 MiB at most; what we write is answered with far less. */
#define ANSWER_MAX (2 * 1024 * 1024)
#define RETRY_AFTER_MAX_S 300
#define FORBIDDEN_MAX 8

struct api_request {
	struct api *api;
	struct http_request *http;
	char *method, *path_query, *content_type, *body;
	const char *verb, *resource;
	uint32_t timeout_ms;
	api_done *on_done;
	void *arg;
	char *answer;
	size_t answer_len;
	bool repeated; /* after a 401 */
	LIST_ENTRY(api_request) entry;
};

struct api {
	struct ev_loop *loop;
	struct http *http;
	const struct api_ops *ops;
	void *arg;
	ev_timer timer; /* when the next call may go */
	struct limiter limiter;
	struct backoff backoff;
	uint64_t quiet_until_us;
	size_t in_flight;
	LIST_HEAD(api_requests, api_request) requests;
	TAILQ_HEAD(api_works, api_work) works;
	/* What was said to be forbidden: "verb resource". */
	char *forbidden[FORBIDDEN_MAX];
	size_t n_forbidden;
	struct log_limit log;
};

static void pump(struct api *a);
static void transmit(struct api_request *req);

/* ---- 403, said once ---- */

static char **
find_forbidden(struct api *a, const struct api_request *req)
{
	_free_ char *what = xasprintf("%s %s", req->verb, req->resource);

	for (size_t i = 0; i < a->n_forbidden; i++)
		if (strcmp(a->forbidden[i], what) == 0)
			return &a->forbidden[i];
	return NULL;
}

static void
say_forbidden(
    struct api_request *req, const struct http_result *result, const char *message)
{
	struct api *a = req->api;
	char text[256];

	if (find_forbidden(a, req) || a->n_forbidden == FORBIDDEN_MAX)
		return;
	a->forbidden[a->n_forbidden++] = xasprintf("%s %s", req->verb, req->resource);
	explain(text, sizeof(text), result, a->ops->kubeconfig(a->arg), req->resource,
	    req->verb, message);
	a->ops->on_forbidden(a->arg, text);
}

static void
forget_forbidden(struct api_request *req)
{
	struct api *a = req->api;
	char **known = find_forbidden(a, req);

	if (!known)
		return;
	free(*known);
	*known = a->forbidden[--a->n_forbidden];
}

/* ---- answers ---- */

static enum api_verdict
verdict_of(int status)
{
	if (status >= 200 && status < 300)
		return API_DONE;
	switch (status) {
	case 403:
		return API_FORBIDDEN;
	case 404:
		return API_ABSENT;
	case 409:
		return API_CONFLICT;
	case 400:
	case 405:
	case 413:
	case 415:
	case 422:
		return API_INVALID;
	default:
		return API_LATER;
	}
}

/* Lease and node belong together, so this one's namespace is to be there. */
static bool
lacks_namespace(const struct api_request *req, enum api_verdict verdict)
{
	return verdict == API_ABSENT && strcmp(req->method, "POST") == 0 &&
	    strcmp(req->resource, "leases") == 0;
}

/* Nothing new may be written there, and soon it is gone: nothing to be mended. */
static bool
is_terminating(const json_t *status)
{
	const json_t *details = json_object_get(status, "details");
	const json_t *cause;
	size_t i;

	json_array_foreach(json_object_get(details, "causes"), i, cause)
	{
		const char *reason = json_string_value(json_object_get(cause, "reason"));

		if (reason && strcmp(reason, "NamespaceTerminating") == 0)
			return true;
	}
	return false;
}

bool
api_is_unknown_field(const char *message)
{
	return strstr(message, "field not declared in schema");
}

static uint32_t
retry_after_of(const json_t *status)
{
	const json_t *details = json_object_get(status, "details");
	json_int_t s = json_integer_value(json_object_get(details, "retryAfterSeconds"));

	return s > 0 && s <= UINT16_MAX ? (uint32_t)s : 0;
}

/* The server asks for quiet, or is not well: everybody waits. */
static void
calm_down(struct api *a, uint32_t retry_after_s)
{
	uint64_t now_us = clock_us();
	uint64_t wait_us = backoff_next(&a->backoff, now_us, random_u32());

	if (retry_after_s > RETRY_AFTER_MAX_S)
		retry_after_s = RETRY_AFTER_MAX_S;
	if (retry_after_s)
		wait_us = retry_after_s * US_PER_S;
	if (a->quiet_until_us < now_us + wait_us)
		a->quiet_until_us = now_us + wait_us;
}

static void
say_failure(
    struct api_request *req, const struct http_result *result, const char *message)
{
	struct api *a = req->api;
	char text[256];
	uint32_t held;

	explain(text, sizeof(text), result, a->ops->kubeconfig(a->arg), req->resource,
	    req->verb, message);
	if (log_allowed(&a->log, clock_us(), &held))
		log_warn("%s", text);
}

static void
free_request(struct api_request *req)
{
	if (req->http)
		http_cancel(req->http);
	LIST_REMOVE(req, entry);
	req->api->in_flight--;
	free(req->method);
	free(req->path_query);
	free(req->content_type);
	if (req->body)
		explicit_bzero(req->body, strlen(req->body));
	free(req->body);
	free(req->answer);
	free(req);
}

static void
say_refusal(struct api_request *req, const struct http_result *result,
    const struct api_answer *answer)
{
	bool denied = answer->verdict == API_DENIED && !is_terminating(answer->json);

	if (answer->verdict == API_FORBIDDEN || denied ||
	    lacks_namespace(req, answer->verdict))
		say_forbidden(req, result, answer->message);
	else if (answer->verdict != API_LATER)
		forget_forbidden(req);
}

static void
conclude(struct api_request *req, const struct http_result *result)
{
	struct api *a = req->api;
	json_t *json =
	    fields_parse(req->answer ? req->answer : "", req->answer_len, NULL);
	const char *message = json_string_value(json_object_get(json, "message"));
	bool whole = result->failure == HTTP_OK;
	struct api_answer answer = {
		.status = whole ? result->status : 0,
		.verdict = whole ? verdict_of(result->status) : API_LATER,
		.retry_after_s =
		    result->retry_after_s ? result->retry_after_s : retry_after_of(json),
		.json = json,
		.message = message ? message : "",
	};
	api_done *on_done = req->on_done;
	void *arg = req->arg;

	if (whole && api_is_unknown_field(answer.message))
		answer.verdict = API_INVALID;
	if (answer.verdict == API_FORBIDDEN && explain_is_denial(answer.message))
		answer.verdict = API_DENIED;
	say_refusal(req, result, &answer);
	if (answer.verdict == API_LATER) {
		say_failure(req, result, answer.message);
		calm_down(a, answer.retry_after_s);
	} else {
		backoff_reset(&a->backoff);
	}
	free_request(req);
	on_done(arg, &answer);
	json_decref(json);
	pump(a);
}

/* ---- the request ---- */

static void
on_head(void *arg, int status)
{
	(void)arg;
	(void)status;
}

static bool
on_body(void *arg, const char *data, size_t len)
{
	struct api_request *req = arg;

	if (req->answer_len + len > ANSWER_MAX)
		return false;
	req->answer = xreallocarray(req->answer, req->answer_len + len, 1);
	memcpy(req->answer + req->answer_len, data, len);
	req->answer_len += len;
	return true;
}

static void
on_done(void *arg, const struct http_result *result)
{
	struct api_request *req = arg;

	req->http = NULL;
	if (result->status == 401 && !req->repeated) {
		req->repeated = true;
		free(req->answer);
		req->answer = NULL;
		req->answer_len = 0;
		req->api->ops->refresh(req->api->arg, true);
		transmit(req);
		return;
	}
	conclude(req, result);
}

static void
transmit(struct api_request *req)
{
	static const struct http_ops http_ops = {
		.on_head = on_head,
		.on_body = on_body,
		.on_done = on_done,
	};
	struct api *a = req->api;
	struct http_call call = {
		.method = req->method,
		.path_query = req->path_query,
		.content_type = req->content_type,
		.body = req->body,
		.timeout_ms = req->timeout_ms,
	};

	req->http = http_send(a->http, a->ops->kubeconfig(a->arg), &call, &http_ops, req);
}

struct api_request *
api_send(struct api *a, const struct api_call *call, api_done *done, void *arg)
{
	struct api_request *req;

	a->ops->refresh(a->arg, false);
	if (!a->ops->kubeconfig(a->arg))
		return NULL;
	req = xcalloc(1, sizeof(*req));
	req->api = a;
	req->method = xstrdup(call->method);
	req->path_query = xstrdup(call->path_query);
	req->content_type =
	    xstrdup(call->content_type ? call->content_type : "application/json");
	req->body = call->body ? xstrdup(call->body) : NULL;
	req->verb = call->verb;
	req->resource = call->resource;
	req->timeout_ms = call->timeout_ms;
	req->on_done = done;
	req->arg = arg;
	LIST_INSERT_HEAD(&a->requests, req, entry);
	a->in_flight++;
	transmit(req);
	return req;
}

void
api_cancel(struct api_request *req)
{
	free_request(req);
}

/* ---- the pace ---- */

static bool
send_one(struct api *a)
{
	struct api_work *work;

	TAILQ_FOREACH(work, &a->works, entry)
	if (work->next(work))
		return true;
	return false;
}

static void
pump(struct api *a)
{
	uint64_t now_us = clock_us(), at_us;

	while (a->in_flight < IN_FLIGHT_MAX && a->ops->kubeconfig(a->arg)) {
		at_us = limiter_next(&a->limiter);
		if (at_us < a->quiet_until_us)
			at_us = a->quiet_until_us;
		if (at_us > now_us) {
			wake_at(a->loop, &a->timer, at_us);
			return;
		}
		if (!send_one(a))
			return;
		limiter_take(&a->limiter, now_us);
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	pump(container_of(w, struct api, timer));
}

void
api_add_work(struct api *a, struct api_work *work)
{
	TAILQ_INSERT_TAIL(&a->works, work, entry);
}

void
api_remove_work(struct api *a, struct api_work *work)
{
	TAILQ_REMOVE(&a->works, work, entry);
}

void
api_kick(struct api *a)
{
	/* From the loop: who kicks may be in the midst of something. */
	if (!ev_is_active(&a->timer))
		wake_in(a->loop, &a->timer, 0);
}

struct api *
api_new(struct ev_loop *loop, const struct api_ops *ops, void *arg)
{
	struct api *a = xcalloc(1, sizeof(*a));

	a->loop = loop;
	a->ops = ops;
	a->arg = arg;
	a->http = http_new(loop);
	a->limiter = (struct limiter){ .per_s = CALLS_PER_S, .burst = CALLS_BURST };
	a->log.interval_us = 10 * US_PER_S;
	LIST_INIT(&a->requests);
	TAILQ_INIT(&a->works);
	ev_timer_init(&a->timer, on_timer, 0., 0.);
	return a;
}

void
api_free(struct api *a)
{
	if (!a)
		return;
	while (!LIST_EMPTY(&a->requests))
		free_request(LIST_FIRST(&a->requests));
	ev_timer_stop(a->loop, &a->timer);
	http_free(a->http);
	for (size_t i = 0; i < a->n_forbidden; i++)
		free(a->forbidden[i]);
	free(a);
}

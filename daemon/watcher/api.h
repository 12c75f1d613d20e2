/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The write side of one API server: sends calls, says in one word what came of
 * them, and holds everybody to its pace: at most 50 requests in any second, a
 * few at a time, and none while the server asks for quiet (429, Retry-After)
 * or fails (backoff). Who has much to write keeps it to itself, newest state
 * only, and is asked for the next call when there is room; the earlier added
 * one is asked first.
 *
 * Credentials are read again after a 401 and the call repeated once (L11).
 */
#pragma once

#include <ev.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct api;
struct api_request;
struct kubeconfig;

struct api_ops {
	/* Reads credentials again; refused: the last ones were. */
	void (*refresh)(void *arg, bool refused);
	/* NULL: not usable yet. */
	const struct kubeconfig *(*kubeconfig)(void *arg);
	/* 403, or no namespace for Leases: `text` names verb, resource and remedy.
	 * Said once for each pair of them until a call of it is allowed. */
	void (*on_forbidden)(void *arg, const char *text);
};

enum api_verdict {
	API_DONE,
	API_CONFLICT,  /* 409: it has changed, or exists already */
	API_ABSENT,    /* 404 */
	API_INVALID,   /* 400, 413, 415, 422, unknown field: not again as it is */
	API_FORBIDDEN, /* 403: RBAC allows none of these */
	API_DENIED,    /* 403: admission does not allow this one */
	API_LATER,     /* no answer, 401, 429, 5xx: once more, when asked */
};

struct api_answer {
	enum api_verdict verdict;
	int status;             /* of HTTP; 0: none came */
	uint32_t retry_after_s; /* 0: not said */
	const json_t *json;     /* the object or Status; NULL: none */
	const char *message;    /* the server's words; may be empty */
};

/*
 * What a server says of a field in an apply patch that is newer than itself: as
 * status 500, though it is no fault of its and would be so again (API_INVALID).
 */
bool api_is_unknown_field(const char *message);

typedef void api_done(void *arg, const struct api_answer *answer);

struct api_call {
	const char *method;
	const char *path_query;
	const char *content_type; /* NULL: application/json */
	const char *body;         /* NULL: none */
	const char *verb;         /* for people: "patch" */
	const char *resource;     /* "services/status" */
	uint32_t timeout_ms;
};

/* Somebody with things to write. */
struct api_work {
	/* Sends the next call with api_send(); false: there is none. */
	bool (*next)(struct api_work *work);
	TAILQ_ENTRY(api_work) entry;
};

struct api *api_new(struct ev_loop *loop, const struct api_ops *ops, void *arg);
/* Requests end without on_done. NULL is fine. */
void api_free(struct api *a);
void api_add_work(struct api *a, struct api_work *work);
void api_remove_work(struct api *a, struct api_work *work);
/* There is something to write. */
void api_kick(struct api *a);
/* Goes at once, whatever the pace (Leases). NULL: no kubeconfig yet. */
struct api_request *api_send(
    struct api *a, const struct api_call *call, api_done *on_done, void *arg);
/* Ends it without on_done. */
void api_cancel(struct api_request *req);

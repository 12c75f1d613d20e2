/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One resource of the API server, followed: sends what listwatch.h says is due,
 * cuts the answer into objects, decodes them and puts them into the store. The
 * pages of a list are collected and count together at its end; until then, and
 * whatever fails, the store stays as it is (I4). What it has brought is kept on
 * disk, and read from there before the first list.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "jsonsplit.h"
#include "kind.h"
#include "kubeconfig.h"
#include "listwatch.h"
#include "log.h"

struct feed;
struct http;
struct http_request;
struct http_result;
struct snapshot;

struct feed_ops {
	/* Before a request: reads files again that have changed; refused: all
	 * of them, the last credentials were. */
	void (*refresh)(struct feed *f, bool refused);
	/* Server and credentials, as read last. */
	const struct kubeconfig *(*kubeconfig)(const struct feed *f);
	void (*on_changed)(struct feed *f);
	/* lw, error or fresh may have changed. */
	void (*on_state)(struct feed *f);
};

struct feed {
	const struct kind *kind;
	const struct feed_ops *ops;
	void *arg; /* its owner's */
	struct ev_loop *loop;
	struct http *http;
	struct store *store;
	const struct decode_rules *rules;
	struct snapshot *snapshot;            /* NULL: none is kept */
	int snapshot_error;                   /* as logged */
	char cluster[KUBECONFIG_CLUSTER_LEN]; /* as the snapshot was told */
	struct msg_service_key only;          /* one object of this name; empty: all */
	struct listwatch lw;
	ev_timer timer;
	struct http_request *req;
	char server[256];         /* that was asked last */
	int status;               /* of its answer */
	bool refused_credentials; /* 401 */
	struct jsonsplit split;
	bool splitting;
	/* The pages so far: objects of the kind, owned. */
	void **objects;
	size_t n_objects;
	size_t cap_objects;
	/* What the answer says beside objects. */
	char *version;
	char *next_page;
	char why[160]; /* the body is not usable: why */
	char *body;    /* of a refusal */
	size_t body_len;
	bool closing;    /* the watch's own ERROR ends it */
	bool committed;  /* a complete list has been put into the store */
	bool loaded;     /* what the snapshot holds is in the store */
	bool suspicious; /* I4: the list before this one missed too much */
	bool said;       /* its error was, where nothing hangs on it */
	bool outdated;   /* a list from the newest state is still to come */
	bool begin_anew; /* it has not been asked for yet */
	char error[256]; /* for the operator; empty: none */
	struct log_limit log;
};

/* http, store and rules are borrowed. feed_start() begins. */
void feed_init(struct feed *f, const struct kind *kind, const struct feed_ops *ops,
    void *arg, struct ev_loop *loop, struct http *http, struct store *store,
    const struct decode_rules *rules);
void feed_fini(struct feed *f);
/*
 * Reads the snapshot of `cluster` in dir, and says when it was up to date; the
 * objects count with feed_use_snapshot(). False: there is none.
 */
bool feed_read_snapshot(
    struct feed *f, const char *dir, const char *cluster, uint64_t *wall_us);
/* Puts what was read into the store, or forgets it. */
void feed_use_snapshot(struct feed *f, bool use);
/* From now on keeps one there. */
void feed_keep_snapshot(struct feed *f, const char *dir);
/* Begins with a list; also anew, while it runs. */
void feed_start(struct feed *f);
/*
 * Lists once more, from the newest state there is; `outdated` until then. Begins
 * in the loop, not here: who calls may be in the midst of another's answer.
 */
void feed_read_newest(struct feed *f);
/* The server answers again: wait no longer for that. */
void feed_retry_now(struct feed *f);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings the status of Services to what one manager wants (status.h): a flag
 * at each Service, not a queue, so the newest want is written, once, when it
 * is its turn (api.h). Nothing is written that is so already, or that was
 * written and not yet come back by the watch. Who undoes what we write makes
 * us wait longer each time.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "status.h"

struct api;
struct statusqueue;

struct statusqueue_ops {
	/* Whether anything may be written now. */
	bool (*may_write)(void *arg);
	/* 409, or a write that got lost: decide again about "namespace/name". */
	void (*redecide)(void *arg, const char *key);
};

/* manager: STATUS_ALLOCATOR, whose writes hold only for the version they were
 * decided on; or STATUS_HOLDER. */
struct statusqueue *statusqueue_new(struct ev_loop *loop, struct api *api,
    const char *manager, const struct statusqueue_ops *ops, void *arg);
/* NULL is fine. */
void statusqueue_free(struct statusqueue *q);
/* key: "namespace/name". Both are copied. */
void statusqueue_want(struct statusqueue *q, const char *key,
    const struct service_status *seen, const struct service_status *want);
/* The Service is gone. */
void statusqueue_forget(struct statusqueue *q, const char *key);
/* Drops what is wanted, and writes that run. */
void statusqueue_clear(struct statusqueue *q);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watcher as a whole: settings from vipd choose a source, the source fills
 * the store, the publisher tells vipd what changes. Losing the source changes
 * nothing but its state (I4).
 */
#pragma once

#include <ev.h>

#include "chan.h"
#include "healthserver.h"
#include "holder.h"
#include "log.h"
#include "publish.h"
#include "settings.h"
#include "source.h"
#include "standing.h"
#include "store.h"
#include "vacancy.h"

struct apisource;
struct manifests;
struct writer;

struct watcher {
	struct ev_loop *loop;
	struct chan *chan;
	struct settings settings; /* in force */
	struct settings next;     /* being received */
	struct store store;
	struct publisher publisher;
	struct holder holder;
	struct health_server health;
	struct standing standing;
	struct vacancy vacancy;
	uint32_t node_addresses; /* address_changes that were heeded */
	struct apisource *api;   /* one of these two, or none yet */
	struct manifests *manifests;
	uint64_t masters;      /* as placement saw them last */
	struct writer *writer; /* NULL: there is nothing to write to */
	ev_timer every;        /* MSG_SOURCE_STATE, unasked */
	struct msg_source_state told;
	char logged[256]; /* the error that was logged last; empty: none */
	struct log_limit log;
};

void watcher_init(struct watcher *w, struct ev_loop *loop, struct chan *chan);
/* Gives up what others wait for, then calls done: within about a second. */
void watcher_stop(struct watcher *w, void (*done)(void *arg), void *arg);
/* What is known is on disk when it returns, or cannot be within a second. */
void watcher_end(struct watcher *w);
/* A message of vipd's. NULL, or why the connection has to end. */
const char *watcher_take(struct watcher *w, const struct msg *m);

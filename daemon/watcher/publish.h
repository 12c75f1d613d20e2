/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells vipd what has changed: the difference between what it was told last
 * and what is so now, a Service at a time. The first change goes at once, those
 * of the next 5 ms together (L16); while vipd does not read, changes only
 * add up in the store. What vipd need not hear, a status, delays nothing.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "msg.h"
#include "pooltell.h"
#include "view.h"

struct chan;
struct store;
struct store_entry;

/* An entry was looked at; it may still be one that stands for nothing. */
typedef void publish_looked(void *arg, struct store_entry *e, const struct view *v);

struct publisher {
	struct store *store;
	struct chan *chan;
	struct ev_loop *loop;
	ev_timer timer;
	uint64_t last_us; /* something was told */
	bool open;        /* a first complete list is there: tell */
	bool syncing;     /* SYNC_END is still to come */
	bool complete;    /* what SYNC_END will say */
	struct view view;
	struct pooltell pools;
	publish_looked *on_looked; /* NULL: nobody cares */
	void *arg;
	struct log_limit dropped_log;
};

void publish_init(
    struct publisher *p, struct ev_loop *loop, struct store *store, struct chan *chan);
/* Begins a sync: everything is told again, then SYNC_END(complete). */
void publish_sync(struct publisher *p, enum sync_source source, bool complete);
/* Tells nothing more until the next sync. */
void publish_close(struct publisher *p);
/* The store may have changed. */
void publish_kick(struct publisher *p);
/* The channel's queue has become empty. */
void publish_drained(struct publisher *p);

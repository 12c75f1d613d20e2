/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that vipd writes to the API about Services, and who may: the election of
 * the one node that hands out addresses, the status of Services, Events.
 *
 * Who decides asks writer_leads(): true once this node has the Lease *and* has
 * read everything anew after that (a new leader first sees, then allocates).
 * It then says for each Service what the status should be, as often as it
 * likes; only what differs is written, and only while it leads. Every function
 * takes a NULL writer: then nothing leads and nothing is written.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "msg.h"

struct api;
struct service_object;
struct service_status;
struct writer;

#define WRITER_NAMESPACE "vipd"
#define WRITER_LEASE "vipd-allocator"

struct writer_ops {
	/* This node begins or ceases to lead: decide about everything again. */
	void (*on_lead)(void *arg, bool leads);
	/* Read everything from the newest state, then writer_has_newest(). */
	void (*read_newest)(void *arg);
	/* Decide about "namespace/name" again. */
	void (*redecide)(void *arg, const char *key);
};

/* allocator: takes part in the election. node_name: of this node. */
struct writer *writer_new(struct ev_loop *loop, struct api *api, const char *node_name,
    bool allocator, const struct writer_ops *ops, void *arg);
void writer_free(struct writer *w);
/* Sets the Lease free, then calls done, in any case. */
void writer_release(struct writer *w, void (*done)(void *arg), void *arg);
/* What read_newest() asked for is in the store. */
void writer_has_newest(struct writer *w);

/* This node hands out addresses now. */
bool writer_leads(const struct writer *w);
/*
 * The allocator's part of a Service's status: addresses in order, conditions
 * AddressAllocated and Placed; an empty one cleans it (W5). The write counts
 * only for the version of the Service that was decided on.
 */
void writer_allocate(
    struct writer *w, const struct service_object *s, const struct service_status *want);
/* The holder's: condition VIPReady. Not written where allocator is off. */
void writer_hold(
    struct writer *w, const struct service_object *s, const struct service_status *want);
/* The Service is gone. */
void writer_forget(struct writer *w, const char *key);
void writer_event(struct writer *w, const struct service_object *s,
    enum event_reason reason, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Its name has been found out. */
void writer_set_node(struct writer *w, const char *name);
/* This node's name. */
const char *writer_node(const struct writer *w);
/* About the ConfigMap of the pools; from the node that leads. */
void writer_pools_event(struct writer *w, const struct msg_service_key *configmap,
    const char *uid, const char *note);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "election.h"
#include "eventqueue.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "object.h"
#include "statusqueue.h"
#include "text.h"

#define NODE_NAME_LEN 256

struct writer {
	const struct writer_ops *ops;
	void *arg;
	char node_name[NODE_NAME_LEN];
	bool allocator;
	bool sees_newest;          /* since it has the Lease */
	struct election *election; /* NULL: takes no part */
	struct statusqueue *allocated;
	struct statusqueue *held;
	struct eventqueue *events;
};

/*
 * Of this vipd: a watcher that is started again goes on leading at once, two
 * nodes of one name never believe that they are one.
 */
static char *
identity_of(const char *node_name)
{
	char boot[64] = "";
	pid_t parent = getppid();
	uint64_t h;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f) {
		if (!fgets(boot, sizeof(boot), f))
			boot[0] = '\0';
		fclose(f);
	}
	h = hash_add(HASH_INIT, boot, strlen(boot));
	h = hash_end(hash_add(h, &parent, sizeof(parent)));
	return xasprintf("%s_%08x", node_name, (uint32_t)h);
}

static bool
may_allocate(void *arg)
{
	return writer_leads(arg);
}

static bool
may_hold(void *arg)
{
	return ((struct writer *)arg)->allocator;
}

static void
redecide(void *arg, const char *key)
{
	struct writer *w = arg;

	w->ops->redecide(w->arg, key);
}

static void
on_election(void *arg, bool leads)
{
	struct writer *w = arg;

	w->sees_newest = false;
	if (leads) {
		log_info("this node is the allocator now (Lease %s/%s)", WRITER_NAMESPACE,
		    WRITER_LEASE);
		w->ops->read_newest(w->arg);
		return;
	}
	log_info("this node is not the allocator any longer");
	statusqueue_clear(w->allocated);
	w->ops->on_lead(w->arg, false);
}

void
writer_has_newest(struct writer *w)
{
	if (!w || w->sees_newest || !election_leads(w->election))
		return;
	w->sees_newest = true;
	w->ops->on_lead(w->arg, true);
}

bool
writer_leads(const struct writer *w)
{
	return w && w->sees_newest && election_leads(w->election);
}

struct writer *
writer_new(struct ev_loop *loop, struct api *api, const char *node_name, bool allocator,
    const struct writer_ops *ops, void *arg)
{
	static const struct statusqueue_ops allocated_ops = {
		.may_write = may_allocate,
		.redecide = redecide,
	};
	static const struct statusqueue_ops held_ops = {
		.may_write = may_hold,
		.redecide = redecide,
	};
	struct writer *w = xcalloc(1, sizeof(*w));
	_free_ char *identity = identity_of(node_name);

	w->ops = ops;
	w->arg = arg;
	w->allocator = allocator;
	str_copy(w->node_name, sizeof(w->node_name), node_name);
	/* In this order they are asked for their next call (api.h). */
	w->allocated = statusqueue_new(loop, api, STATUS_ALLOCATOR, &allocated_ops, w);
	w->held = statusqueue_new(loop, api, STATUS_HOLDER, &held_ops, w);
	w->events = eventqueue_new(loop, api, w->node_name);
	if (allocator)
		w->election = election_new(
		    loop, api, WRITER_NAMESPACE, WRITER_LEASE, identity, on_election, w);
	return w;
}

void
writer_free(struct writer *w)
{
	if (!w)
		return;
	election_free(w->election);
	eventqueue_free(w->events);
	statusqueue_free(w->held);
	statusqueue_free(w->allocated);
	free(w);
}

void
writer_release(struct writer *w, void (*done)(void *arg), void *arg)
{
	if (!w || !w->election) {
		done(arg);
		return;
	}
	/* Nothing of ours may come after the Lease is free. */
	statusqueue_clear(w->allocated);
	w->sees_newest = false;
	election_release(w->election, done, arg);
}

void
writer_allocate(
    struct writer *w, const struct service_object *s, const struct service_status *want)
{
	char key[SERVICE_KEY_LEN];

	if (writer_leads(w))
		statusqueue_want(
		    w->allocated, service_object_key(s, key), &s->status, want);
}

void
writer_hold(
    struct writer *w, const struct service_object *s, const struct service_status *want)
{
	char key[SERVICE_KEY_LEN];

	if (w && w->allocator)
		statusqueue_want(w->held, service_object_key(s, key), &s->status, want);
}

void
writer_forget(struct writer *w, const char *key)
{
	if (!w)
		return;
	statusqueue_forget(w->allocated, key);
	statusqueue_forget(w->held, key);
}

void
writer_event(struct writer *w, const struct service_object *s, enum event_reason reason,
    const char *fmt, ...)
{
	struct event e = { .about = s->id, .reason = reason };
	va_list ap;

	if (!w)
		return;
	memcpy(e.uid, s->uid, sizeof(e.uid));
	va_start(ap, fmt);
	vsnprintf(e.note, sizeof(e.note), fmt, ap);
	va_end(ap);
	text_make_safe(e.note);
	eventqueue_post(w->events, &e);
}

void
writer_set_node(struct writer *w, const char *name)
{
	str_copy(w->node_name, sizeof(w->node_name), name);
}

const char *
writer_node(const struct writer *w)
{
	return w ? w->node_name : "";
}

void
writer_pools_event(struct writer *w, const struct msg_service_key *configmap,
    const char *uid, const char *note)
{
	struct event e = { .about = *configmap, .reason = EVENT_POOLS_REFUSED };

	if (!writer_leads(w))
		return;
	str_copy(e.uid, sizeof(e.uid), uid);
	str_copy(e.note, sizeof(e.note), note);
	eventqueue_post(w->events, &e);
}

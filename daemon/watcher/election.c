/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "election.h"

#include <stdlib.h>

#include "api.h"
#include "clock.h"
#include "leader.h"
#include "mem.h"
#include "random.h"

#define RELEASE_TIMEOUT_MS 1000

struct election {
	struct ev_loop *loop;
	struct api *api;
	struct leader leader;
	bool told; /* what on_change was told last */
	election_change *on_change;
	void *arg;
	ev_timer timer;
	struct api_request *req;
	void (*released)(void *arg);
	void *released_arg;
};

static void run(struct election *e, enum leader_due due);

static void
arm(struct election *e)
{
	uint64_t now_us = clock_us(), at_us = leader_deadline(&e->leader);

	ev_timer_stop(e->loop, &e->timer);
	if (at_us == UINT64_MAX)
		return;
	ev_now_update(e->loop);
	ev_timer_set(
	    &e->timer, at_us > now_us ? (double)(at_us - now_us) / US_PER_S : 0., 0.);
	ev_timer_start(e->loop, &e->timer);
}

/* The last thing of each entry: the owner may do anything now. */
static void
settle(struct election *e)
{
	bool leads = e->leader.leading;

	arm(e);
	if (leads == e->told)
		return;
	e->told = leads;
	e->on_change(e->arg, leads);
}

static void
on_answer(void *arg, const struct api_answer *a)
{
	struct election *e = arg;

	e->req = NULL;
	run(e,
	    leader_answer(&e->leader, clock_us(), random_u32(), a->status,
		a->retry_after_s, a->json));
}

static struct api_request *
send_due(struct election *e, enum leader_due due)
{
	const struct leader *l = &e->leader;
	bool create = due == LEADER_CREATE;
	_free_ char *body = due == LEADER_GET ? NULL : leader_body(l, clock_wall_us());
	_free_ char *path =
	    xasprintf("/apis/coordination.k8s.io/v1/namespaces/%s/leases%s%s", l->ns,
		create ? "" : "/", create ? "" : l->name);
	struct api_call call = {
		.method = due == LEADER_GET ? "GET"
		    : create                ? "POST"
					    : "PUT",
		.verb = due == LEADER_GET ? "get"
		    : create              ? "create"
					  : "update",
		.path_query = path,
		.body = body,
		.resource = "leases",
		.timeout_ms = LEADER_TIMEOUT_S * 1000,
	};

	return api_send(e->api, &call, on_answer, e);
}

static void
run(struct election *e, enum leader_due due)
{
	while (due != LEADER_NOTHING) {
		e->req = send_due(e, due);
		if (e->req)
			break;
		due = leader_answer(&e->leader, clock_us(), random_u32(), 0, 0, NULL);
	}
	settle(e);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct election *e = container_of(w, struct election, timer);

	(void)loop;
	(void)events;
	run(e, leader_tick(&e->leader, clock_us()));
}

struct election *
election_new(struct ev_loop *loop, struct api *api, const char *ns, const char *name,
    const char *identity, election_change *on_change, void *arg)
{
	struct election *e = xcalloc(1, sizeof(*e));

	e->loop = loop;
	e->api = api;
	e->on_change = on_change;
	e->arg = arg;
	leader_init(&e->leader, ns, name, identity, clock_us());
	ev_timer_init(&e->timer, on_timer, 0., 0.);
	arm(e);
	return e;
}

void
election_free(struct election *e)
{
	if (!e)
		return;
	ev_timer_stop(e->loop, &e->timer);
	if (e->req)
		api_cancel(e->req);
	leader_fini(&e->leader);
	free(e);
}

bool
election_leads(const struct election *e)
{
	return e && leader_leads(&e->leader, clock_us());
}

static void
on_released(void *arg, const struct api_answer *a)
{
	struct election *e = arg;

	(void)a;
	e->req = NULL;
	e->released(e->released_arg);
}

void
election_release(struct election *e, void (*done)(void *arg), void *arg)
{
	_free_ char *body = NULL, *path = NULL;
	struct api_call call;

	if (e && e->req) {
		api_cancel(e->req);
		e->req = NULL;
	}
	body = e ? leader_release(&e->leader, clock_us(), clock_wall_us()) : NULL;
	if (!body) {
		done(arg);
		return;
	}
	ev_timer_stop(e->loop, &e->timer);
	path = xasprintf("/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s",
	    e->leader.ns, e->leader.name);
	call = (struct api_call){
		.method = "PUT",
		.path_query = path,
		.body = body,
		.verb = "update",
		.resource = "leases",
		.timeout_ms = RELEASE_TIMEOUT_MS,
	};
	e->released = done;
	e->released_arg = arg;
	e->req = api_send(e->api, &call, on_released, e);
	if (!e->req)
		done(arg);
}

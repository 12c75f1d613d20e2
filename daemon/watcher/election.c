/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "election.h"

#include <stdlib.h>

#include "clock.h"
#include "leader.h"
#include "leasecall.h"
#include "mem.h"
#include "random.h"
#include "wake.h"

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
	uint64_t at_us = leader_deadline(&e->leader);

	if (at_us == UINT64_MAX)
		ev_timer_stop(e->loop, &e->timer);
	else
		wake_at(e->loop, &e->timer, at_us);
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
	_free_ char *body = due == LEADER_GET ? NULL : leader_body(l, clock_wall_us());

	return leasecall_send(e->api,
	    due == LEADER_GET          ? LEASECALL_GET
		: due == LEADER_CREATE ? LEASECALL_CREATE
				       : LEASECALL_UPDATE,
	    l->ns, l->name, body, LEADER_TIMEOUT_S * 1000, on_answer, e);
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
	_free_ char *body = NULL;

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
	e->released = done;
	e->released_arg = arg;
	e->req = leasecall_send(e->api, LEASECALL_UPDATE, e->leader.ns, e->leader.name,
	    body, RELEASE_TIMEOUT_MS, on_released, e);
	if (!e->req)
		done(arg);
}

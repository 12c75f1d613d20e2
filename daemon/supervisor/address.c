/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "address_own.h"
#include "address_request.h"
#include "address_siblings.h"
#include "address_survey.h"
#include "clock.h"
#include "mem.h"
#include "plan.h"
#include "urgent.h"

#define SLICE_US (2 * US_PER_MS)
#define WAITING_CHECK_S 0.1
#define RENEWAL_CHECK_S 0.25

/* ---- what owners are told ---- */

static void
wake(struct addresses *as)
{
	urgent_set(&as->urgent, true);
	if (ev_is_active(&as->work))
		return;
	ev_timer_set(&as->work, 0., 0.);
	ev_timer_start(as->loop, &as->work);
}

static void
report(struct addresses *as, enum report_kind kind, uint32_t owner, const struct entry *e,
    int error)
{
	struct msg_installed_record at = {
		.addr = e->addr,
		.ifindex = kind == REPORT_REMOVED ? e->told_ifindex : e->ifindex,
	};

	report_add(&as->report, kind, owner, &at, error);
	wake(as);
}

static void
update_told(struct addresses *as, struct entry *e, const struct plan_place *place)
{
	const struct claim *c = e->claims;
	bool installed = plan_is_installed(c ? &c->want : NULL, place);
	uint32_t owner = installed ? c->owner : 0;
	bool as_told = installed && e->told && e->told_owner == owner &&
	    e->told_ifindex == e->ifindex;

	if (!installed && place->misfit)
		return; /* it is there until the kernel says otherwise */
	if (e->told && !as_told)
		report(as, REPORT_REMOVED, e->told_owner, e, 0);
	if (installed && !as_told)
		report(as, REPORT_INSTALLED, owner, e, 0);
	e->told = installed;
	e->told_owner = owner;
	e->told_ifindex = e->ifindex;
	if (installed)
		e->error = 0;
}

static void
set_error(struct addresses *as, struct entry *e, int error)
{
	if (e->error == error)
		return;
	e->error = error;
	if (e->claims)
		report(as, REPORT_FAILED, e->claims->owner, e, error);
	address_log_failed(&as->log, e->dev->name, &e->addr, error);
}

/* ---- what one address needs ---- */

static void
arm_timers(struct addresses *as)
{
	if (as->lists.waiting && !ev_is_active(&as->wait))
		ev_timer_again(as->loop, &as->wait);
	if (as->lists.mortal && !ev_is_active(&as->renewal))
		ev_timer_again(as->loop, &as->renewal);
}

bool
address_consider(struct addresses *as, struct entry *e)
{
	const struct address_want *want = e->claims ? &e->claims->want : NULL;
	bool early = clock_us() < e->not_before_us;
	enum request request = REQUEST_NONE;
	struct plan_place place;
	enum plan_step step;

	if (e->flying != REQUEST_NONE)
		return true; /* again when its answer comes */
	place = survey_entry(as->links, e);
	update_told(as, e, &place);
	step = plan_next(want, &place, early);
	switch (step) {
	case PLAN_ADD:
		request = REQUEST_ADD;
		break;
	case PLAN_RENEW:
		request = REQUEST_RENEW;
		break;
	case PLAN_DELETE:
		request = REQUEST_DEL;
		break;
	case PLAN_CONFLICT:
		set_error(as, e, EEXIST);
		break;
	case PLAN_REST:
	case PLAN_WAIT:
		break;
	}
	if (request != REQUEST_NONE && request != e->queued)
		wake(as);
	address_lists_queue(&as->lists, e, request);
	address_lists_wait(&as->lists, e, step == PLAN_WAIT && early);
	address_lists_renew(
	    &as->lists, e, place.fits && (want->lifetime_s || place.stale));
	address_lists_watch(
	    &as->lists, e, want && (place.foreign || place.foreign_elsewhere));
	arm_timers(as);
	if (want || step != PLAN_REST)
		return true;
	address_table_remove(&as->table, e);
	return false;
}

/* ---- requests ---- */

static void settle(struct addresses *as, struct entry *e, int error);

static int
send_new(struct addresses *as, struct entry *e)
{
	struct nl_sock *sock = links_socket(as->links);
	const struct address_want *want = &e->claims->want;

	e->life =
	    (struct plan_life){ .given_s = want->lifetime_s, .given_us = clock_us() };
	if (e->flying == REQUEST_RENEW)
		return address_send_renew(sock, e->ifindex, want, &e->seq);
	e->prefixlen = want->prefixlen;
	e->as_added = *want;
	return address_send_add(sock, e->ifindex, want, &e->seq);
}

static void
send_request(struct addresses *as, struct entry *e)
{
	struct nl_sock *sock = links_socket(as->links);
	int error;

	/* Others may have come first since it was queued. */
	if (!address_consider(as, e) || e->queued == REQUEST_NONE)
		return;
	e->flying = e->queued;
	address_lists_queue(&as->lists, e, REQUEST_NONE);
	DL_APPEND(as->lists.flight, e);
	if (e->flying == REQUEST_DEL) {
		siblings_keep(as->links, e);
		error =
		    address_send_del(sock, e->ifindex, &e->addr, e->prefixlen, &e->seq);
	} else {
		error = send_new(as, e);
	}
	if (error)
		settle(as, e, ENOBUFS);
}

/* ---- answers ---- */

/* Its owner has it still: nothing to be told. */
static void
note_failure(struct addresses *as, struct entry *e, enum request request, int error)
{
	if (request == REQUEST_RENEW)
		address_log_failed(&as->log, e->dev->name, &e->addr, error);
	else
		set_error(as, e, error);
}

static void
settle(struct addresses *as, struct entry *e, int error)
{
	enum request request = e->flying;
	bool done = plan_is_done(request == REQUEST_DEL, error);

	if (!done) {
		e->not_before_us = clock_us() + plan_retry_us(e->failures++);
	} else if (request != REQUEST_DEL) {
		e->failures = 0;
		e->added |= request == REQUEST_ADD;
		e->life.known = true;
		links_note_own(as->links, e->ifindex, &e->addr, e->prefixlen,
		    e->as_added.is_lasting);
	} else {
		e->failures = 0;
		as->log.residues += !e->told && !e->claims;
		links_note_gone(as->links, e->ifindex, &e->addr, e->prefixlen);
	}
	DL_DELETE(as->lists.flight, e);
	e->flying = REQUEST_NONE;
	/* There already: at first, see what is there. */
	if (!done && (error != EEXIST || e->failures > 1))
		note_failure(as, e, request, error);
	address_consider(as, e);
}

void
addresses_on_answer(struct addresses *as, uint32_t seq, int error)
{
	struct entry *e;

	DL_SEARCH_SCALAR(as->lists.flight, e, seq, seq);
	if (e)
		settle(as, e, error);
}

/* The kernel answers inside sendmsg, so the answers are there already. */
static void
take_answers(struct addresses *as)
{
	if (!links_drain(as->links))
		return;
	/* Lost with an overrun: the next try finds out what is true. */
	while (as->lists.flight)
		settle(as, as->lists.flight, ENOBUFS);
}

/*
 * The kernel tells of an IPv6 address just before it makes its local route, both
 * under the routing lock: who has had the lock after that finds the route there.
 */
static void
await_local_routes(struct addresses *as)
{
	uint32_t seq;

	for (size_t i = 0; i < as->report.count; i++) {
		const struct report_event *ev = &as->report.events[i];

		if (ev->kind != REPORT_INSTALLED || ev->at.addr.family != AF_INET6)
			continue;
		address_send_nothing(links_socket(as->links), ev->at.ifindex, &seq);
		return;
	}
}

/* Adds and deletes in turn: neither starves the other. */
static void
on_work(struct ev_loop *loop, ev_timer *w, int events)
{
	struct addresses *as = container_of(w, struct addresses, work);
	uint64_t end = clock_us() + SLICE_US;

	(void)loop;
	(void)events;
	links_drain(as->links); /* decide on what is true now */
	while ((as->lists.adds || as->lists.deletes) && clock_us() < end) {
		if (as->lists.adds)
			send_request(as, as->lists.adds);
		if (as->lists.deletes)
			send_request(as, as->lists.deletes);
	}
	take_answers(as);
	await_local_routes(as);
	report_tell(&as->report);
	if (!addresses_settled(as)) {
		wake(as);
		return;
	}
	urgent_set(&as->urgent, false);
	address_log_residues(&as->log);
}

static void
on_wait(struct ev_loop *loop, ev_timer *w, int events)
{
	struct addresses *as = container_of(w, struct addresses, wait);
	uint64_t now = clock_us();
	struct entry *e, *tmp;

	(void)events;
	DL_FOREACH_SAFE2(as->lists.waiting, e, tmp, wnext)
	if (e->not_before_us <= now)
		address_consider(as, e);
	if (!as->lists.waiting)
		ev_timer_stop(loop, w);
}

static void
on_renewal(struct ev_loop *loop, ev_timer *w, int events)
{
	struct addresses *as = container_of(w, struct addresses, renewal);
	struct entry *e, *tmp;
	uint64_t now = clock_us();

	(void)events;
	DL_FOREACH_SAFE2(as->lists.mortal, e, tmp, mnext)
	if (plan_is_stale(&e->life, e->claims->want.lifetime_s, now))
		address_consider(as, e);
	if (!as->lists.mortal)
		ev_timer_stop(loop, w);
}

bool
addresses_settled(const struct addresses *as)
{
	return !as->lists.adds && !as->lists.deletes && !as->lists.flight &&
	    !as->report.count;
}

/* ---- wants ---- */

/* Mostly all is as told before, so the claim behind the last one is a good guess. */
static struct claim *
find_claim(struct addresses *as, struct owner *o, struct claim *guess,
    const struct address_want *want, struct entry **e)
{
	if (guess && ipaddr_eq(&guess->entry->addr, &want->addr) &&
	    !strcmp(guess->entry->dev->name, want->dev)) {
		*e = guess->entry;
		return guess;
	}
	*e = address_table_get(
	    &as->table, address_table_get_device(&as->table, want->dev), &want->addr);
	return address_table_find_claim(*e, o->id);
}

static struct claim *
want_one(struct addresses *as, struct owner *o, struct claim *guess,
    const struct address_want *want)
{
	struct entry *e;
	struct claim *c = find_claim(as, o, guess, want, &e);

	if (c && c->round == as->round)
		return c; /* told twice */
	if (!c) {
		c = address_table_claim(o, e, want);
		c->round = as->round;
		if (e->claims == c)
			address_consider(as, e);
		else
			report(as, REPORT_FAILED, o->id, e, EBUSY);
		return c;
	}
	c->round = as->round;
	if (plan_same(&c->want, want) && c->want.lifetime_s == want->lifetime_s)
		return c;
	c->want = *want;
	address_consider(as, e);
	return c;
}

void
addresses_want(
    struct addresses *as, uint32_t owner, const struct address_want *list, size_t n)
{
	struct owner *o = address_table_get_owner(&as->table, owner);
	struct claim *c = NULL, *before;

	as->round++;
	for (size_t i = 0; i < n; i++)
		c = want_one(as, o, c ? c->after : o->claims, &list[i]);
	/* The last first: so secondaries go before their primary. */
	for (c = o->claims ? o->claims->before : NULL; c; c = before) {
		struct entry *e = c->entry;

		before = c == o->claims ? NULL : c->before;
		if (c->round == as->round)
			continue;
		address_table_release(o, c);
		e->error = 0; /* the next one has not heard of it */
		address_consider(as, e);
	}
	if (!o->claims)
		address_table_remove_owner(&as->table, o);
}

/* ---- set-up ---- */

struct addresses *
addresses_new(
    struct ev_loop *loop, struct links *links, const struct addresses_ops *ops, void *arg)
{
	struct addresses *as = xcalloc(1, sizeof(*as));

	as->loop = loop;
	as->links = links;
	as->report.ops = ops;
	as->report.arg = arg;
	address_log_init(&as->log);
	ev_timer_init(&as->work, on_work, 0., 0.);
	ev_timer_init(&as->wait, on_wait, WAITING_CHECK_S, WAITING_CHECK_S);
	ev_timer_init(&as->renewal, on_renewal, RENEWAL_CHECK_S, RENEWAL_CHECK_S);
	return as;
}

void
addresses_free(struct addresses *as)
{
	urgent_set(&as->urgent, false);
	ev_timer_stop(as->loop, &as->work);
	ev_timer_stop(as->loop, &as->wait);
	ev_timer_stop(as->loop, &as->renewal);
	address_table_free(&as->table);
	report_free(&as->report);
	free(as);
}

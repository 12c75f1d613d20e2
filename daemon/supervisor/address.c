/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

#include "address_log.h"
#include "address_report.h"
#include "address_request.h"
#include "address_survey.h"
#include "address_table.h"
#include "clock.h"
#include "mem.h"
#include "plan.h"
#include "urgent.h"

#define SLICE_US (2 * US_PER_MS)
#define WAITING_CHECK_S 0.1

struct addresses {
	struct ev_loop *loop;
	struct links *links;
	struct address_table table;
	ev_timer work;
	ev_timer wait;
	struct entry *adds;
	struct entry *deletes;
	struct entry *flight; /* in the order sent: answers come in that order */
	struct entry *waiting;
	unsigned watching;
	unsigned round;
	bool urgent; /* urgent.h */
	struct report report;
	struct address_log log;
};

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

/* ---- queues ---- */

static struct entry **
queue_of(struct addresses *as, enum request request)
{
	return request == REQUEST_ADD ? &as->adds : &as->deletes;
}

static void
set_queued(struct addresses *as, struct entry *e, enum request request)
{
	if (e->queued == request)
		return;
	if (e->queued != REQUEST_NONE)
		DL_DELETE(*queue_of(as, e->queued), e);
	e->queued = request;
	if (request == REQUEST_NONE)
		return;
	DL_APPEND(*queue_of(as, request), e);
	wake(as);
}

static void
set_waiting(struct addresses *as, struct entry *e, bool waiting)
{
	if (e->waiting == waiting)
		return;
	e->waiting = waiting;
	if (!waiting) {
		DL_DELETE2(as->waiting, e, wprev, wnext);
		return;
	}
	DL_APPEND2(as->waiting, e, wprev, wnext);
	if (!ev_is_active(&as->wait))
		ev_timer_again(as->loop, &as->wait);
}

static void
set_watching(struct addresses *as, struct entry *e, bool watching)
{
	as->watching += watching;
	as->watching -= e->watching;
	e->watching = watching;
}

/* ---- what one address needs ---- */

/* The one place where anything is decided. False: e had no more to it, and is
 * freed. */
static bool
consider(struct addresses *as, struct entry *e)
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
	set_queued(as, e, request);
	set_waiting(as, e, step == PLAN_WAIT && early);
	set_watching(as, e, want && (place.foreign || place.foreign_elsewhere));
	if (want || step != PLAN_REST)
		return true;
	address_table_remove(&as->table, e);
	return false;
}

/* ---- requests ---- */

/*
 * With an IPv4 primary address the kernel removes the others of its subnet,
 * the node's own among them, unless it is told to promote one.
 */
static void
keep_siblings(struct addresses *as, const struct entry *e)
{
	uint32_t seq;

	if (e->addr.family != AF_INET || e->prefixlen == 32)
		return;
	/* What this slice has deleted before is gone. */
	links_drain(as->links);
	if (survey_takes_others_along(as->links, e))
		address_send_promote(links_socket(as->links), e->ifindex, &seq);
}

static void settle(struct addresses *as, struct entry *e, int error);

static void
send_request(struct addresses *as, struct entry *e)
{
	struct nl_sock *sock = links_socket(as->links);
	int error;

	/* Others may have come first since it was queued. */
	if (!consider(as, e) || e->queued == REQUEST_NONE)
		return;
	e->flying = e->queued;
	set_queued(as, e, REQUEST_NONE);
	DL_APPEND(as->flight, e);
	if (e->flying == REQUEST_DEL) {
		keep_siblings(as, e);
		error =
		    address_send_del(sock, e->ifindex, &e->addr, e->prefixlen, &e->seq);
	} else {
		e->prefixlen = e->claims->want.prefixlen;
		e->as_added = e->claims->want;
		error = address_send_add(sock, e->ifindex, &e->as_added, &e->seq);
	}
	if (error)
		settle(as, e, ENOBUFS);
}

/* ---- answers ---- */

static void
settle(struct addresses *as, struct entry *e, int error)
{
	enum request request = e->flying;
	bool done = plan_is_done(request == REQUEST_DEL, error);

	if (!done) {
		e->not_before_us = clock_us() + plan_retry_us(e->failures++);
	} else if (request == REQUEST_ADD) {
		e->failures = 0;
		e->added = true;
		links_note_own(as->links, e->ifindex, &e->addr, e->prefixlen);
	} else {
		e->failures = 0;
		as->log.residues += !e->told && !e->claims;
		links_note_gone(as->links, e->ifindex, &e->addr, e->prefixlen);
	}
	DL_DELETE(as->flight, e);
	e->flying = REQUEST_NONE;
	/* There already: at first, see what is there. */
	if (!done && (error != EEXIST || e->failures > 1))
		set_error(as, e, error);
	consider(as, e);
}

void
addresses_on_answer(struct addresses *as, uint32_t seq, int error)
{
	struct entry *e;

	DL_SEARCH_SCALAR(as->flight, e, seq, seq);
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
	while (as->flight)
		settle(as, as->flight, ENOBUFS);
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
	while ((as->adds || as->deletes) && clock_us() < end) {
		if (as->adds)
			send_request(as, as->adds);
		if (as->deletes)
			send_request(as, as->deletes);
	}
	take_answers(as);
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
	DL_FOREACH_SAFE2(as->waiting, e, tmp, wnext)
	if (e->not_before_us <= now)
		consider(as, e);
	if (!as->waiting)
		ev_timer_stop(loop, w);
}

bool
addresses_settled(const struct addresses *as)
{
	return !as->adds && !as->deletes && !as->flight && !as->report.count;
}

/* ---- wants ---- */

static void
want_one(struct addresses *as, struct owner *o, const struct address_want *want)
{
	struct device *dev = address_table_get_device(&as->table, want->dev);
	struct entry *e = address_table_get(&as->table, dev, &want->addr);
	struct claim *c = address_table_find_claim(e, o->id);

	if (c && c->round == as->round)
		return; /* told twice */
	if (!c) {
		c = address_table_claim(o, e, want);
		c->round = as->round;
		if (e->claims == c)
			consider(as, e);
		else
			report(as, REPORT_FAILED, o->id, e, EBUSY);
		return;
	}
	c->round = as->round;
	if (plan_same(&c->want, want))
		return;
	c->want = *want;
	consider(as, e);
}

void
addresses_want(
    struct addresses *as, uint32_t owner, const struct address_want *list, size_t n)
{
	struct owner *o = address_table_get_owner(&as->table, owner);
	struct claim *c, *before;

	as->round++;
	for (size_t i = 0; i < n; i++)
		want_one(as, o, &list[i]);
	/* The last first: so secondaries go before their primary. */
	for (c = o->claims ? o->claims->before : NULL; c; c = before) {
		struct entry *e = c->entry;

		before = c == o->claims ? NULL : c->before;
		if (c->round == as->round)
			continue;
		address_table_release(o, c);
		e->error = 0; /* the next one has not heard of it */
		consider(as, e);
	}
	if (!o->claims)
		address_table_remove_owner(&as->table, o);
}

/* ---- what the kernel tells ---- */

static void
was_deleted(struct addresses *as, struct entry *e)
{
	uint64_t now = clock_us(), delay;
	bool began;

	delay = heal_delay(&e->heal, now, &began);
	e->not_before_us = now + delay;
	if (began)
		address_log_fight(&as->log, e->dev->name, &e->addr);
	else if (!delay)
		address_log_healed(&as->log, e->dev->name, &e->addr);
}

void
addresses_on_own(struct addresses *as, const struct link_address *a, bool present)
{
	const char *name = links_name(as->links, a->ifindex);
	const struct link *l = name ? links_find_by_name(as->links, name) : NULL;
	struct device *dev;
	struct entry *e;

	if (!l)
		return;
	dev = present ? address_table_get_device(&as->table, name)
		      : address_table_find_device(&as->table, name);
	if (!dev)
		return;
	/* Of a dead vipd, or of an interface that had another name. */
	e = present ? address_table_get(&as->table, dev, &a->addr)
		    : address_table_find(&as->table, dev, &a->addr);
	if (!e)
		return;
	if (!present && e->told && e->claims && e->flying == REQUEST_NONE &&
	    a->prefixlen == e->claims->want.prefixlen && link_is_up(l))
		was_deleted(as, e);
	consider(as, e);
}

static bool
adopt(void *arg, const struct link_address *a)
{
	if (a->own)
		addresses_on_own(arg, a, true);
	return true;
}

static void
consider_all(struct addresses *as, struct device *dev)
{
	struct entry *e, *tmp;

	DL_FOREACH_SAFE2(dev->entries, e, tmp, dnext)
	consider(as, e);
}

void
addresses_on_link(struct addresses *as, uint32_t ifindex)
{
	struct device *dev, *tmp;

	HASH_ITER(hh, as->table.devices, dev, tmp)
	{
		const struct link *l = links_find_by_name(as->links, dev->name);
		uint32_t now = l ? link_index(l) : 0;

		if (now != ifindex && dev->ifindex != ifindex)
			continue;
		dev->ifindex = now;
		consider_all(as, dev);
	}
	/* After a rename they are on a device that nobody wanted them on. */
	links_each_address(as->links, ifindex, adopt, as);
}

void
addresses_on_foreign(struct addresses *as)
{
	struct device *dev, *tmp;
	struct entry *e, *etmp;

	if (!as->watching)
		return;
	HASH_ITER(hh, as->table.devices, dev, tmp)
	DL_FOREACH_SAFE2(dev->entries, e, etmp, dnext)
	if (e->watching)
		consider(as, e);
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
	return as;
}

void
addresses_free(struct addresses *as)
{
	urgent_set(&as->urgent, false);
	ev_timer_stop(as->loop, &as->work);
	ev_timer_stop(as->loop, &as->wait);
	address_table_free(&as->table);
	report_free(&as->report);
	free(as);
}

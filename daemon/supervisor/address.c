/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "address_request.h"
#include "address_table.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "plan.h"

#define SLICE_US (2 * US_PER_MS)
#define WAITING_CHECK_S 0.1
#define LOG_INTERVAL_US (10 * US_PER_S)

enum event_kind { EVENT_INSTALLED, EVENT_REMOVED, EVENT_FAILED };

/* For the owner; told at the end of a slice. */
struct event {
	enum event_kind kind;
	uint32_t owner;
	int error;
	struct ipaddr addr;
};

struct addresses {
	struct ev_loop *loop;
	struct links *links;
	const struct addresses_ops *ops;
	void *arg;
	struct address_table table;
	ev_timer work;
	ev_timer wait;
	struct entry *adds;
	struct entry *deletes;
	struct entry *flight; /* in the order sent: answers come in that order */
	struct entry *waiting;
	unsigned watching;
	unsigned round;
	struct event *events;
	size_t n_events;
	size_t cap_events;
	unsigned residues; /* deleted, since they were counted last */
	struct log_limit log_failed;
	struct log_limit log_healed;
	struct log_limit log_slowed;
};

/* ---- what owners are told ---- */

static void
wake(struct addresses *as)
{
	if (ev_is_active(&as->work))
		return;
	ev_timer_set(&as->work, 0., 0.);
	ev_timer_start(as->loop, &as->work);
}

static void
add_event(struct addresses *as, enum event_kind kind, uint32_t owner,
    const struct ipaddr *addr, int error)
{
	as->events =
	    array_grow(as->events, as->n_events, &as->cap_events, sizeof(*as->events));
	as->events[as->n_events++] = (struct event){ kind, owner, error, *addr };
	wake(as);
}

static void
tell(const struct addresses *as, const struct event *ev, const struct ipaddr *addrs,
    size_t n)
{
	switch (ev->kind) {
	case EVENT_INSTALLED:
		as->ops->on_installed(as->arg, ev->owner, addrs, n);
		break;
	case EVENT_REMOVED:
		as->ops->on_removed(as->arg, ev->owner, addrs, n);
		break;
	case EVENT_FAILED:
		as->ops->on_failed(as->arg, ev->owner, addrs, ev->error);
		break;
	}
}

/* In order; what is alike and in a row together. Callees may call in. */
static void
tell_events(struct addresses *as)
{
	_free_ struct event *events = as->events;
	_free_ struct ipaddr *addrs = NULL;
	size_t n = as->n_events;

	if (!n)
		return;
	addrs = xcalloc(n, sizeof(*addrs));
	as->events = NULL;
	as->n_events = as->cap_events = 0;
	for (size_t i = 0, k; i < n; i = k) {
		const struct event *ev = &events[i];

		for (k = i;
		     k < n && events[k].kind == ev->kind && events[k].owner == ev->owner;
		     k++) {
			if (k > i && ev->kind == EVENT_FAILED)
				break;
			addrs[k - i] = events[k].addr;
		}
		tell(as, ev, addrs, k - i);
	}
}

static void
update_told(struct addresses *as, struct entry *e, const struct plan_place *place)
{
	const struct claim *c = e->claims;
	bool installed = plan_is_installed(c ? &c->want : NULL, place);
	uint32_t owner = installed ? c->owner : 0;

	if (!installed && place->misfit)
		return; /* it is there until the kernel says otherwise */
	if (e->told && (!installed || e->told_owner != owner))
		add_event(as, EVENT_REMOVED, e->told_owner, &e->addr, 0);
	if (installed && (!e->told || e->told_owner != owner))
		add_event(as, EVENT_INSTALLED, owner, &e->addr, 0);
	e->told = installed;
	e->told_owner = owner;
	if (installed)
		e->error = 0;
}

static void
set_error(struct addresses *as, struct entry *e, int error)
{
	char text[IPADDR_STRLEN];
	uint32_t held;

	if (e->error == error)
		return;
	e->error = error;
	if (e->claims)
		add_event(as, EVENT_FAILED, e->claims->owner, &e->addr, error);
	/* Without its interface it waits; the instance says so. */
	if (error != ENODEV && log_allowed(&as->log_failed, clock_us(), &held))
		log_err("%s: address %s: %s (and %u alike)", e->dev->name,
		    ipaddr_format(&e->addr, text),
		    error == EEXIST ? "somebody else has configured it on this host"
				    : strerror(error),
		    held);
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

struct survey {
	struct entry *e;
	uint32_t ifindex;
	struct plan_place place;
};

static bool
survey_place(void *arg, const struct link_address *a)
{
	struct survey *s = arg;
	struct entry *e = s->e;
	const struct address_want *want = e->claims ? &e->claims->want : NULL;

	if (!a->own && a->ifindex == s->ifindex) {
		s->place.foreign = true;
	} else if (!a->own) {
		s->place.foreign_elsewhere = true;
	} else if (a->ifindex == s->ifindex) {
		bool fits = want && a->prefixlen == want->prefixlen &&
		    (!e->added || plan_same(&e->as_added, want));

		s->place.fits |= fits;
		s->place.misfit |= !fits;
		if (!fits)
			e->prefixlen = a->prefixlen;
	}
	return true;
}

static struct plan_place
survey(const struct addresses *as, struct entry *e)
{
	const struct link *l = links_find_by_name(as->links, e->dev->name);
	struct survey s = { .e = e };

	if (!l)
		return s.place;
	/* A link that is down loses its IPv6 addresses. */
	s.place.ready = e->addr.family == AF_INET || link_is_up(l);
	s.ifindex = e->ifindex = e->dev->ifindex = link_index(l);
	links_each_place(as->links, &e->addr, survey_place, &s);
	if (!s.place.fits && !s.place.misfit)
		e->added = false;
	return s.place;
}

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
	place = survey(as, e);
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
	table_remove(&as->table, e);
	return false;
}

/* ---- requests ---- */

struct siblings {
	const struct entry *e;
	bool primary;
	bool others;
};

static bool
find_siblings(void *arg, const struct link_address *a)
{
	struct siblings *s = arg;
	const struct entry *e = s->e;

	if (a->prefixlen != e->prefixlen ||
	    !ipaddr_in_prefix(&a->addr, &e->addr, e->prefixlen))
		return true;
	if (ipaddr_eq(&a->addr, &e->addr))
		s->primary = !a->secondary;
	else
		s->others = true;
	return true;
}

/*
 * With an IPv4 primary address the kernel removes the others of its subnet,
 * the node's own among them, unless it is told to promote one.
 */
static void
keep_siblings(struct addresses *as, const struct entry *e)
{
	struct siblings s = { .e = e };
	uint32_t seq;

	if (e->addr.family != AF_INET || e->prefixlen == 32)
		return;
	/* What this slice has deleted before is gone. */
	links_drain(as->links);
	links_each_address(as->links, e->ifindex, find_siblings, &s);
	if (s.primary && s.others)
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

static bool
did_succeed(enum request request, int error)
{
	/* Gone already (with its interface, by another hand) is gone too. */
	if (request == REQUEST_DEL && (error == EADDRNOTAVAIL || error == ENODEV))
		return true;
	return !error;
}

static void
settle(struct addresses *as, struct entry *e, int error)
{
	enum request request = e->flying;

	if (!did_succeed(request, error)) {
		e->not_before_us = clock_us() + plan_retry_us(e->failures++);
	} else if (request == REQUEST_ADD) {
		e->failures = 0;
		e->added = true;
		links_note_own(as->links, e->ifindex, &e->addr, e->prefixlen);
	} else {
		e->failures = 0;
		as->residues += !e->told && !e->claims;
		links_note_gone(as->links, e->ifindex, &e->addr, e->prefixlen);
	}
	DL_DELETE(as->flight, e);
	e->flying = REQUEST_NONE;
	/* There already: at first, see what is there. */
	if (!did_succeed(request, error) && (error != EEXIST || e->failures > 1))
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

static void
log_residues(struct addresses *as)
{
	if (as->residues)
		log_info("removed %u addresses that nobody wants any more", as->residues);
	as->residues = 0;
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
	tell_events(as);
	if (addresses_settled(as))
		log_residues(as);
	else
		wake(as);
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
	return !as->adds && !as->deletes && !as->flight && !as->n_events;
}

/* ---- wants ---- */

static void
want_one(struct addresses *as, struct owner *o, const struct address_want *want)
{
	struct device *dev = table_get_device(&as->table, want->dev);
	struct entry *e = table_get(&as->table, dev, &want->addr);
	struct claim *c = table_find_claim(e, o->id);

	if (c && c->round == as->round)
		return; /* told twice */
	if (!c) {
		c = table_claim(o, e, want);
		c->round = as->round;
		if (e->claims == c)
			consider(as, e);
		else
			add_event(as, EVENT_FAILED, o->id, &e->addr, EBUSY);
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
	struct owner *o = table_get_owner(&as->table, owner);
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
		table_release(o, c);
		consider(as, e);
	}
	if (!o->claims)
		table_remove_owner(&as->table, o);
}

/* ---- what the kernel tells ---- */

static void
was_deleted(struct addresses *as, struct entry *e)
{
	uint64_t now = clock_us(), delay;
	char text[IPADDR_STRLEN];
	uint32_t held;
	bool began;

	delay = heal_delay(&e->heal, now, &began);
	e->not_before_us = now + delay;
	ipaddr_format(&e->addr, text);
	if (began && log_allowed(&as->log_slowed, now, &held))
		log_warn("%s: address %s is deleted again and again by somebody else; "
			 "put back every 10 s only; look at NetworkManager, "
			 "systemd-networkd or a DHCP client on %s (and %u alike)",
		    e->dev->name, text, e->dev->name, held);
	else if (!delay && log_allowed(&as->log_healed, now, &held))
		log_warn("%s: address %s was deleted by somebody else; put back "
			 "(and %u alike)",
		    e->dev->name, text, held);
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
	dev = present ? table_get_device(&as->table, name)
		      : table_find_device(&as->table, name);
	if (!dev)
		return;
	/* Of a dead vipd, or of an interface that had another name. */
	e = present ? table_get(&as->table, dev, &a->addr)
		    : table_find(&as->table, dev, &a->addr);
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
	as->ops = ops;
	as->arg = arg;
	as->log_failed.interval_us = LOG_INTERVAL_US;
	as->log_healed.interval_us = LOG_INTERVAL_US;
	as->log_slowed.interval_us = LOG_INTERVAL_US;
	ev_timer_init(&as->work, on_work, 0., 0.);
	ev_timer_init(&as->wait, on_wait, WAITING_CHECK_S, WAITING_CHECK_S);
	return as;
}

void
addresses_free(struct addresses *as)
{
	ev_timer_stop(as->loop, &as->work);
	ev_timer_stop(as->loop, &as->wait);
	table_free(&as->table);
	free(as->events);
	free(as);
}

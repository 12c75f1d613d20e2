/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "link.h"
#include "log.h"
#include "mem.h"
#include "plan.h"
#include "route_request.h"
#include "route_socket.h"
#include "route_table.h"

#define SLICE_US (2 * US_PER_MS)
#define RETRY_CHECK_S 0.1
/* After a change of links or addresses; dumps are that far apart at least. */
#define CHECK_DELAY_S 0.05
#define CHECK_INTERVAL_US US_PER_S

struct routes {
	struct ev_loop *loop;
	struct links *links;
	struct netlink netlink;
	struct route_entry *entries;
	struct route_entry *queue;
	struct route_entry *flight;
	ev_timer work;
	ev_timer retry;
	ev_timer check;
	uint64_t checked_us;
	unsigned round;
	unsigned removed, removed_told;
	struct route_log log;
	void (*on_gone)(void *arg);
	void *arg;
};

/* ---- queues ---- */

static void
enqueue(struct routes *rs, struct route_entry *e)
{
	if (!e->queued && !e->flying) {
		e->queued = true;
		DL_APPEND(rs->queue, e);
	}
	if (!ev_is_active(&rs->work)) {
		ev_timer_set(&rs->work, 0., 0.);
		ev_timer_start(rs->loop, &rs->work);
	}
}

/* ---- what one route needs ---- */

static bool
same(const struct conf_route *a, const struct conf_route *b)
{
	/* conf.h: all bytes that are not used are zero.
	 * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	return !memcmp(a, b, sizeof(*a));
}

static bool
can_take(const struct routes *rs, const struct conf_route *route)
{
	for (size_t i = 0; i < route->n_hops; i++) {
		const char *dev = route->hops[i].dev;
		const struct link *l = dev[0] ? links_find_by_name(rs->links, dev) : NULL;

		if (dev[0] && (!l || !link_is_up(l)))
			return false;
	}
	return true;
}

static struct route_place
survey(const struct routes *rs, const struct route_entry *e)
{
	/* However the kernel shows it: what vipd added is as wanted. */
	bool as_added = same(&e->want, &e->added) && same(&e->there, &e->shown);

	return (struct route_place){
		.ready = can_take(rs, &e->want),
		.present = e->present,
		.fits = as_added || route_plan_fits(&e->want, &e->there),
	};
}

static void
try_later(struct routes *rs, struct route_entry *e)
{
	e->not_before_us = clock_us() + plan_retry_us(e->failures++);
	if (!ev_is_active(&rs->retry))
		ev_timer_again(rs->loop, &rs->retry);
}

static void
settle(struct routes *rs, struct route_entry *e, int error)
{
	bool gone = e->step == ROUTE_DELETE && (!error || error == ESRCH);

	DL_DELETE(rs->flight, e);
	e->flying = false;
	if (gone) {
		e->present = false;
		rs->removed += !e->round;
		e->failures = 0;
	} else if (error) {
		try_later(rs, e);
		/* There already: at first, see what is there. */
		if (error == EEXIST && e->failures == 1)
			netlink_refresh(&rs->netlink);
		else
			route_log_failed(&rs->log, e, error);
	} else {
		e->present = true;
		e->shown = e->there;
		e->failures = 0;
		e->error = 0;
		if (e->deleted)
			route_log_healed(&rs->log, e, e->heal.slowed);
		e->deleted = false;
	}
	enqueue(rs, e);
}

static void
send_step(struct routes *rs, struct route_entry *e, enum route_step step)
{
	struct nl_sock *sock = rs->netlink.sock;
	int error;

	e->flying = true;
	e->step = step;
	DL_APPEND(rs->flight, e);
	if (step == ROUTE_ADD)
		e->added = e->want;
	if (step == ROUTE_ADD)
		error = route_send_add(sock, rs->links, &e->want, &e->seq);
	else
		error = route_send_del(sock, &e->want, &e->seq);
	if (error)
		settle(rs, e, ENOBUFS);
}

static void
consider(struct routes *rs, struct route_entry *e)
{
	struct route_place place = survey(rs, e);
	bool early = clock_us() < e->not_before_us;
	enum route_step step = route_plan_next(e->wanted, &place, early);

	switch (step) {
	case ROUTE_ADD:
	case ROUTE_DELETE:
		send_step(rs, e, step);
		break;
	case ROUTE_WAIT:
		/* It went with its link. */
		if (!place.ready)
			e->deleted = false;
		if (early && !ev_is_active(&rs->retry))
			ev_timer_again(rs->loop, &rs->retry);
		break;
	case ROUTE_REST:
		if (e->wanted)
			break;
		route_table_remove(&rs->entries, e);
		break;
	}
}

/* ---- slices ---- */

/* The kernel answers inside sendmsg, so the answers are there already. */
static void
take_answers(struct routes *rs)
{
	if (!netlink_drain(&rs->netlink))
		return;
	/* Lost with an overrun: the next try finds out what is true. */
	while (rs->flight)
		settle(rs, rs->flight, ENOBUFS);
}

static void
on_work(struct ev_loop *loop, ev_timer *w, int events)
{
	struct routes *rs = container_of(w, struct routes, work);
	uint64_t end = clock_us() + SLICE_US;
	struct route_entry *e;

	(void)events;
	links_drain(rs->links); /* decide on what is true now */
	while (rs->queue && clock_us() < end) {
		/* Changed ones are deleted and added in one go. */
		e = rs->queue;
		DL_DELETE(rs->queue, e);
		e->queued = false;
		consider(rs, e);
		take_answers(rs);
	}
	if (rs->queue) {
		ev_timer_set(w, 0., 0.);
		ev_timer_start(loop, w);
		return;
	}
	if (rs->removed != rs->removed_told)
		log_info("removed %u routes that a dead vipd left",
		    rs->removed - rs->removed_told);
	rs->removed_told = rs->removed;
	if (rs->on_gone && routes_gone(rs))
		rs->on_gone(rs->arg);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct routes *rs = container_of(w, struct routes, retry);
	uint64_t now = clock_us();
	bool waiting = false;

	(void)events;
	for (struct route_entry *e = rs->entries; e; e = e->hh.next) {
		if (!e->not_before_us)
			continue;
		waiting = true;
		if (e->not_before_us > now)
			continue;
		e->not_before_us = 0;
		enqueue(rs, e);
	}
	if (!waiting)
		ev_timer_stop(loop, w);
}

static void
on_check(struct ev_loop *loop, ev_timer *w, int events)
{
	struct routes *rs = container_of(w, struct routes, check);

	(void)loop;
	(void)events;
	rs->checked_us = clock_us();
	netlink_refresh(&rs->netlink);
	for (struct route_entry *e = rs->entries; e; e = e->hh.next) {
		if (e->failures)
			e->not_before_us = 0;
		if (!e->present)
			enqueue(rs, e);
	}
}

void
routes_on_change(struct routes *rs)
{
	uint64_t next = rs->checked_us + CHECK_INTERVAL_US, now = clock_us();
	double delay = next > now ? 1e-6 * (double)(next - now) : 0.;

	if (!rs->entries || ev_is_active(&rs->check))
		return;
	ev_timer_set(&rs->check, delay > CHECK_DELAY_S ? delay : CHECK_DELAY_S, 0.);
	ev_timer_start(rs->loop, &rs->check);
}

/* ---- what the kernel tells ---- */

static void
on_route(struct routes *rs, struct nlmsghdr *nlh)
{
	struct conf_route route;
	struct route_entry *e;

	if (!route_read(nlh, rs->links, &route))
		return;
	e = route_table_get(&rs->entries, &route);
	e->there = route;
	e->present = e->seen = true;
	enqueue(rs, e);
}

static void
on_route_gone(struct routes *rs, struct nlmsghdr *nlh)
{
	struct conf_route route;
	struct route_entry *e;
	bool began;

	if (!route_read(nlh, rs->links, &route))
		return;
	e = route_table_find(rs->entries, &route);
	if (!e || !e->present)
		return;
	e->present = false;
	if (e->wanted && !e->flying) {
		e->deleted = true;
		e->not_before_us = clock_us() + heal_delay(&e->heal, clock_us(), &began);
	}
	enqueue(rs, e);
}

static void
on_message(void *arg, struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type == RTM_NEWROUTE)
		on_route(arg, nlh);
	else if (nlh->nlmsg_type == RTM_DELROUTE)
		on_route_gone(arg, nlh);
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	struct routes *rs = arg;
	struct route_entry *e;

	DL_SEARCH_SCALAR(rs->flight, e, seq, seq);
	if (e)
		settle(rs, e, error);
}

static void
on_dump(void *arg)
{
	struct routes *rs = arg;

	for (struct route_entry *e = rs->entries; e; e = e->hh.next)
		e->seen = false;
}

static void
on_dumped(void *arg)
{
	struct routes *rs = arg;

	for (struct route_entry *e = rs->entries; e; e = e->hh.next) {
		if (e->present && !e->seen && !e->flying) {
			e->present = false;
			enqueue(rs, e);
		}
	}
}

/* ---- from outside ---- */

void
routes_want(struct routes *rs, const struct route_want *list, size_t n)
{
	struct route_entry *e;

	if (!++rs->round)
		rs->round = 1;
	for (size_t i = 0; i < n; i++) {
		e = route_table_get(&rs->entries, list[i].route);
		if (e->round == rs->round)
			continue;
		e->round = rs->round;
		if (e->wanted && same(&e->want, list[i].route))
			continue;
		e->wanted = true;
		e->want = *list[i].route;
		e->error = 0;
		e->not_before_us = 0;
		str_copy(e->owner, sizeof(e->owner), list[i].owner);
		enqueue(rs, e);
	}
	for (e = rs->entries; e; e = e->hh.next) {
		if (!e->wanted || e->round == rs->round)
			continue;
		e->wanted = e->deleted = false;
		e->not_before_us = 0;
		enqueue(rs, e);
	}
}

bool
routes_gone(const struct routes *rs)
{
	return !rs->entries;
}

unsigned
routes_removed(const struct routes *rs)
{
	return rs->removed;
}

struct routes *
routes_new(
    struct ev_loop *loop, struct links *links, void (*on_gone)(void *arg), void *arg)
{
	static const struct netlink_ops ops = {
		.on_message = on_message,
		.on_answer = on_answer,
		.on_dump = on_dump,
		.on_dumped = on_dumped,
	};
	struct routes *rs = xcalloc(1, sizeof(*rs));

	rs->loop = loop;
	rs->links = links;
	rs->on_gone = on_gone;
	rs->arg = arg;
	route_log_init(&rs->log);
	ev_timer_init(&rs->work, on_work, 0., 0.);
	/* Before the addresses of the same round (address.c). */
	ev_set_priority(&rs->work, EV_MAXPRI);
	ev_timer_init(&rs->retry, on_retry, RETRY_CHECK_S, RETRY_CHECK_S);
	ev_timer_init(&rs->check, on_check, 0., 0.);
	route_socket_open(&rs->netlink, loop, &ops, rs);
	netlink_wait_dumped(&rs->netlink);
	netlink_start(&rs->netlink);
	return rs;
}

void
routes_free(struct routes *rs)
{
	struct route_entry *e, *tmp;

	ev_timer_stop(rs->loop, &rs->work);
	ev_timer_stop(rs->loop, &rs->retry);
	ev_timer_stop(rs->loop, &rs->check);
	netlink_close(&rs->netlink);
	HASH_ITER(hh, rs->entries, e, tmp)
	route_table_remove(&rs->entries, e);
	free(rs);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "address_request.h"
#include "clock.h"
#include "heal.h"
#include "log.h"
#include "mem.h"

#define SLICE_US (2 * US_PER_MS)
#define RETRY_FIRST_US (100 * US_PER_MS)
#define RETRY_MAX_US (10 * US_PER_S)
/* Addresses of one report; an engine message takes more. */
#define REPORT_MAX 256

enum request { REQUEST_NONE, REQUEST_ADD, REQUEST_DEL };

/* One address on one interface, from its first want to its last trace. */
struct entry {
	struct {
		char dev[IFNAME_LEN];
		struct ipaddr addr;
	} key;
	struct address_want want;
	uint32_t owner;
	uint32_t ifindex; /* where it is, or was asked to be */
	uint32_t seq;     /* of the request in flight */
	bool wanted;
	bool present;
	bool marked; /* in the list of the addresses_want under way */
	enum request queued;
	enum request flying;
	unsigned own_deletes; /* whose notifications are still to come */
	unsigned failures;
	uint64_t retry_at;
	struct heal heal;
	struct entry *prev, *next; /* queue, or flight */
	UT_hash_handle hh;
};

enum report_kind { REPORT_NONE, REPORT_INSTALLED, REPORT_REMOVED };

struct addresses {
	struct ev_loop *loop;
	struct links *links;
	const struct addresses_ops *ops;
	void *arg;
	ev_timer work;
	ev_timer retry;
	struct entry *all;
	struct entry *queue;
	struct entry *flight; /* in the order sent: acks come in that order */
	enum report_kind kind;
	uint32_t report_owner;
	struct ipaddr report[REPORT_MAX];
	size_t n_report;
};

/* ---- reports, several addresses at a time ---- */

static void
flush_report(struct addresses *as)
{
	size_t n = as->n_report;

	as->n_report = 0;
	if (n && as->kind == REPORT_INSTALLED)
		as->ops->on_installed(as->arg, as->report_owner, as->report, n);
	else if (n)
		as->ops->on_removed(as->arg, as->report_owner, as->report, n);
}

static void
report(struct addresses *as, enum report_kind kind, const struct entry *e)
{
	if (as->kind != kind || as->report_owner != e->owner ||
	    as->n_report == REPORT_MAX)
		flush_report(as);
	as->kind = kind;
	as->report_owner = e->owner;
	as->report[as->n_report++] = e->key.addr;
}

/* ---- the queue ---- */

static void
enqueue(struct addresses *as, struct entry *e, enum request request)
{
	if (e->flying != REQUEST_NONE)
		return; /* looked at again when its answer comes */
	if (e->queued == REQUEST_NONE)
		DL_APPEND(as->queue, e);
	e->queued = request;
	if (!ev_is_active(&as->work)) {
		ev_timer_set(&as->work, 0., 0.);
		ev_timer_start(as->loop, &as->work);
	}
}

static void
dequeue(struct addresses *as, struct entry *e)
{
	if (e->queued != REQUEST_NONE)
		DL_DELETE(as->queue, e);
	e->queued = REQUEST_NONE;
}

static void
wait_for_retry(struct addresses *as, struct entry *e, uint64_t delay_us)
{
	e->retry_at = clock_us() + delay_us;
	if (!ev_is_active(&as->retry)) {
		ev_timer_set(&as->retry, 0.1, 0.);
		ev_timer_start(as->loop, &as->retry);
	}
}

/* What the entry needs next; frees it when that is nothing and it is gone. */
static void
advance(struct addresses *as, struct entry *e)
{
	const struct link *link = links_find_by_name(as->links, e->key.dev);

	if (e->flying != REQUEST_NONE)
		return;
	if (e->wanted && !e->present) {
		if (link && clock_us() >= e->retry_at)
			enqueue(as, e, REQUEST_ADD);
		else
			dequeue(as, e);
	} else if (!e->wanted && e->present) {
		enqueue(as, e, REQUEST_DEL);
	} else {
		dequeue(as, e);
		if (!e->wanted) {
			HASH_DEL(as->all, e);
			free(e);
		}
	}
}

/* 0, or a positive errno as the kernel would answer. */
static int
send_request(struct addresses *as, struct entry *e)
{
	const struct link *link = links_find_by_name(as->links, e->key.dev);
	struct nl_sock *sock = links_socket(as->links);
	int error;

	if (e->queued == REQUEST_DEL) {
		error = address_send_del(
		    sock, e->ifindex, &e->key.addr, e->want.prefixlen, &e->seq);
	} else {
		if (!link)
			return ENODEV;
		e->ifindex = link_index(link);
		error = address_send_add(sock, e->ifindex, &e->want, &e->seq);
	}
	return error ? ENOBUFS : 0;
}

/* ---- answers ---- */

static void
added(struct addresses *as, struct entry *e)
{
	e->present = true;
	e->failures = 0;
	e->retry_at = 0;
	if (e->wanted)
		report(as, REPORT_INSTALLED, e);
}

static void
add_failed(struct addresses *as, struct entry *e, int error)
{
	uint64_t delay = RETRY_FIRST_US << (e->failures < 7 ? e->failures : 7);
	char text[IPADDR_STRLEN];

	/* There already, and not by others: our own, from before. */
	if (error == EEXIST && !links_foreign_address(as->links, &e->key.addr)) {
		added(as, e);
		return;
	}
	/* Without its interface it waits; the instance says so. */
	if (!e->failures++ && error != ENODEV)
		log_err("%s: address %s: %s; tried again", e->key.dev,
		    ipaddr_format(&e->key.addr, text),
		    error == EEXIST ? "somebody else has configured it here"
				    : strerror(error));
	flush_report(as);
	as->ops->on_failed(as->arg, e->owner, &e->key.addr, error);
	wait_for_retry(as, e, delay < RETRY_MAX_US ? delay : RETRY_MAX_US);
}

static void
del_answered(struct addresses *as, struct entry *e, int error)
{
	/* Gone already (with its primary, with its interface) is gone too. */
	if (error && error != EADDRNOTAVAIL && error != ENODEV)
		log_err("%s: deleting an address: %s", e->key.dev, strerror(error));
	e->present = false;
	report(as, REPORT_REMOVED, e);
}

static void
settle(struct addresses *as, struct entry *e, int error)
{
	enum request request = e->flying;

	DL_DELETE(as->flight, e);
	e->flying = REQUEST_NONE;
	if (request == REQUEST_DEL)
		del_answered(as, e, error);
	else if (error)
		add_failed(as, e, error);
	else
		added(as, e);
	advance(as, e);
}

void
addresses_on_answer(struct addresses *as, uint32_t seq, int error)
{
	struct entry *e = as->flight;

	if (e && e->seq == seq)
		settle(as, e, error);
}

/* The kernel answers inside sendmsg, so the answers are there already. */
static void
take_answers(struct addresses *as)
{
	links_drain(as->links);
	/* Lost with an overrun: the retry finds out what is true. */
	while (as->flight)
		settle(as, as->flight, ENOBUFS);
	flush_report(as);
}

static void
on_work(struct ev_loop *loop, ev_timer *w, int events)
{
	struct addresses *as = container_of(w, struct addresses, work);
	uint64_t end = clock_us() + SLICE_US;
	struct entry *e;
	int error;

	(void)loop;
	(void)events;
	while ((e = as->queue) && clock_us() < end) {
		error = send_request(as, e);
		e->flying = e->queued;
		dequeue(as, e);
		DL_APPEND(as->flight, e);
		if (error)
			settle(as, e, error);
	}
	take_answers(as);
	if (as->queue && !ev_is_active(w)) {
		ev_timer_set(w, 0., 0.);
		ev_timer_start(as->loop, w);
	}
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct addresses *as = container_of(w, struct addresses, retry);
	uint64_t now = clock_us();
	bool waiting = false;
	struct entry *e, *tmp;

	(void)events;
	HASH_ITER(hh, as->all, e, tmp)
	{
		if (!e->wanted || e->present || !e->retry_at)
			continue;
		if (now >= e->retry_at)
			advance(as, e);
		else
			waiting = true;
	}
	if (waiting) {
		ev_timer_set(w, 0.1, 0.);
		ev_timer_start(loop, w);
	}
}

/* ---- wants ---- */

static struct entry *
find_entry(struct addresses *as, const char *dev, const struct ipaddr *addr)
{
	struct entry probe = { 0 }, *e;

	str_copy(probe.key.dev, sizeof(probe.key.dev), dev);
	probe.key.addr = *addr;
	HASH_FIND(hh, as->all, &probe.key, sizeof(probe.key), e);
	return e;
}

static struct entry *
new_entry(struct addresses *as, const char *dev, const struct ipaddr *addr)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	str_copy(e->key.dev, sizeof(e->key.dev), dev);
	e->key.addr = *addr;
	HASH_ADD(hh, as->all, key, sizeof(e->key), e);
	return e;
}

static bool
same_want(const struct address_want *a, const struct address_want *b)
{
	return a->prefixlen == b->prefixlen && a->is_service == b->is_service &&
	    !strcmp(a->label, b->label) && ipaddr_eq(&a->broadcast, &b->broadcast);
}

static void
want_one(struct addresses *as, uint32_t owner, const struct address_want *want)
{
	struct entry *e = find_entry(as, want->dev, &want->addr);
	bool moved;

	if (!e)
		e = new_entry(as, want->dev, &want->addr);
	/* Other properties: the old one goes first, the answer brings the new. */
	if (e->present && e->want.prefixlen && !same_want(&e->want, want)) {
		e->wanted = false;
		advance(as, e);
		wait_for_retry(as, e, 0);
	}
	moved = !e->wanted || e->owner != owner;
	e->owner = owner;
	e->marked = true;
	if (e->queued != REQUEST_DEL || same_want(&e->want, want)) {
		e->want = *want;
		if (e->queued == REQUEST_DEL)
			dequeue(as, e);
	}
	e->wanted = true;
	if (moved && e->present && e->flying == REQUEST_NONE && e->queued == REQUEST_NONE)
		report(as, REPORT_INSTALLED, e);
	if (e->queued == REQUEST_NONE)
		advance(as, e);
}

void
addresses_want(
    struct addresses *as, uint32_t owner, const struct address_want *list, size_t n)
{
	struct entry *e, *tmp;

	for (size_t i = 0; i < n; i++)
		want_one(as, owner, &list[i]);
	HASH_ITER(hh, as->all, e, tmp)
	{
		if (e->owner != owner)
			continue;
		if (!e->marked && e->wanted) {
			e->wanted = false;
			advance(as, e);
		} else {
			e->marked = false;
		}
	}
	flush_report(as);
}

/* ---- what the kernel tells ---- */

static void
was_deleted(struct addresses *as, struct entry *e)
{
	char text[IPADDR_STRLEN];
	uint64_t delay;
	bool began;

	e->present = false;
	report(as, REPORT_REMOVED, e);
	flush_report(as);
	delay = heal_delay(&e->heal, clock_us(), &began);
	ipaddr_format(&e->key.addr, text);
	if (began)
		log_warn(
		    "%s: address %s is deleted again and again by somebody else; put "
		    "back every 10 s only; look at NetworkManager, systemd-networkd "
		    "or a DHCP client on %s",
		    e->key.dev, text, e->key.dev);
	else if (!delay)
		log_warn("%s: address %s was deleted by somebody else; put back",
		    e->key.dev, text);
	if (delay)
		wait_for_retry(as, e, delay);
	else
		e->retry_at = 0;
	advance(as, e);
}

/* With vipd's mark, but nobody wants it: a dead vipd's. */
static void
remove_residue(struct addresses *as, const char *dev, const struct link_address *a)
{
	struct entry *e = new_entry(as, dev, &a->addr);
	char text[IPADDR_STRLEN];

	log_info("%s: removing address %s that an earlier vipd left", dev,
	    ipaddr_format(&a->addr, text));
	e->want.prefixlen = a->prefixlen;
	e->ifindex = a->ifindex;
	e->present = true;
	advance(as, e);
}

void
addresses_on_own(struct addresses *as, const struct link_address *a, bool present)
{
	const char *dev = links_name(as->links, a->ifindex);
	struct entry *e = dev ? find_entry(as, dev, &a->addr) : NULL;

	/* The answer to a request of ours follows right behind. */
	if (e && (e->flying != REQUEST_NONE || e->want.prefixlen != a->prefixlen))
		return;
	if (present && dev && !e)
		remove_residue(as, dev, a);
	if (present || !e || !e->present || e->ifindex != a->ifindex)
		return;
	if (e->wanted) {
		was_deleted(as, e);
		return;
	}
	e->present = false;
	report(as, REPORT_REMOVED, e);
	flush_report(as);
	advance(as, e);
}

void
addresses_on_link(struct addresses *as, uint32_t ifindex)
{
	const char *dev = links_name(as->links, ifindex);
	struct entry *e, *tmp;

	HASH_ITER(hh, as->all, e, tmp)
	{
		bool here = dev && !strcmp(e->key.dev, dev);

		/* Gone, renamed, or made anew: what was on it is no more. */
		if (e->present &&
		    ((e->ifindex == ifindex && !here) ||
			(here && e->ifindex != ifindex))) {
			e->present = false;
			report(as, REPORT_REMOVED, e);
			advance(as, e);
		} else if (here && e->wanted && !e->present) {
			advance(as, e);
		}
	}
	flush_report(as);
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
	ev_timer_init(&as->work, on_work, 0., 0.);
	ev_timer_init(&as->retry, on_retry, 0., 0.);
	return as;
}

/* ---- vipd --cleanup ---- */

static void
forget_installed(void *arg, uint32_t owner, const struct ipaddr *addrs, size_t n)
{
	(void)arg;
	(void)owner;
	(void)addrs;
	(void)n;
}

static void
count_removed(void *arg, uint32_t owner, const struct ipaddr *addrs, size_t n)
{
	(void)owner;
	(void)addrs;
	*(int *)arg += (int)n;
}

static void
own_address(void *arg, const struct link_address *a, bool present)
{
	addresses_on_own(*(struct addresses **)arg, a, present);
}

static void
answer(void *arg, uint32_t seq, int error)
{
	addresses_on_answer(*(struct addresses **)arg, seq, error);
}

int
addresses_cleanup(void)
{
	static const struct addresses_ops ops = {
		.on_installed = forget_installed,
		.on_removed = count_removed,
	};
	static const struct links_ops links_ops = {
		.on_own_address = own_address,
		.on_answer = answer,
	};
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct addresses *as = NULL;
	struct links *links;
	int removed = 0;

	links = links_new(loop, &links_ops, &as);
	as = addresses_new(loop, links, &ops, &removed);
	links_replay_own(links);
	while (as->queue)
		ev_run(loop, EVRUN_ONCE);
	return removed;
}

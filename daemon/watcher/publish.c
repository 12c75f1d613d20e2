/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "publish.h"

#include <string.h>

#include "chan.h"
#include "clock.h"
#include "mem.h"
#include "store.h"
#include "wake.h"

#define TOGETHER_US (5 * US_PER_MS)
#define BACKLOG_MAX (128 * 1024)

static void
send_records(struct publisher *p, enum msg_type type, const void *records, size_t n)
{
	size_t max = msg_records_max(type);
	const uint8_t *at = records;

	while (n) {
		size_t some = n < max ? n : max;

		chan_send(p->chan, type, NULL, at, some);
		at += some * msg_info(type)->record;
		n -= some;
	}
}

static void
send_view(struct publisher *p)
{
	const struct view *v = &p->view;

	p->last_us = clock_us();
	chan_send(p->chan, MSG_SERVICE, &v->head, NULL, 0);
	send_records(p, MSG_SERVICE_ADDRESSES, v->addresses, v->n_addresses);
	send_records(p, MSG_SERVICE_PORTS, v->ports, v->n_ports);
	send_records(p, MSG_SERVICE_ENDPOINTS, v->endpoints, v->n_endpoints);
	send_records(p, MSG_SERVICE_SOURCES, v->sources, v->n_sources);
	chan_send(p->chan, MSG_SERVICE_END, NULL, NULL, 0);
}

static void
log_dropped(struct publisher *p)
{
	const struct view *v = &p->view;
	char text[IPADDR_STRLEN];
	uint32_t held;

	if (!v->n_dropped || !log_allowed(&p->dropped_log, clock_us(), &held))
		return;
	log_warn("%s/%s: endpoint %s is not used: it is a service address, or not "
		 "routable (%zu of this Service, %u like it before)",
	    v->head.key.ns, v->head.key.name, ipaddr_format(&v->dropped, text),
	    v->n_dropped, held);
}

static void
send_gone(struct publisher *p, const struct store_entry *e)
{
	struct msg_service_key key = { 0 };
	const char *slash = strchr(e->key, '/');

	p->last_us = clock_us();
	memcpy(key.ns, e->key, (size_t)(slash - e->key));
	str_copy(key.name, sizeof(key.name), slash + 1);
	chan_send(p->chan, MSG_SERVICE_GONE, &key, NULL, 0);
}

/*
 * Tells one entry if something of it changed. Of those that take an address
 * none is told before those that give theirs up: `giving` is the first round.
 */
static void
tell(struct publisher *p, struct store_entry *e, bool giving)
{
	struct view *v = &p->view;
	uint64_t hash;

	if (giving && e->takes)
		return;
	view_build(v, e, p->store);
	e->takes = v->wanted && !view_has_trouble(v);
	if (giving && e->takes)
		return;
	if (v->wanted || v->ignored) {
		hash = view_hash(v);
		if (hash != e->told) {
			send_view(p);
			log_dropped(p);
		}
		e->told = hash;
	} else if (e->told) {
		send_gone(p, e);
		e->told = 0;
	}
	if (p->on_looked)
		p->on_looked(p->arg, e, v);
	store_clean(p->store, e);
}

static bool
is_full(const struct publisher *p)
{
	return chan_backlog(p->chan) > BACKLOG_MAX;
}

static void
flush(struct publisher *p)
{
	struct store_entry *e, *next;

	store_settle(p->store);
	for (int giving = 1; giving >= 0; giving--) {
		for (e = TAILQ_FIRST(&p->store->dirty); e && !is_full(p); e = next) {
			next = TAILQ_NEXT(e, of_dirty);
			tell(p, e, giving);
		}
	}
	pooltell(&p->pools, p->store, p->chan);
	if (p->syncing && TAILQ_EMPTY(&p->store->dirty)) {
		struct msg_sync_end end = { .complete = p->complete };

		chan_send(p->chan, MSG_SYNC_END, &end, NULL, 0);
		p->syncing = false;
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct publisher *p = container_of(w, struct publisher, timer);

	(void)loop;
	(void)events;
	publish_drained(p);
}

void
publish_init(
    struct publisher *p, struct ev_loop *loop, struct store *store, struct chan *chan)
{
	*p = (struct publisher){ .store = store, .chan = chan, .loop = loop };
	p->dropped_log.interval_us = 10 * US_PER_S;
	ev_timer_init(&p->timer, on_timer, 0, 0);
}

void
publish_sync(struct publisher *p, enum sync_source source, bool complete)
{
	struct msg_sync_begin begin = { .source = source };

	chan_send(p->chan, MSG_SYNC_BEGIN, &begin, NULL, 0);
	store_forget_told(p->store);
	p->open = p->syncing = true;
	p->complete = complete;
	flush(p);
}

void
publish_close(struct publisher *p)
{
	p->open = false;
	ev_timer_stop(p->loop, &p->timer);
}

void
publish_kick(struct publisher *p)
{
	uint64_t now_us = clock_us();
	uint64_t due_us = p->last_us + TOGETHER_US;

	if (!p->open || is_full(p) || ev_is_active(&p->timer))
		return;
	if (TAILQ_EMPTY(&p->store->dirty) && !p->store->n_toggled && !p->syncing)
		return;
	if (now_us >= due_us) {
		flush(p);
		return;
	}
	wake_at(p->loop, &p->timer, due_us);
}

void
publish_drained(struct publisher *p)
{
	if (p->open)
		flush(p);
}

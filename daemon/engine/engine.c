/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "engine_iface.h"
#include "instance_conflict.h"
#include "instance_yield.h"
#include "log.h"
#include "marks.h"
#include "mem.h"

/* Announcements sent between two looks at the sockets: well below 1 ms. */
#define ANNOUNCE_SLICE 32

static struct engine *
engine_of(struct chan *c)
{
	return container_of(c, struct engine, child.chan);
}

/* Before the first sync has ended groups are not whole. */
void
engine_touch(struct engine *e, struct instance *in, uint64_t now)
{
	if (e->is_synced)
		roster_touch(&e->roster, in, now);
}

/* ---- time ---- */

static void
tick(struct engine *e)
{
	if (!e->is_synced)
		return;
	engine_drain(e);
	roster_run(&e->roster, e->announce_fd, ANNOUNCE_SLICE, clock_us());
}

static void
on_timer(struct timer *t)
{
	tick(container_of(t, struct engine, timer));
}

/* ---- to vipd ---- */

/* States are told newest only: those between need not arrive. */
static void
report(struct engine *e)
{
	struct chan *c = &e->child.chan;

	for (struct instance *in = e->roster.first; in && e->roster.dirty;
	     in = in->next) {
		struct msg_state m;

		if (chan_backlog(c) != 0)
			return; /* on_drained goes on */
		m = instance_state(in);
		if (in->dirty || in->yield.reportable)
			chan_send(c, MSG_STATE, &m, NULL, 0);
		in->dirty = false;
		instance_yield_tell(in, c);
		instance_conflict_tell(in, c);
	}
	e->roster.dirty = false;
}

/* The end, once every address has a successor or has waited long enough. */
static void
end_if_left(struct engine *e)
{
	if (!roster_yields(&e->roster) && chan_backlog(&e->child.chan) == 0)
		exit(0);
}

static void
on_drained(struct chan *c)
{
	struct engine *e = engine_of(c);

	if (!e->is_synced)
		return;
	report(e);
	if (e->stopping)
		end_if_left(e);
}

static void
on_before_wait(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct engine *e = container_of(w, struct engine, before_wait);
	uint64_t at, marks;

	(void)loop;
	(void)events;
	if (!e->is_synced)
		return;
	report(e);
	if (e->stopping)
		end_if_left(e);
	at = roster_deadline(&e->roster);
	marks = marks_tell(e, clock_us());
	timer_set(&e->timer, marks < at ? marks : at);
}

/* ---- messages ---- */

static void
drop(struct engine *e, struct instance *in)
{
	uint64_t now = clock_us();

	instance_stop(in, now);
	roster_remove(&e->roster, in, now);
	instance_free(in, now);
}

static const char *
on_sync_begin(struct engine *e, const struct msg *m)
{
	(void)m;
	for (struct instance *in = e->roster.first; in; in = in->next)
		in->told = false;
	return NULL;
}

static const char *
on_sync_end(struct engine *e, const struct msg *m)
{
	const struct msg_sync_end *head = m->head;
	struct instance *in, *next;

	for (in = e->roster.first; in && head->complete; in = next) {
		next = in->next;
		if (!in->told)
			drop(e, in);
	}
	e->is_synced = true;
	for (struct iface *i = e->ifaces; i; i = i->next)
		iface_listen(i);
	engine_drain(e);
	for (in = e->roster.first; in; in = in->next)
		roster_touch(&e->roster, in, clock_us());
	tick(e);
	return NULL;
}

static const char *
on_instance(struct engine *e, const struct msg *m)
{
	const struct msg_instance *head = m->head;

	instance_conf_free(&e->pending);
	e->pending.head = *head;
	e->is_pending = true;
	return NULL;
}

static bool
is_pending(const struct engine *e, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;

	return e->is_pending && e->pending.head.id == ref->id;
}

static const char *
on_advertised(struct engine *e, const struct msg *m)
{
	if (!is_pending(e, m))
		return "addresses of an instance that was not begun";
	instance_conf_add_addrs(&e->pending, m->records, m->count);
	return NULL;
}

static const char *
on_peers(struct engine *e, const struct msg *m)
{
	if (!is_pending(e, m))
		return "peers of an instance that was not begun";
	instance_conf_add_peers(&e->pending, m->records, m->count);
	return NULL;
}

static const char *
on_keys(struct engine *e, const struct msg *m)
{
	if (!is_pending(e, m))
		return "keys of an instance that was not begun";
	instance_conf_add_keys(&e->pending, m->records, m->count);
	return NULL;
}

/* The group that it leaves has to go on without it. */
static void
reconfigure(
    struct engine *e, struct instance *in, struct instance_conf *c, struct iface *i)
{
	uint64_t now = clock_us();
	char group[NAME_LEN];

	str_copy(group, sizeof(group), in->conf.head.group);
	roster_unlist(&e->roster, in);
	instance_configure(in, c, i, now);
	roster_list(&e->roster, in);
	if (group[0] && strcmp(group, in->conf.head.group))
		roster_settle(&e->roster, group, now);
}

static const char *
on_instance_end(struct engine *e, const struct msg *m)
{
	struct instance_conf *c = &e->pending;
	struct iface *i = c->head.ifindex ? iface_find(e->ifaces, c->head.ifindex) : NULL;
	struct instance *in;
	const char *why;

	why = is_pending(e, m) ? instance_conf_check(c)
			       : "end of an instance that was not begun";
	if (why)
		return why;
	e->is_pending = false;
	if (e->stopping)
		return NULL;
	engine_drain(e);
	in = roster_find(&e->roster, c->head.id);
	if (in)
		reconfigure(e, in, c, i);
	else
		roster_add(&e->roster, in = instance_new(c, i, clock_us()));
	in->told = true;
	engine_touch(e, in, clock_us());
	/* One that resumes is master again before its state is told. */
	tick(e);
	return NULL;
}

static const char *
on_instance_gone(struct engine *e, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	struct instance *in = roster_find(&e->roster, ref->id);

	if (in)
		drop(e, in);
	return NULL;
}

static const char *
on_installed(struct engine *e, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	const struct msg_installed_record *r = m->records;
	struct instance *in = roster_find(&e->roster, ref->id);
	uint64_t now = clock_us();

	for (uint16_t i = 0; in && i < m->count; i++) {
		outlets_install(&in->outlets, r[i].ifindex,
		    iface_find(e->ifaces, r[i].ifindex), &r[i].addr, now);
		yield_hold(&in->yield, &r[i]);
	}
	if (in)
		engine_touch(e, in, now);
	return NULL;
}

static const char *
on_removed(struct engine *e, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	const struct msg_installed_record *r = m->records;
	struct instance *in = roster_find(&e->roster, ref->id);

	for (uint16_t i = 0; in && i < m->count; i++) {
		outlets_remove(&in->outlets, r[i].ifindex, &r[i].addr);
		yield_forget(&in->yield, &r[i]);
		conflicts_forget(&in->conflicts, &r[i]);
	}
	if (in)
		engine_touch(e, in, clock_us());
	return NULL;
}

static const char *
on_probe(struct engine *e, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	const struct msg_installed_record *r = m->records;
	struct instance *in = roster_find(&e->roster, ref->id);
	uint64_t now = clock_us();

	for (uint16_t i = 0; in && i < m->count; i++)
		probes_start(&in->probes, &r[i], now);
	if (in)
		engine_touch(e, in, now);
	return NULL;
}

static const char *
on_handover(struct engine *e, const struct msg *m)
{
	const struct msg_handover *head = m->head;
	struct instance *in = roster_find(&e->roster, head->id);

	engine_drain(e);
	if (in)
		roster_hand_over(
		    &e->roster, in, (enum handover_action)head->action, clock_us());
	return NULL;
}

static const char *
on_counters_request(struct engine *e, const struct msg *m)
{
	struct msg_counter list[COUNTERS_LIST_MAX];

	(void)m;
	for (struct instance *in = e->roster.first; in; in = in->next) {
		struct msg_instance_ref ref = { .id = in->conf.head.id };
		size_t n = instance_counters(in, list);

		chan_send(&e->child.chan, MSG_COUNTERS, &ref, list, n);
	}
	return NULL;
}

/* ---- the end ---- */

static void
resign(struct engine *e)
{
	for (struct instance *in = e->roster.first; in; in = in->next)
		instance_stop(in, clock_us());
}

static const char *
on_stop(struct engine *e, const struct msg *m)
{
	(void)m;
	engine_drain(e);
	if (!e->is_synced)
		exit(0);
	e->stopping = true;
	roster_leave(&e->roster, clock_us());
	return NULL;
}

static const char *
on_ping(struct engine *e, const struct msg *m)
{
	(void)m;
	child_pong(&e->child);
	return NULL;
}

/* vipd is gone: nobody holds the addresses for this router any more. */
static void
on_closed(struct chan *c, const char *why)
{
	resign(engine_of(c));
	child_closed(c, why);
}

typedef const char *handler_fn(struct engine *e, const struct msg *m);

static handler_fn *const handlers[MSG_TYPE_COUNT] = {
	[MSG_STOP] = on_stop,
	[MSG_PING] = on_ping,
	[MSG_SYNC_BEGIN] = on_sync_begin,
	[MSG_SYNC_END] = on_sync_end,
	[MSG_INTERFACE] = engine_on_interface,
	[MSG_INTERFACE_GONE] = engine_on_interface_gone,
	[MSG_SOCKETS] = engine_on_sockets,
	[MSG_ANNOUNCE_SOCKET] = engine_on_announce_socket,
	[MSG_INSTANCE] = on_instance,
	[MSG_INSTANCE_ADVERTISED] = on_advertised,
	[MSG_INSTANCE_PEERS] = on_peers,
	[MSG_INSTANCE_KEYS] = on_keys,
	[MSG_INSTANCE_END] = on_instance_end,
	[MSG_INSTANCE_GONE] = on_instance_gone,
	[MSG_INSTALLED] = on_installed,
	[MSG_REMOVED] = on_removed,
	[MSG_COUNTERS_REQUEST] = on_counters_request,
	[MSG_HEARING] = engine_on_hearing,
	[MSG_HANDOVER] = on_handover,
	[MSG_PROBE] = on_probe,
	[MSG_MARKS] = marks_take,
};

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	handler_fn *handler = handlers[m->type];

	return handler ? handler(engine_of(c), m)
		       : "a message that is not for the engine";
}

void
engine_init(struct engine *e)
{
	static const struct chan_ops ops = {
		.on_msg = on_msg,
		.on_drained = on_drained,
		.on_closed = on_closed,
	};

	*e = (struct engine){ .announce_fd = -1 };
	child_init(&e->child, "vipd-engine", &ops);
	timer_init(&e->timer, e->child.loop, on_timer);
	ev_prepare_init(&e->before_wait, on_before_wait);
	ev_prepare_start(e->child.loop, &e->before_wait);
}

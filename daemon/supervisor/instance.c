/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adopt.h"
#include "clock.h"
#include "first_use.h"
#include "iface.h"
#include "instance_iface.h"
#include "instance_notify.h"
#include "instance_tell.h"
#include "instance_watch.h"
#include "log.h"
#include "mem.h"
#include "plan.h"
#include "recompute.h"
#include "socket.h"

struct instance *
instances_by_id(struct instances *is, uint32_t id)
{
	for (struct instance *in = is->first; in; in = in->next)
		if (in->id == id)
			return in;
	return NULL;
}

const struct instance *
instances_find(const struct instances *is, const char *name)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf && !strcmp(in->name, name))
			return in;
	return NULL;
}

/* ---- to the engine ---- */

bool
instance_is_master(const struct instance *in)
{
	return in->conf && in->state.state == VRRP_MASTER && !in->withdrawn;
}

bool
instance_is_yielding(const struct instance *in)
{
	return in->conf && in->state.yielding && !in->withdrawn;
}

void
instance_hand_over(const struct instance *in, enum handover_action action)
{
	struct msg_handover m = { .id = in->id, .action = action };

	if (in->conf && in->owner->engine)
		chan_send(in->owner->engine, MSG_HANDOVER, &m, NULL, 0);
}

void
instances_engine_up(struct instances *is, struct chan *engine)
{
	struct msg_sync_begin begin = { .source = SOURCE_NONE };
	struct msg_sync_end end = { .complete = 1 };

	is->engine = engine;
	chan_send(engine, MSG_SYNC_BEGIN, &begin, NULL, 0);
	chan_send_fds(engine, MSG_ANNOUNCE_SOCKET, NULL, &is->announce_fd, 1);
	for (struct iface *i = is->ifaces; i; i = i->next)
		instances_update_iface(is, i, true);
	for (struct instance *in = is->first; in; in = in->next) {
		if (!in->conf)
			continue;
		instance_send(is, in);
		instance_send_installed(is, in);
	}
	marks_tell(is);
	chan_send(engine, MSG_SYNC_END, &end, NULL, 0);
	for (struct instance *in = is->first; in; in = in->next)
		first_use_ask(is, in);
}

/*
 * I10: without an engine an instance stays master for two of its intervals;
 * then a backup is about to take over and the addresses have to go.
 */
static void
on_engine_lost(struct ev_loop *loop, ev_timer *w, int events)
{
	struct instance *in = container_of(w, struct instance, engine_lost);

	(void)loop;
	(void)events;
	log_err("%s: no engine for %.0f ms; its addresses are removed", in->name,
	    2e-3 * in->conf->advert_us);
	in->withdrawn = true;
	instance_notify_fault(in->owner, in);
	instances_wants_changed(in->owner);
}

void
instances_engine_down(struct instances *is)
{
	is->engine = NULL;
	for (struct instance *in = is->first; in; in = in->next) {
		in->has_state = false;
		if ((!instance_is_master(in) && !instance_is_yielding(in)) ||
		    is->stopping)
			continue;
		ev_timer_set(&in->engine_lost, 2e-6 * in->conf->advert_us, 0.);
		ev_timer_start(is->loop, &in->engine_lost);
	}
}

/* ---- from the engine ---- */

static const char *
on_state(struct instances *is, const struct msg_state *m)
{
	struct instance *in = instances_by_id(is, m->id);
	struct msg_state before;

	if (!in)
		return NULL; /* removed while the message was under way */
	before = in->state;
	in->state = *m;
	/* An engine that went on where the last one stopped. */
	if (before.state == VRRP_MASTER && m->reason == VRRP_REASON_RESUMED)
		in->state.since_us = before.since_us;
	in->has_state = true;
	in->withdrawn = false;
	ev_timer_stop(is->loop, &in->engine_lost);
	instance_notify(is, in, &before);
	if (before.state == m->state && before.yielding == m->yielding)
		return NULL;
	if (!m->yielding || !before.yielding || before.since_us != m->since_us)
		for (size_t i = 0; i < in->n_addresses; i++)
			in->addresses[i].released = false;
	instances_wants_changed(is);
	return NULL;
}

static const char *
on_released(struct instances *is, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	const struct msg_installed_record *list = m->records;
	struct instance *in = instances_by_id(is, ref->id);

	for (uint16_t i = 0; in && in->state.yielding && i < m->count; i++) {
		struct msg_ctl_address *a = instance_address(in, &list[i].addr);

		if (a)
			a->released = true;
	}
	instances_wants_changed_in_part(is);
	return NULL;
}

static const char *
on_yielded(struct instances *is, const struct msg_yielded *m)
{
	struct instance *in = instances_by_id(is, m->id);

	if (in)
		is->ops->yielded(is->arg, in, m);
	return NULL;
}

static const char *
on_counters(struct instances *is, const struct msg *m)
{
	const struct msg_instance_ref *ref = m->head;
	struct instance *in = instances_by_id(is, ref->id);

	if (!in)
		return NULL;
	in->counters_due = false;
	free(in->counters);
	in->n_counters = m->count;
	in->counters = xcalloc(m->count, sizeof(*in->counters));
	memcpy(in->counters, m->records, m->count * sizeof(*in->counters));
	return NULL;
}

const char *
instances_on_msg(struct instances *is, const struct msg *m)
{
	if (m->type == MSG_STATE)
		return on_state(is, m->head);
	if (m->type == MSG_COUNTERS)
		return on_counters(is, m);
	if (m->type == MSG_RELEASED)
		return on_released(is, m);
	if (m->type == MSG_YIELDED)
		return on_yielded(is, m->head);
	if (m->type == MSG_PROBED)
		first_use_on_probed(is, m->head);
	else if (m->type == MSG_CONFLICT)
		first_use_on_conflict(is, m->head);
	else if (m->type == MSG_MARKS)
		marks_take(is, m);
	else
		return "a message that is not for this place";
	return NULL;
}

/* ---- addresses ---- */

static int
compare_address(const void *key, const void *member)
{
	return ipaddr_cmp(key, &((const struct msg_ctl_address *)member)->addr);
}

struct msg_ctl_address *
instance_address(const struct instance *in, const struct ipaddr *addr)
{
	for (size_t i = 0; i < in->n_static; i++)
		if (ipaddr_eq(&in->addresses[i].addr, addr))
			return &in->addresses[i];
	if (in->n_addresses == in->n_static)
		return NULL;
	return bsearch(addr, in->addresses + in->n_static, in->n_addresses - in->n_static,
	    sizeof(*in->addresses), compare_address);
}

const struct msg_ctl_address *
instance_find_address(const struct instance *in, const struct ipaddr *addr)
{
	return instance_address(in, addr);
}

bool
instances_is_installed(const struct instances *is, const struct ipaddr *addr)
{
	for (struct instance *in = is->first; in; in = in->next) {
		const struct msg_ctl_address *a = instance_address(in, addr);

		if (a && a->installed && a->origin != ORIGIN_STATIC)
			return true;
	}
	return false;
}

/* For its addresses: virtual_routes, or the macvlan that comes up with them. */
static bool
waits(const struct instance *in)
{
	return in->conf &&
	    (in->conf->routes.count || (in->conf->vmac.wanted && !in->vmac_up));
}

void
instances_on_installed(
    struct instances *is, uint32_t id, const struct msg_installed_record *list, size_t n)
{
	struct instance *in = instances_by_id(is, id);

	if (!in)
		return;
	for (size_t i = 0; i < n; i++) {
		struct msg_ctl_address *a = instance_address(in, &list[i].addr);

		if (!a)
			continue;
		a->installed = true;
		a->error[0] = '\0';
	}
	if (is->engine && in->conf)
		instance_send_places(is->engine, MSG_INSTALLED, id, list, n);
	if (waits(in))
		instances_wants_changed_in_part(is);
	is->ops->addresses_changed(is->arg);
}

void
instances_on_removed(
    struct instances *is, uint32_t id, const struct msg_installed_record *list, size_t n)
{
	struct instance *in = instances_by_id(is, id);

	if (!in)
		return;
	for (size_t i = 0; i < n; i++) {
		struct msg_ctl_address *a = instance_address(in, &list[i].addr);

		if (a)
			a->installed = false;
	}
	if (is->engine && in->conf)
		instance_send_places(is->engine, MSG_REMOVED, id, list, n);
	instances_wants_changed_in_part(is);
	is->ops->addresses_changed(is->arg);
}

void
instances_on_failed(
    struct instances *is, uint32_t id, const struct ipaddr *addr, int error)
{
	struct instance *in = instances_by_id(is, id);
	struct msg_ctl_address *a = in ? instance_address(in, addr) : NULL;

	if (!a)
		return;
	a->installed = false;
	str_copy(a->error, sizeof(a->error), plan_error_text(addr, error));
	if (waits(in))
		instances_wants_changed(is);
}

bool
instance_holds_addresses(const struct instance *in)
{
	for (size_t i = 0; i < in->n_addresses; i++)
		if (in->addresses[i].installed)
			return true;
	return false;
}

bool
instances_hold_addresses(const struct instances *is)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (instance_holds_addresses(in))
			return true;
	return false;
}

/* ---- configuration ---- */

static struct instance *
add_instance(struct instances *is, struct conf_instance *conf)
{
	struct instance *in = xcalloc(1, sizeof(*in)), **at = &is->first;

	in->id = ++is->last_id;
	in->conf = conf;
	str_copy(in->name, sizeof(in->name), conf->name);
	in->owner = is;
	in->state = (struct msg_state){
		.id = in->id,
		.state = VRRP_INIT,
		.since_us = clock_us(),
	};
	ev_timer_init(&in->engine_lost, on_engine_lost, 0., 0.);
	while (*at)
		at = &(*at)->next;
	*at = in;
	return in;
}

static void
retire(struct instances *is, struct instance *in)
{
	struct msg_instance_ref ref = { .id = in->id };

	log_info("%s: removed from the configuration", in->name);
	instance_notify_gone(is, in);
	in->conf = NULL;
	ev_timer_stop(is->loop, &in->engine_lost);
	if (is->engine)
		chan_send(is->engine, MSG_INSTANCE_GONE, &ref, NULL, 0);
}

static void
rename_instance(struct instances *is, struct instance *in, const char *name)
{
	log_info("%s: is called %s now", in->name, name);
	services_rename_instance(is->services, in->name, name);
	str_copy(in->name, sizeof(in->name), name);
	in->stale = true;
}

/* Takes its block of the configuration; before was the last one. */
static void
apply(struct instances *is, struct instance *in, const struct conf *before,
    struct conf *conf)
{
	struct conf_instance *now = adopt_find(before, conf, in->conf);

	if (now && strcmp(now->name, in->name) != 0 && instances_find(is, now->name))
		now = NULL; /* another went on with it */
	if (!now || now->stands_aside) {
		retire(is, in);
		return;
	}
	in->stale = !conf_instance_eq(in->conf, now);
	in->conf = now;
	if (strcmp(in->name, now->name) != 0)
		rename_instance(is, in, now->name);
}

void
instances_apply(struct instances *is, struct conf *conf)
{
	const struct conf *before = is->conf;

	is->conf = conf;
	is->log_unknown_vrids = conf->log_unknown_vrids;
	for (struct instance *in = is->first; in; in = in->next)
		if (in->conf)
			apply(is, in, before, conf);
	for (size_t i = 0; i < conf->n_instances; i++)
		if (!conf->instances[i].stands_aside &&
		    !instances_find(is, conf->instances[i].name))
			add_instance(is, &conf->instances[i])->stale = true;
	instances_refresh_ifaces(is);
	instances_judge(is);
	for (struct instance *in = is->first; in; in = in->next) {
		if (in->stale)
			instance_send(is, in);
		in->stale = false;
	}
	instances_wants_changed(is);
}

static void
resend_with_services(const struct instances *is)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf && in->conf->wants_services)
			instance_send(is, in);
}

void
instances_release(struct instances *is)
{
	if (!is->hold)
		return;
	is->hold = false;
	instances_wants_changed(is);
	resend_with_services(is);
}

void
instances_undelay(struct instances *is)
{
	is->delayed = false;
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf)
			instance_send(is, in);
}

void
instances_complete(struct instances *is)
{
	/* What is in place by now came with the first list (wants.c). */
	recompute_now(is);
	is->hold = false;
	is->soft &= ~(uint32_t)SOFT_INCOMPLETE;
	instances_wants_changed(is);
	resend_with_services(is);
}

void
instances_stop(struct instances *is)
{
	is->stopping = true;
	for (struct instance *in = is->first; in; in = in->next)
		ev_timer_stop(is->loop, &in->engine_lost);
	instances_wants_changed(is);
}

void
instances_init(struct instances *is, struct ev_loop *loop,
    const struct instances_ops *ops, void *arg)
{
	*is = (struct instances){ .loop = loop, .ops = ops, .arg = arg };
	recompute_init(is);
	first_use_init(is);
	instances_init_ifaces(is);
	is->announce_fd = socket_open_announce();
	if (is->announce_fd < 0)
		fatalx("packet socket: %s", strerror(-is->announce_fd));
}

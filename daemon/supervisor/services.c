/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "services.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "hash.h"
#include "log.h"
#include "mem.h"

/* Bytes forward may lag behind before the rest waits as flags. */
#define FORWARD_BACKLOG_MAX (512 * 1024)

void
services_init(struct services *s, const struct services_ops *ops, void *arg,
    const struct fence *fence)
{
	*s = (struct services){ .ops = ops, .arg = arg, .fence = *fence };
}

void
service_free(struct service *sv)
{
	if (!sv)
		return;
	free(sv->addresses);
	free(sv->told);
	free(sv->frames);
	free(sv->relayed);
	free(sv->placed);
	free(sv);
}

struct service *
services_find(const struct services *s, const struct msg_service_key *key)
{
	struct service *sv;

	HASH_FIND(hh, s->all, key, sizeof(*key), sv);
	return sv;
}

/* ---- lists of what forward has to hear and has heard ---- */

static struct service **
list_of(struct services *s, enum relay_state state)
{
	switch (state) {
	case RELAY_DIRTY:
		return &s->dirty;
	case RELAY_WAITING:
		return &s->waiting;
	case RELAY_SENT:
		return &s->sent;
	case RELAY_QUIET:
		break;
	}
	return NULL;
}

void
services_set_relay(struct services *s, struct service *sv, enum relay_state state)
{
	struct service **from = list_of(s, sv->relay), **to = list_of(s, state);

	if (from)
		DL_DELETE(*from, sv);
	sv->relay = state;
	if (to)
		DL_APPEND(*to, sv);
}

static void
drop(struct services *s, struct service *sv)
{
	services_set_relay(s, sv, RELAY_QUIET);
	HASH_DEL(s->all, sv);
	service_free(sv);
}

void
services_clear(struct services *s)
{
	struct service *sv, *tmp;

	HASH_ITER(hh, s->all, sv, tmp)
	drop(s, sv);
	service_free(s->building);
	s->building = NULL;
	s->synced = s->complete = s->end_due = s->ready = false;
	s->ops->wants_changed(s->arg);
}

static bool
contains(const struct ipaddr *list, size_t n, const struct ipaddr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (ipaddr_eq(&list[i], addr))
			return true;
	return false;
}

static bool
offers(const struct service *sv, const struct ipaddr *addr)
{
	for (size_t i = 0; i < sv->n_addresses && !sv->leaving; i++)
		if (sv->addresses[i].verdict == VERDICT_OK &&
		    ipaddr_eq(&sv->addresses[i].addr, addr))
			return true;
	return false;
}

bool
service_wants(const struct service *sv, const struct msg_service_address *a)
{
	return !sv->leaving && a->verdict == VERDICT_OK &&
	    contains(sv->placed, sv->n_placed, &a->addr);
}

/* Most changes are of endpoints, and no address comes or goes. */
void
services_note_wants(struct services *s, struct service *sv)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < sv->n_addresses; i++) {
		const struct msg_service_address *a = &sv->addresses[i];

		if (!service_wants(sv, a))
			continue;
		hash = hash_add(hash ? hash : HASH_INIT, &a->addr, sizeof(a->addr));
		hash = hash_add(hash, &a->origin, sizeof(a->origin));
		hash = hash_add(hash, a->instance, strlen(a->instance) + 1);
	}
	if (hash == sv->wants)
		return;
	sv->wants = hash;
	s->ops->wants_changed(s->arg);
}

/*
 * The addresses that some Service in place still offers, sorted; made when somebody
 * first asks in a round, since most rounds have nothing that goes.
 */
struct offered {
	struct ipaddr *list;
	size_t n, cap;
	bool made;
};

static int
by_address(const void *a, const void *b)
{
	return ipaddr_cmp(a, b);
}

static void
make_offered(struct offered *o, const struct services *s)
{
	for (const struct service *sv = s->all; sv; sv = sv->hh.next)
		for (size_t i = 0; i < sv->n_placed; i++) {
			if (!offers(sv, &sv->placed[i]))
				continue;
			o->list = array_grow(o->list, o->n, &o->cap, sizeof(*o->list));
			o->list[o->n++] = sv->placed[i];
		}
	if (o->n)
		qsort(o->list, o->n, sizeof(*o->list), by_address);
	o->made = true;
}

static bool
is_offered(struct offered *o, const struct services *s, const struct ipaddr *addr)
{
	if (!o->made)
		make_offered(o, s);
	return o->n && bsearch(addr, o->list, o->n, sizeof(*o->list), by_address);
}

/* An address that goes must be off the interface before its rules go. */
static bool
may_relay(const struct services *s, const struct service *sv, struct offered *o)
{
	for (size_t i = 0; i < sv->n_relayed; i++) {
		const struct ipaddr *addr = &sv->relayed[i];

		if (!offers(sv, addr) && s->ops->is_installed(s->arg, addr) &&
		    !is_offered(o, s, addr))
			return false;
	}
	return true;
}

/* ---- to forward ---- */

void
service_send(const struct service *sv, struct chan *to, uint32_t seq)
{
	size_t max = msg_records_max(MSG_SERVICE_ADDRESSES), n;
	uint32_t len;

	chan_send(to, MSG_SERVICE, &sv->head, NULL, 0);
	for (size_t i = 0; i < sv->n_addresses; i += n) {
		n = sv->n_addresses - i < max ? sv->n_addresses - i : max;
		chan_send(to, MSG_SERVICE_ADDRESSES, NULL, &sv->addresses[i], n);
	}
	for (size_t at = 0; at < sv->frames_len; at += sizeof(len) + len) {
		memcpy(&len, sv->frames + at, sizeof(len));
		chan_send_raw(to, sv->frames + at + sizeof(len), len);
	}
	chan_send_seq(to, MSG_SERVICE_END, seq, NULL, NULL, 0);
}

static void
remember_relayed(struct service *sv)
{
	free(sv->relayed);
	sv->relayed = xcalloc(sv->n_addresses, sizeof(*sv->relayed));
	sv->n_relayed = 0;
	for (size_t i = 0; i < sv->n_addresses; i++)
		if (sv->addresses[i].verdict == VERDICT_OK)
			sv->relayed[sv->n_relayed++] = sv->addresses[i].addr;
}

static void
relay(struct services *s, struct service *sv)
{
	sv->seq = ++s->seq;
	if (sv->leaving) {
		chan_send_seq(
		    s->forward, MSG_SERVICE_GONE, sv->seq, &sv->head.key, NULL, 0);
		drop(s, sv);
		return;
	}
	service_send(sv, s->forward, sv->seq);
	remember_relayed(sv);
	services_set_relay(s, sv, RELAY_SENT);
}

void
services_pump(struct services *s)
{
	struct msg_sync_end end = { .complete = s->complete };
	struct offered offered = { 0 };
	struct service *sv, *tmp;

	if (!s->forward)
		return;
	DL_FOREACH_SAFE(s->dirty, sv, tmp)
	{
		if (chan_backlog(s->forward) > FORWARD_BACKLOG_MAX)
			break;
		if (may_relay(s, sv, &offered))
			relay(s, sv);
		else
			services_set_relay(s, sv, RELAY_WAITING);
	}
	free(offered.list);
	if (s->end_due && !s->dirty && !s->waiting) {
		s->end_due = false;
		s->end_seq = ++s->seq;
		chan_send_seq(s->forward, MSG_SYNC_END, s->end_seq, &end, NULL, 0);
	}
}

void
services_retry(struct services *s)
{
	struct service *sv, *tmp;

	DL_FOREACH_SAFE(s->waiting, sv, tmp)
	services_set_relay(s, sv, RELAY_DIRTY);
	services_pump(s);
}

void
services_forward_up(struct services *s, struct chan *forward)
{
	struct msg_sync_begin begin = { .source = SOURCE_NONE };
	struct service *sv, *tmp;

	s->forward = forward;
	chan_send(forward, MSG_SYNC_BEGIN, &begin, NULL, 0);
	HASH_ITER(hh, s->all, sv, tmp)
	services_set_relay(s, sv, RELAY_DIRTY);
	s->end_due = s->synced;
	s->end_seq = 0;
	services_pump(s);
}

void
services_forward_down(struct services *s)
{
	s->forward = NULL;
}

/* ---- from forward ---- */

static void
set_placed(struct services *s, struct service *sv)
{
	sv->in_place = true;
	sv->failed = false;
	free(sv->placed);
	sv->placed = xcalloc(sv->n_relayed, sizeof(*sv->placed));
	memcpy(sv->placed, sv->relayed, sv->n_relayed * sizeof(*sv->placed));
	sv->n_placed = sv->n_relayed;
	services_note_wants(s, sv);
}

void
services_in_place(struct services *s, uint32_t seq)
{
	struct service *sv, *tmp;

	DL_FOREACH_SAFE(s->sent, sv, tmp)
	{
		if ((int32_t)(seq - sv->seq) < 0)
			break;
		services_set_relay(s, sv, RELAY_QUIET);
		if (!sv->failed)
			set_placed(s, sv);
	}
	/* Another Service may have taken over what one waits for. */
	if (s->waiting)
		services_retry(s);
	if (s->ready || !s->end_seq || (int32_t)(seq - s->end_seq) < 0)
		return;
	s->ready = s->complete && !s->end_due;
	if (s->ready)
		s->ops->ready(s->arg);
	else
		s->ops->provisional(s->arg);
}

void
services_failed(struct services *s, const struct msg_failed *f)
{
	struct service *sv = services_find(s, &f->key);

	if (!sv)
		return;
	if (!f->error) {
		/* Told since? Then IN_PLACE will say. */
		sv->failed = false;
		if (sv->relay == RELAY_QUIET)
			set_placed(s, sv);
		log_info(
		    "%s/%s: forwarding rules are in place now", f->key.ns, f->key.name);
		return;
	}
	sv->failed = true;
	sv->in_place = false;
	str_copy(sv->failure, sizeof(sv->failure), f->text);
	log_err("%s/%s: forwarding rules: %s (%s)", f->key.ns, f->key.name, f->text,
	    strerror(f->error));
}

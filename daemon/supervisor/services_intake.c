/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the watcher tells: frames become Services, the fence judges their
 * addresses, syncs sweep. The other half, towards forward, is services.c.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "services.h"

/* The watcher knows none, and is not asked. */
static void
set_gateway(const struct conf *conf, struct msg_service_address *a)
{
	const struct conf_instance *in = conf_find_instance(conf, a->instance);

	a->gateway = 0;
	if (in && a->verdict == VERDICT_OK)
		a->gateway = (uint8_t)conf_gateway_number(conf, in, a->addr.family);
}

static void
judge(struct services *s, struct service *sv)
{
	for (size_t i = 0; i < sv->n_addresses; i++) {
		sv->addresses[i] = sv->told[i];
		fence_check(&s->fence, &sv->addresses[i]);
		set_gateway(s->fence.conf, &sv->addresses[i]);
	}
}

static bool
same_verdicts(const struct service *sv, const struct msg_service_address *before)
{
	return !memcmp(sv->addresses, before, sv->n_addresses * sizeof(*before));
}

void
services_recheck(struct services *s)
{
	struct service *sv, *tmp;

	HASH_ITER(hh, s->all, sv, tmp)
	{
		struct msg_service_address *before = sv->addresses;

		sv->addresses = xcalloc(sv->n_addresses, sizeof(*sv->addresses));
		judge(s, sv);
		if (!same_verdicts(sv, before)) {
			sv->in_place = false;
			services_set_relay(s, sv, RELAY_DIRTY);
			services_note_wants(s, sv);
		}
		free(before);
	}
	services_pump(s);
}

static void
rename_in(struct msg_service_address *list, size_t n, const char *from, const char *to)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].instance, from))
			str_copy(list[i].instance, sizeof(list[i].instance), to);
}

/* The watcher will tell the same when it has the new configuration. */
void
services_rename_instance(struct services *s, const char *from, const char *to)
{
	for (struct service *sv = s->all; sv; sv = sv->hh.next) {
		rename_in(sv->told, sv->n_addresses, from, to);
		rename_in(sv->addresses, sv->n_addresses, from, to);
		services_note_wants(s, sv);
	}
}

static const char *
begin_service(struct services *s, const struct msg_service *head)
{
	if (s->building)
		return "a Service inside a Service";
	if (!head->key.ns[0] || !head->key.name[0])
		return "a Service without a name";
	s->building = xcalloc(1, sizeof(*s->building));
	s->building->head = *head;
	return NULL;
}

static const char *
add_addresses(struct service *sv, const struct msg *m)
{
	size_t size = sizeof(*sv->told), n = sv->n_addresses + m->count;

	if (n * size > SERVICE_FRAMES_MAX)
		return "a Service with too many addresses";
	sv->told = xreallocarray(sv->told, n, size);
	memcpy(sv->told + sv->n_addresses, m->records, m->count * size);
	sv->n_addresses = n;
	return NULL;
}

static const char *
add_frame(struct service *sv, const struct msg *m)
{
	uint8_t buf[MSG_MAX];
	uint32_t len =
	    (uint32_t)msg_build(buf, m->type, 0, m->head, m->records, m->count);
	size_t total = sv->frames_len + sizeof(len) + len;

	if (total > SERVICE_FRAMES_MAX)
		return "a Service that is too large";
	sv->frames = xreallocarray(sv->frames, total, 1);
	memcpy(sv->frames + sv->frames_len, &len, sizeof(len));
	memcpy(sv->frames + sv->frames_len + sizeof(len), buf, len);
	sv->frames_len = total;
	return NULL;
}

static bool
same_as_told(const struct service *a, const struct service *b)
{
	return !memcmp(&a->head, &b->head, sizeof(a->head)) &&
	    a->n_addresses == b->n_addresses && a->frames_len == b->frames_len &&
	    (!a->n_addresses ||
		!memcmp(a->told, b->told, a->n_addresses * sizeof(*a->told))) &&
	    (!a->frames_len || !memcmp(a->frames, b->frames, a->frames_len));
}

/* The new contents in the place of the old, which keeps what forward knows. */
static void
replace(struct service *old, struct service *new)
{
	struct service tmp = *old;

	old->head = new->head;
	old->addresses = new->addresses;
	old->n_addresses = new->n_addresses;
	old->told = new->told;
	old->frames = new->frames;
	old->frames_len = new->frames_len;
	old->leaving = false;
	old->in_place = false;
	old->failed = false;
	new->addresses = tmp.addresses;
	new->told = tmp.told;
	new->frames = tmp.frames;
	service_free(new);
}

static const char *
end_service(struct services *s)
{
	struct service *new = s->building, *old;

	s->building = NULL;
	old = services_find(s, &new->head.key);
	if (old && !old->leaving && same_as_told(old, new)) {
		old->marked = true;
		service_free(new);
		return NULL;
	}
	if (!old && HASH_COUNT(s->all) >= SERVICES_MAX) {
		log_err("%s/%s: not taken: there are %d Services already",
		    new->head.key.ns, new->head.key.name, SERVICES_MAX);
		service_free(new);
		return NULL;
	}
	new->addresses = xcalloc(new->n_addresses, sizeof(*new->addresses));
	judge(s, new);
	if (old)
		replace(old, new);
	else
		HASH_ADD(hh, s->all, head.key, sizeof(new->head.key), new);
	old = old ? old : new;
	old->marked = true;
	services_set_relay(s, old, RELAY_DIRTY);
	services_note_wants(s, old);
	services_pump(s);
	return NULL;
}

static void
leave(struct services *s, struct service *sv)
{
	if (sv->leaving)
		return;
	sv->leaving = true;
	services_set_relay(s, sv, RELAY_DIRTY);
	services_note_wants(s, sv);
}

static void
end_sync(struct services *s, const struct msg_sync_end *end)
{
	bool first = end->complete && !s->complete;
	struct service *sv, *tmp;

	if (end->complete) {
		HASH_ITER(hh, s->all, sv, tmp)
		if (!sv->marked)
			leave(s, sv);
	}
	if (!s->synced || first)
		s->end_due = true;
	s->synced = true;
	s->complete |= end->complete != 0;
	services_pump(s);
	if (first)
		s->ops->listed(s->arg);
}

static const char *
gone(struct services *s, const struct msg_service_key *key)
{
	struct service *sv = services_find(s, key);

	if (sv)
		leave(s, sv);
	services_pump(s);
	return NULL;
}

static const char *
on_part(struct services *s, const struct msg *m)
{
	if (!s->building)
		return "a part of no Service";
	if (m->type == MSG_SERVICE_ADDRESSES)
		return add_addresses(s->building, m);
	if (m->type == MSG_SERVICE_END)
		return end_service(s);
	return add_frame(s->building, m);
}

const char *
services_on_msg(struct services *s, const struct msg *m)
{
	struct service *sv, *tmp;

	switch ((int)m->type) {
	case MSG_SYNC_BEGIN:
		HASH_ITER(hh, s->all, sv, tmp)
		sv->marked = false;
		return NULL;
	case MSG_SYNC_END:
		end_sync(s, m->head);
		return NULL;
	case MSG_SERVICE:
		return begin_service(s, m->head);
	case MSG_SERVICE_ADDRESSES:
	case MSG_SERVICE_PORTS:
	case MSG_SERVICE_ENDPOINTS:
	case MSG_SERVICE_SOURCES:
	case MSG_SERVICE_END:
		return on_part(s, m);
	case MSG_SERVICE_GONE:
		return gone(s, m->head);
	default:
		return "a message that is not for this place";
	}
}

void
services_watcher_down(struct services *s)
{
	service_free(s->building);
	s->building = NULL;
}

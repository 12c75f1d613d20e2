/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "holder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "status.h"
#include "text.h"
#include "view.h"

#define ON_NODE " is on node "
/* An address that comes later did not come because of that. */
#define TAKEOVER_MS 10000

void
holder_fini(struct holder *h)
{
	struct held_address *a, *next_a;
	struct here_instance *in, *next_in;

	HASH_ITER(hh, h->addresses, a, next_a)
	{
		HASH_DEL(h->addresses, a);
		free(a);
	}
	HASH_ITER(hh, h->instances, in, next_in)
	{
		HASH_DEL(h->instances, in);
		free(in);
	}
}

static const struct here_instance *
find_instance(const struct holder *h, const char *name)
{
	struct here_instance *in;

	HASH_FIND(hh, h->instances, name, strlen(name), in);
	return in;
}

void
holder_here(struct holder *h, const struct msg_here *m)
{
	struct here_instance *in;

	HASH_FIND(hh, h->instances, m->instance, strlen(m->instance), in);
	if (!in) {
		in = xcalloc(1, sizeof(*in));
		in->told = *m;
		HASH_ADD_KEYPTR(
		    hh, h->instances, in->told.instance, strlen(in->told.instance), in);
	}
	in->told = *m;
}

void
holder_forget(struct holder *h, const char *instance)
{
	struct here_instance *in;

	HASH_FIND(hh, h->instances, instance, strlen(instance), in);
	if (!in)
		return;
	HASH_DEL(h->instances, in);
	free(in);
}

const struct msg_here *
holder_instance(const struct holder *h, const char *instance)
{
	const struct here_instance *in = find_instance(h, instance);

	return in ? &in->told : NULL;
}

const struct held_address *
holder_find(const struct holder *h, const struct ipaddr *addr)
{
	struct held_address *a;

	HASH_FIND(hh, h->addresses, addr, sizeof(*addr), a);
	return a;
}

/* Since its instance is master, in ms. */
static uint32_t
delay_ms(const struct here_instance *in, uint64_t now_us)
{
	uint64_t ms = 0;

	if (in && in->told.since_us && in->told.since_us < now_us)
		ms = (now_us - in->told.since_us) / US_PER_MS;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* One that is told again may have an instance of another name, nothing else. */
static void
take(struct holder *h, const struct msg_held_here *m, const struct ipaddr *addr,
    uint64_t now_us)
{
	struct held_address *a;

	HASH_FIND(hh, h->addresses, addr, sizeof(*addr), a);
	if (!a) {
		a = xcalloc(1, sizeof(*a));
		a->addr = *addr;
		a->after_ms = delay_ms(find_instance(h, m->instance), now_us);
		HASH_ADD(hh, h->addresses, addr, sizeof(a->addr), a);
	}
	str_copy(a->instance, sizeof(a->instance), m->instance);
}

void
holder_held(struct holder *h, const struct msg_held_here *m, const struct ipaddr *list,
    size_t n, uint64_t now_us)
{
	for (size_t i = 0; i < n; i++) {
		struct held_address *a;

		if (m->held) {
			take(h, m, &list[i], now_us);
			continue;
		}
		HASH_FIND(hh, h->addresses, &list[i], sizeof(list[i]), a);
		if (!a)
			continue;
		HASH_DEL(h->addresses, a);
		free(a);
	}
}

const struct msg_service_address *
holder_address(const struct view *v)
{
	for (size_t i = 0; v->wanted && i < v->n_addresses; i++)
		if (v->addresses[i].verdict == VERDICT_OK)
			return &v->addresses[i];
	return NULL;
}

const struct held_address *
holder_speaks(const struct holder *h, const struct view *v)
{
	const struct msg_service_address *a = holder_address(v);

	return a ? holder_find(h, &a->addr) : NULL;
}

static void
say_place(char *text, size_t size, const struct held_address *a, const char *node)
{
	char addr[IPADDR_STRLEN];

	text_format(text, size, "%s" ON_NODE "%s (instance %s)",
	    ipaddr_format(&a->addr, addr), node, a->instance);
}

void
holder_want(struct service_status *want, const struct held_address *a, const char *node)
{
	char message[STATUS_MESSAGE_MAX];

	say_place(message, sizeof(message), a, node);
	status_set_condition(want, STATUS_READY, true, "Held", message);
}

void
holder_want_vacant(
    struct service_status *want, const struct ipaddr *addr, const char *instance)
{
	char message[STATUS_MESSAGE_MAX], text[IPADDR_STRLEN];

	text_format(message, sizeof(message), "%s: no node is MASTER of instance %s",
	    ipaddr_format(addr, text), instance);
	status_set_condition(want, STATUS_READY, false, "NoMaster", message);
}

/* The node that the condition names; false: none. */
static bool
node_of(const struct status_condition *c, char *node, size_t size)
{
	const char *at = c->present ? strstr(c->message, ON_NODE) : NULL;

	if (!at)
		return false;
	at += sizeof(ON_NODE) - 1;
	text_format(node, size, "%.*s", (int)strcspn(at, " "), at);
	return *node != '\0';
}

bool
holder_event(const struct service_status *seen, const struct held_address *a,
    const char *node, enum event_reason *reason, char *note, size_t size)
{
	const struct status_condition *c = &seen->conditions[STATUS_READY];
	char place[EVENT_NOTE_MAX / 2], before[EVENT_NOTE_MAX / 4], took[64] = "";
	bool moved = node_of(c, before, sizeof(before));

	say_place(place, sizeof(place), a, node);
	if (c->present && c->value && strcmp(c->message, place) == 0)
		return false;
	*reason = moved && strcmp(before, node) != 0 ? EVENT_VIP_MOVED : EVENT_VIP_ACTIVE;
	if (a->after_ms < TAKEOVER_MS)
		text_format(
		    took, sizeof(took), ", %u ms after it became master", a->after_ms);
	if (*reason == EVENT_VIP_MOVED)
		text_format(note, size, "%s%s; before: %s", place, took, before);
	else
		text_format(note, size, "%s%s", place, took);
	return true;
}

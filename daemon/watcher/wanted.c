/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wanted.h"

#include <string.h>

#include "locality.h"
#include "object.h"
#include "settings.h"
#include "store.h"
#include "tenure.h"
#include "text.h"
#include "wish.h"

/* Said before: the condition that tells it is there already. */
static bool
is_news(const struct service_object *s, const struct service_status *want)
{
	const struct status_condition *was = &s->status.conditions[STATUS_ALLOCATED];
	const struct status_condition *is = &want->conditions[STATUS_ALLOCATED];

	return !was->present || was->value != is->value ||
	    strcmp(was->message, is->message) != 0;
}

/* "192.0.2.40 of address_pool public, 2001:db8::1 ...; why one is missing" */
static void
say_addresses(char *text, size_t size, const struct ipaddr *addrs, size_t n,
    const struct pools *pools, const char *why)
{
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		size_t pool = pools ? pools_find(pools, &addrs[i]) : POOL_NONE;
		size_t len = strlen(text);
		char addr[IPADDR_STRLEN];

		snprintf(text + len, size - len, "%s%s of %s%s", i ? ", " : "",
		    ipaddr_format(&addrs[i], addr),
		    pool == POOL_NONE ? "a pool of before" : "address_pool ",
		    pool == POOL_NONE ? "" : pools->conf[pool].name);
	}
	if (n && *why)
		snprintf(text + strlen(text), size - strlen(text), "; %s", why);
	else if (*why)
		snprintf(text, size, "%s", why);
}

static const char *
reason_of(const struct alloc_service *as)
{
	switch (as->verdict) {
	case ALLOC_UNDECIDED:
	case ALLOC_DONE:
		return "Allocated";
	case ALLOC_WAITS:
		return "Exhausted";
	case ALLOC_CONFLICT:
		return "AddressConflict";
	case ALLOC_REFUSED:
		return "Refused";
	}
	return "";
}

static void
want_addresses(
    struct wanted *w, const struct service_object *s, const struct store *store)
{
	char key[SERVICE_KEY_LEN], text[STATUS_MESSAGE_MAX];
	struct ipaddr held[POOL_FAMILIES];
	const struct alloc_service *as;
	size_t n;

	as = alloc_find(store->assign.alloc, service_object_key(s, key));
	if (!as)
		return;
	n = alloc_held(as, held);
	/* It is about to go: it gets nothing new, so there is nothing to say. */
	if (s->deleting && !n)
		return;
	for (size_t i = 0; i < n; i++)
		status_add_ingress(&w->status, &held[i]);
	say_addresses(text, sizeof(text), held, n, store->settings->pools, as->why);
	status_set_condition(
	    &w->status, STATUS_ALLOCATED, n > 0, n ? "Allocated" : reason_of(as), text);
	/* A conflict is told as such, by every cause (report.h). */
	if (is_news(s, &w->status) && as->verdict != ALLOC_CONFLICT)
		text_format(w->news, sizeof(w->news), "%s", text);
}

/* ---- placement ---- */

struct record {
	uint64_t now_us;
	bool nowhere_local; /* Local, and no master has an endpoint */
	char text[STATUS_MESSAGE_MAX];
	char why[REASON_LEN]; /* an address that is not placed */
};

static bool
is_local(const struct service_object *s, const struct ipaddr *addr)
{
	(void)addr;
	return s->flags & SERVICE_LOCAL;
}

/* Whose endpoints decide: the oldest's that shares addr and wants them so. */
static const struct store_entry *
local_entry(
    const struct service_object *s, const struct ipaddr *addr, const struct store *store)
{
	const struct service_object *first = claims_first(store->claims, addr, is_local);
	char key[SERVICE_KEY_LEN];

	if (!first && is_local(s, addr))
		first = s;
	return first ? store_find(store, service_object_key(first, key)) : NULL;
}

/* Until its status says so it claims nothing, so its pin is looked at here. */
static void
place(struct record *rec, const struct service_object *s, const struct ipaddr *addr,
    const struct store *store)
{
	const struct settings *st = store->settings;
	struct placement_wish wish = placement_wish_of(store->claims, addr);
	struct locality local = { store, local_entry(s, addr, store), rec->now_us };
	const struct placement_instance *in;
	char text[IPADDR_STRLEN];

	if (!wish.pin)
		wish.pin = s->pin;
	if (local.entry) {
		wish.suits = locality_suits;
		wish.arg = &local;
		rec->nowhere_local |= !locality_any(&local);
	}
	in = placement_choose(addr, st->instances, st->n_instances, &wish);
	if (in)
		placement_record(rec->text, sizeof(rec->text), addr, in->vrid);
	else
		text_format(rec->why, sizeof(rec->why),
		    "no vrrp_instance carries %s; add it to the service_addresses of one",
		    ipaddr_format(addr, text));
}

static void
want_placement(struct wanted *w, const struct service_object *s,
    const struct store *store, uint64_t now_us)
{
	const struct settings *st = store->settings;
	struct record rec = { .now_us = now_us };
	char reason[REASON_LEN];
	size_t n = w->status.n_ingress;

	for (size_t i = 0; i < w->status.n_ingress; i++)
		place(&rec, s, &w->status.ingress[i], store);
	for (size_t i = 0; i < s->n_external_ips; i++) {
		if (!claims_allowed(st->external_ips, st->n_external_ips,
			&s->external_ips[i], reason))
			continue;
		place(&rec, s, &s->external_ips[i], store);
		n++;
	}
	if (rec.text[0])
		status_set_condition(&w->status, STATUS_PLACED, true,
		    rec.nowhere_local ? "NoMasterWithEndpoint" : "Placed", rec.text);
	else if (n)
		status_set_condition(
		    &w->status, STATUS_PLACED, false, "NoInstance", rec.why);
}

void
wanted_build(struct wanted *w, const struct service_object *s, const struct store *store,
    uint64_t now_us)
{
	*w = (struct wanted){ 0 };
	switch (tenure_of(s, store->settings, w->news)) {
	case TENURE_OURS:
		want_addresses(w, s, store);
		break;
	case TENURE_FOREIGN: /* news says so */
		break;
	case TENURE_NONE: /* somebody's will, and no news */
	case TENURE_OPTED_OUT:
		w->news[0] = '\0';
		break;
	}
	want_placement(w, s, store, now_us);
}

void
wanted_fini(struct wanted *w)
{
	status_fini(&w->status);
}

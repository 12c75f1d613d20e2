/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alloc_choice.h"

#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "text.h"
#include "wish.h"

static const char *
family_name(enum pool_family f)
{
	return f == POOL_IPV4 ? "IPv4" : "IPv6";
}

/* ---- who may sit beside whom ---- */

static bool
ports_differ(const struct service_object *a, const struct service_object *b)
{
	for (size_t i = 0; i < a->n_ports; i++)
		for (size_t k = 0; k < b->n_ports; k++)
			if (a->ports[i].port == b->ports[k].port &&
			    a->ports[i].proto == b->ports[k].proto)
				return false;
	return true;
}

static bool
may_share(const struct alloc_service *a, const struct alloc_service *b)
{
	return a->sharing && b->sharing && !strcmp(a->sharing, b->sharing) &&
	    ports_differ(a->object, b->object);
}

/*
 * Who keeps it from sitting there. Beside those that are seated there are
 * those whose status says the address, though nobody has confirmed it yet:
 * they keep newcomers out, but not each other (the older one is asked first).
 */
static const struct alloc_service *
find_objector(const struct book_entry *e, const struct alloc_service *as, bool keeps)
{
	for (size_t i = 0; e && i < e->n; i++) {
		const struct alloc_service *other = e->holders[i];

		if (other != as && (other->seated || !keeps) && !may_share(as, other))
			return other;
	}
	return NULL;
}

static bool
asks_for(const struct wish *w, const struct ipaddr *addr)
{
	bool any = false;

	for (size_t i = 0; i < w->n_addrs; i++) {
		if (ipaddr_eq(&w->addrs[i], addr))
			return true;
		any |= w->addrs[i].family == addr->family;
	}
	return !any;
}

bool
choice_may_keep(
    const struct alloc *a, const struct alloc_service *as, const struct ipaddr *addr)
{
	const struct wish *w = as->object->wish;
	const struct book_entry *e = book_find(&a->book, addr);
	size_t pool = a->pools ? pools_find(a->pools, addr) : POOL_NONE;

	if (!asks_for(w, addr) || find_objector(e, as, true))
		return false;
	return !as->moves || !w->pool || pool == POOL_NONE ||
	    !strcmp(a->pools->conf[pool].name, w->pool);
}

/* ---- may it have one of this pool ---- */

static bool
over_limit(const struct alloc *a, const struct alloc_service *as, size_t pool, char *why)
{
	const struct conf_pool *c = &a->pools->conf[pool];
	size_t held = book_held_by(&a->book, pool, as->object->id.ns);

	if (!c->limit_per_namespace || held < c->limit_per_namespace)
		return false;
	text_format(why, REASON_LEN,
	    "namespace %s holds %zu addresses of address_pool %.40s, its "
	    "limit_per_namespace; raise it, or delete a Service",
	    as->object->id.ns, held, c->name);
	return true;
}

static bool
does_not_fit(
    const struct alloc *a, const struct alloc_service *as, size_t pool, char *why)
{
	const struct service_object *o = as->object;

	if (pool_fits(
		&a->pools->items[pool], o->id.ns, o->wish->labels, o->wish->n_labels))
		return false;
	text_format(why, REASON_LEN,
	    "address_pool %.40s is not for this Service (its namespaces, "
	    "service_selector)",
	    a->pools->conf[pool].name);
	return true;
}

/* ---- an address that is asked for ---- */

static enum alloc_verdict
take_requested(
    struct alloc *a, const struct alloc_service *as, const struct ipaddr *addr, char *why)
{
	size_t pool = a->pools ? pools_find(a->pools, addr) : POOL_NONE;
	const struct book_entry *e = book_find(&a->book, addr);
	const struct wish *w = as->object->wish;
	const struct alloc_service *objector;
	char text[IPADDR_STRLEN];

	ipaddr_format(addr, text);
	if (pool == POOL_NONE) {
		text_format(why, REASON_LEN,
		    "%s is in no address_pool; ask for another, or for none", text);
		return ALLOC_REFUSED;
	}
	if (w->pool && strcmp(w->pool, a->pools->conf[pool].name)) {
		text_format(
		    why, REASON_LEN, "%s is not of address_pool %.60s", text, w->pool);
		return ALLOC_REFUSED;
	}
	if (!pool_offers(&a->pools->items[pool], addr)) {
		text_format(why, REASON_LEN,
		    "address_pool %.40s does not hand out %s; ask for another",
		    a->pools->conf[pool].name, text);
		return ALLOC_REFUSED;
	}
	if (does_not_fit(a, as, pool, why))
		return ALLOC_REFUSED;
	if (e && e->reserved) {
		text_format(why, REASON_LEN,
		    "%s is a node's, a router's or an endpoint's address, or an external "
		    "IP",
		    text);
		return ALLOC_CONFLICT;
	}
	objector = find_objector(e, as, false);
	if (objector) {
		text_format(why, REASON_LEN, "%s is %s's", text, objector->key);
		return ALLOC_CONFLICT;
	}
	return !e && over_limit(a, as, pool, why) ? ALLOC_WAITS : ALLOC_DONE;
}

/* ---- an address that is in use already ---- */

/* Today's pools would hand it out to this Service. */
static bool
is_offered_to(
    const struct alloc *a, const struct alloc_service *as, const struct ipaddr *addr)
{
	size_t pool = pools_find(a->pools, addr);
	const struct book_entry *e = book_find(&a->book, addr);
	const char *named = as->object->wish->pool;
	char why[REASON_LEN];

	if (e && e->reserved)
		return false;
	return pool != POOL_NONE &&
	    (!named || !strcmp(named, a->pools->conf[pool].name)) &&
	    pool_offers(&a->pools->items[pool], addr) && !does_not_fit(a, as, pool, why);
}

static bool
take_shared(const struct alloc *a, const struct alloc_service *as, enum pool_family f,
    struct ipaddr *out)
{
	const struct alloc_sharers *s =
	    as->sharing ? sharers_find(a->sharers, as->sharing) : NULL;
	const struct alloc_service *best = NULL;

	for (const struct alloc_service *o = s ? s->first : NULL; o; o = o->next_sharer) {
		const struct ipaddr *addr = &o->held[f];

		if (o == as || !addr->family || !is_offered_to(a, as, addr) ||
		    find_objector(book_find(&a->book, addr), as, false) ||
		    !choice_may_keep(a, as, addr))
			continue;
		/* The lowest: it does not depend on the order of the list. */
		if (!best || ipaddr_cmp(addr, &best->held[f]) < 0)
			best = o;
	}
	if (best)
		*out = best->held[f];
	return best != NULL;
}

/* ---- an address of a pool ---- */

static bool
find_free(const struct alloc *a, size_t pool, struct ipaddr from,
    const struct ipaddr *end, struct ipaddr *out)
{
	const struct pool *p = &a->pools->items[pool];

	while (pool_next(p, &from, out)) {
		if (end && ipaddr_cmp(out, end) > 0)
			return false;
		if (book_is_free(&a->book, out))
			return true;
		from = ipaddr_next(*out);
		if (ipaddr_cmp(&from, out) < 0)
			return false;
	}
	return false;
}

/* Behind the last one, then from the beginning. */
static bool
take_next(struct alloc *a, size_t pool, enum pool_family f, struct ipaddr *out)
{
	struct alloc_cursor *c = &a->cursors[pool][f];
	struct ipaddr first = { .family = f == POOL_IPV4 ? AF_INET : AF_INET6 };
	bool found = false;

	if (book_used(&a->book, pool, f) >= a->pools->items[pool].size[f])
		return false;
	if (c->last.family)
		found = find_free(a, pool, ipaddr_next(c->last), NULL, out);
	if (!found)
		found = find_free(a, pool, first, c->last.family ? &c->last : NULL, out);
	if (found)
		c->last = *out;
	return found;
}

/* What is told of pools that have nothing for it: the best of the reasons. */
static void
say_exhausted(const struct alloc *a, size_t pool, enum pool_family f, char *why)
{
	text_format(why, REASON_LEN,
	    "address_pool %.40s has no free %s address: 0 of %llu are free; add some to "
	    "it, or delete a Service",
	    a->pools->conf[pool].name, family_name(f),
	    (unsigned long long)a->pools->items[pool].size[f]);
}

static enum alloc_verdict
take_of_pools(struct alloc *a, const struct alloc_service *as, enum pool_family f,
    struct ipaddr *out, char *why)
{
	const char *named = as->object->wish->pool;
	enum alloc_verdict verdict = ALLOC_REFUSED;
	char aside[REASON_LEN] = "";

	for (size_t i = 0; i < a->pools->n; i++) {
		const struct conf_pool *c = &a->pools->conf[i];

		if (named ? strcmp(named, c->name) != 0 : !c->auto_assign)
			continue;
		if (does_not_fit(a, as, i, *why ? aside : why))
			continue;
		if (!a->pools->items[i].size[f]) {
			if (!*why)
				text_format(why, REASON_LEN,
				    "address_pool %.40s has no %s addresses; add some to "
				    "it, or change ipFamilyPolicy",
				    c->name, family_name(f));
			continue;
		}
		if (over_limit(a, as, i, verdict == ALLOC_WAITS ? aside : why)) {
			verdict = ALLOC_WAITS;
			continue;
		}
		if (take_next(a, i, f, out))
			return ALLOC_DONE;
		if (verdict != ALLOC_WAITS)
			say_exhausted(a, i, f, why);
		verdict = ALLOC_WAITS;
	}
	if (!*why && named)
		text_format(why, REASON_LEN,
		    "there is no address_pool %.60s; correct vipd.io/address-pool, or "
		    "remove it",
		    named);
	else if (!*why)
		text_format(why, REASON_LEN,
		    "no address_pool assigns %s addresses by itself (auto_assign no); "
		    "ask for one with vipd.io/address-pool",
		    family_name(f));
	return verdict;
}

enum alloc_verdict
choice_make(struct alloc *a, const struct alloc_service *as, enum pool_family f,
    struct ipaddr *out, char why[REASON_LEN])
{
	const struct wish *w = as->object->wish;

	memset(why, 0, REASON_LEN);
	if (!a->pools || !a->pools->n) {
		text_format(why, REASON_LEN,
		    "no address_pool is configured; add one to vipd.conf");
		return ALLOC_REFUSED;
	}
	for (size_t i = 0; i < w->n_addrs; i++) {
		if (pool_family_of(&w->addrs[i]) != f)
			continue;
		*out = w->addrs[i];
		return take_requested(a, as, out, why);
	}
	if (take_shared(a, as, f, out))
		return ALLOC_DONE;
	return take_of_pools(a, as, f, out, why);
}

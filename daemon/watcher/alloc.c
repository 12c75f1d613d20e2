/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alloc_book.h"
#include "alloc_choice.h"
#include "mem.h"
#include "text.h"
#include "wish.h"

/* ---- life ---- */

struct alloc *
alloc_new(void)
{
	return xcalloc(1, sizeof(struct alloc));
}

static void
stop_lingering(struct alloc *a, struct alloc_service *as)
{
	for (size_t i = 0; i < as->n_lingering; i++)
		alloc_unreserve(a, &as->lingering[i]);
	as->n_lingering = 0;
}

static void
free_service(struct alloc *a, struct alloc_service *as)
{
	stop_lingering(a, as);
	sharers_unlink(&a->sharers, as);
	HASH_DEL(a->services, as);
	if (as->due)
		a->n_due--;
	free(as);
}

void
alloc_free(struct alloc *a)
{
	struct alloc_service *as, *next;

	if (!a)
		return;
	HASH_ITER(hh, a->services, as, next)
	free_service(a, as);
	book_fini(&a->book);
	free(a->cursors);
	free(a);
}

const struct alloc_service *
alloc_find(const struct alloc *a, const char *key)
{
	struct alloc_service *as;

	HASH_FIND(hh, a->services, key, strlen(key), as);
	return as;
}

/* ---- holding ---- */

static void
set_due(struct alloc *a, struct alloc_service *as)
{
	if (!as->due)
		a->n_due++;
	as->due = true;
}

static void
hold(struct alloc *a, struct alloc_service *as, const struct ipaddr *addr)
{
	as->held[pool_family_of(addr)] = *addr;
	book_hold(&a->book, addr, as, as->object->id.ns);
}

static void
release(struct alloc *a, struct alloc_service *as, enum pool_family f)
{
	struct ipaddr addr = as->held[f];

	if (!addr.family)
		return;
	as->held[f] = (struct ipaddr){ 0 };
	book_release(&a->book, &addr, as);
	a->freed = true;
}

static void
release_all(struct alloc *a, struct alloc_service *as)
{
	for (enum pool_family f = 0; f < POOL_FAMILIES; f++)
		release(a, as, f);
	as->seated = false;
}

/*
 * A pool goes on behind the address that was handed out last; who begins to
 * lead knows it by the newest of the statuses' times, which compare as text.
 */
static void
follow_cursor(struct alloc *a, const struct ipaddr *addr, const char *since)
{
	size_t pool = a->pools ? pools_find(a->pools, addr) : POOL_NONE;
	struct alloc_cursor *c;
	int order;

	if (pool == POOL_NONE)
		return;
	c = &a->cursors[pool][pool_family_of(addr)];
	order = strcmp(since, c->since);
	if (order < 0 || (order == 0 && ipaddr_cmp(addr, &c->last) < 0))
		return;
	c->last = *addr;
	str_copy(c->since, sizeof(c->since), since);
}

/* Reserves what the status of a Service of ours says beyond what it holds. */
static void
linger(struct alloc *a, struct alloc_service *as)
{
	const struct service_status *st = &as->object->status;
	size_t before = as->n_lingering;
	struct ipaddr old[ALLOC_LINGERING_MAX];

	memcpy(old, as->lingering, sizeof(old));
	as->n_lingering = 0;
	for (size_t i = 0; i < st->n_ingress && !st->foreign_ingress; i++) {
		const struct ipaddr *addr = &st->ingress[i];

		if (ipaddr_eq(&as->held[pool_family_of(addr)], addr) ||
		    as->n_lingering == ALLOC_LINGERING_MAX)
			continue;
		alloc_reserve(a, addr);
		as->lingering[as->n_lingering++] = *addr;
	}
	for (size_t i = 0; i < before; i++)
		alloc_unreserve(a, &old[i]);
}

/* What its status says, if vipd wrote that: the first of each family. */
static void
adopt(struct alloc *a, struct alloc_service *as)
{
	const struct service_status *st = &as->object->status;
	const char *since = st->conditions[STATUS_ALLOCATED].since;

	if (st->foreign_ingress || !as->ours)
		return;
	for (size_t i = 0; i < st->n_ingress; i++) {
		enum pool_family f = pool_family_of(&st->ingress[i]);

		if (as->held[f].family)
			continue;
		hold(a, as, &st->ingress[i]);
		follow_cursor(a, &st->ingress[i], since ? since : "");
	}
}

/*
 * Only a change that is seen moves the Service to another pool: an edit of the
 * pools, too, may put what it holds into another one than it asks for.
 */
static void
note_pool(struct alloc_service *as, const struct service_object *s, bool fresh)
{
	const char *pool = s->wish && s->wish->pool ? s->wish->pool : "";

	as->moves = !fresh && *pool && strncmp(as->pool, pool, NAME_LEN - 1);
	str_copy(as->pool, sizeof(as->pool), pool);
}

void
alloc_put(struct alloc *a, const struct service_object *s, bool ours)
{
	char key[SERVICE_KEY_LEN];
	struct alloc_service *as;
	bool fresh;

	as = (struct alloc_service *)alloc_find(a, service_object_key(s, key));
	/* S19: the same name with another uid is another Service. */
	fresh = !as || strcmp(as->uid, s->uid) != 0;
	if (!as) {
		as = xcalloc(1, sizeof(*as) + strlen(key) + 1);
		strcpy(as->key, key);
		HASH_ADD(hh, a->services, key[0], strlen(as->key), as);
	}
	sharers_unlink(&a->sharers, as);
	note_pool(as, s, fresh);
	/* What it loses lingers before it is free. */
	as->object = s;
	as->ours = ours;
	if (fresh || !a->leads || !ours)
		release_all(a, as);
	str_copy(as->uid, sizeof(as->uid), s->uid);
	sharers_link(&a->sharers, as);
	if (fresh || !a->leads)
		adopt(a, as);
	linger(a, as);
	set_due(a, as);
}

void
alloc_remove(struct alloc *a, const char *key)
{
	struct alloc_service *as = (struct alloc_service *)alloc_find(a, key);

	if (!as)
		return;
	release_all(a, as);
	free_service(a, as);
}

void
alloc_lead(struct alloc *a, bool leads)
{
	if (a->leads == leads)
		return;
	a->leads = leads;
	for (struct alloc_service *as = a->services; as; as = as->hh.next) {
		if (!leads) {
			release_all(a, as);
			adopt(a, as);
			linger(a, as);
			as->verdict = ALLOC_UNDECIDED;
			as->why[0] = '\0';
		}
		set_due(a, as);
	}
}

/* ---- pools and reservations ---- */

void
alloc_set_pools(struct alloc *a, const struct pools *pools)
{
	a->pools = pools;
	free(a->cursors);
	a->cursors = xcalloc(pools ? pools->n : 0, sizeof(*a->cursors));
	book_set_pools(&a->book, pools);
	for (struct alloc_service *as = a->services; as; as = as->hh.next) {
		const char *since = as->object->status.conditions[STATUS_ALLOCATED].since;

		for (enum pool_family f = 0; f < POOL_FAMILIES; f++)
			if (as->held[f].family)
				follow_cursor(a, &as->held[f], since ? since : "9999");
		set_due(a, as);
	}
}

void
alloc_reserve(struct alloc *a, const struct ipaddr *addr)
{
	book_reserve(&a->book, addr);
}

void
alloc_unreserve(struct alloc *a, const struct ipaddr *addr)
{
	if (book_unreserve(&a->book, addr))
		a->freed = true;
}

uint64_t
alloc_used(const struct alloc *a, size_t pool, enum pool_family family)
{
	return book_used(&a->book, pool, family);
}

size_t
alloc_held(const struct alloc_service *as, struct ipaddr out[POOL_FAMILIES])
{
	const uint8_t *families = as->object->wish ? as->object->wish->families : NULL;
	size_t n = 0;

	if (families && families[0] == AF_INET6) {
		if (as->held[POOL_IPV6].family)
			out[n++] = as->held[POOL_IPV6];
		if (as->held[POOL_IPV4].family)
			out[n++] = as->held[POOL_IPV4];
		return n;
	}
	for (enum pool_family f = 0; f < POOL_FAMILIES; f++)
		if (as->held[f].family)
			out[n++] = as->held[f];
	return n;
}

/* ---- deciding ---- */

static bool
wants_family(const struct wish *w, enum pool_family f)
{
	uint8_t family = f == POOL_IPV4 ? AF_INET : AF_INET6;

	return w->families[0] == family || w->families[1] == family;
}

/* Gives up what it may not, or does not want to, keep. */
static void
review(struct alloc *a, struct alloc_service *as)
{
	for (enum pool_family f = 0; f < POOL_FAMILIES; f++)
		if (as->held[f].family &&
		    (!wants_family(as->object->wish, f) ||
			!choice_may_keep(a, as, &as->held[f])))
			release(a, as, f);
}

/*
 * One family: what is asked for, what its sharers have, what a pool has.
 * False: nothing, and as->why says why.
 */
static bool
allocate(struct alloc *a, struct alloc_service *as, enum pool_family f)
{
	struct ipaddr addr;

	as->verdict = choice_make(a, as, f, &addr, as->why);
	if (as->verdict != ALLOC_DONE)
		return false;
	hold(a, as, &addr);
	return true;
}

/* As if it had never been handed out: its pool goes on with it. */
static void
give_back(struct alloc *a, struct alloc_service *as, enum pool_family f)
{
	size_t pool = pools_find(a->pools, &as->held[f]);
	struct alloc_cursor *c = &a->cursors[pool][f];

	if (ipaddr_eq(&c->last, &as->held[f]))
		c->last = ipaddr_prev(c->last);
	release(a, as, f);
}

static void
fill(struct alloc *a, struct alloc_service *as)
{
	const struct wish *w = as->object->wish;
	bool added[POOL_FAMILIES] = { false }, all = true;
	enum alloc_verdict worst = ALLOC_DONE;
	bool freed = a->freed;
	char why[REASON_LEN] = "";

	for (size_t i = 0; i < 2 && w->families[i]; i++) {
		enum pool_family f = w->families[i] == AF_INET ? POOL_IPV4 : POOL_IPV6;

		if (as->held[f].family)
			continue;
		added[f] = allocate(a, as, f);
		if (added[f])
			continue;
		all = false;
		worst = as->verdict;
		memcpy(why, as->why, sizeof(why));
	}
	/* S13: both or none. What it had before it keeps. */
	for (enum pool_family f = 0; f < POOL_FAMILIES; f++)
		if (!all && w->policy == REQUIRE_DUAL_STACK && added[f])
			give_back(a, as, f);
	a->freed = freed; /* nobody else could have had it */
	as->verdict = worst;
	memcpy(as->why, why, sizeof(as->why));
}

static void
decide(struct alloc *a, struct alloc_service *as)
{
	const struct wish *w = as->object->wish;
	struct ipaddr held[POOL_FAMILIES];

	as->verdict = ALLOC_DONE;
	as->why[0] = '\0';
	if (!as->ours)
		return;
	if (as->object->deleting || !w) { /* w: the object is malformed */
		as->seated = true;
		return;
	}
	if (w->bad) {
		/* A slip of the pen takes nothing away. */
		as->verdict = ALLOC_REFUSED;
		text_format(as->why, sizeof(as->why), "%s", w->bad);
		return;
	}
	review(a, as);
	as->moves = false;
	fill(a, as);
	linger(a, as);
	as->seated = alloc_held(as, held) > 0;
}

static int
by_age(const void *x, const void *y)
{
	const struct service_object *a = (*(struct alloc_service *const *)x)->object;
	const struct service_object *b = (*(struct alloc_service *const *)y)->object;
	int by_ns = strcmp(a->id.ns, b->id.ns);

	if (a->created != b->created)
		return a->created < b->created ? -1 : 1;
	return by_ns ? by_ns : strcmp(a->id.name, b->id.name);
}

/* All that are due, or wait: the oldest first. The caller frees it. */
static struct alloc_service **
collect(struct alloc *a, bool waiting, size_t *n)
{
	struct alloc_service **list =
	    xcalloc(HASH_COUNT(a->services), sizeof(struct alloc_service *));

	*n = 0;
	for (struct alloc_service *as = a->services; as; as = as->hh.next)
		if (waiting ? as->verdict == ALLOC_WAITS || as->verdict == ALLOC_CONFLICT
			    : as->due)
			list[(*n)++] = as;
	if (*n)
		qsort(list, *n, sizeof(struct alloc_service *), by_age);
	return list;
}

static void
run(struct alloc *a, bool waiting,
    void (*decided)(void *arg, const struct alloc_service *as), void *arg)
{
	size_t n;
	_free_ struct alloc_service **list = collect(a, waiting, &n);

	for (size_t i = 0; i < n; i++) {
		if (list[i]->due)
			a->n_due--;
		list[i]->due = false;
		if (a->leads)
			decide(a, list[i]);
		decided(arg, list[i]);
	}
}

void
alloc_run(struct alloc *a, void (*decided)(void *arg, const struct alloc_service *as),
    void *arg)
{
	if (a->n_due)
		run(a, false, decided, arg);
	/* Who waits takes nothing from anybody, so this comes to an end. */
	if (a->freed && a->leads) {
		a->freed = false;
		run(a, true, decided, arg);
	}
}

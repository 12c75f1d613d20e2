/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alloc_book.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct quota_key {
	uint64_t pool;
	char ns[NAME_LEN];
};

struct book_quota {
	struct quota_key key;
	size_t held;
	UT_hash_handle hh;
};

static struct quota_key
quota_key(size_t pool, const char *ns)
{
	struct quota_key key = { .pool = pool };

	str_copy(key.ns, sizeof(key.ns), ns);
	return key;
}

static struct book_quota *
find_quota(const struct book *b, const struct quota_key *key)
{
	struct book_quota *q;

	HASH_FIND(hh, b->quotas, key, sizeof(*key), q);
	return q;
}

/* The entry begins to count, or ceases to. */
static void
count(struct book *b, struct book_entry *e, const char *ns, bool more)
{
	struct quota_key key = quota_key(e->pool, ns);
	struct book_quota *q;

	if (e->pool == POOL_NONE)
		return;
	q = find_quota(b, &key);
	if (!q && more) {
		q = xcalloc(1, sizeof(*q));
		q->key = key;
		HASH_ADD(hh, b->quotas, key, sizeof(q->key), q);
	}
	if (q)
		q->held = more ? q->held + 1 : q->held - 1;
	if (q && !q->held) {
		HASH_DEL(b->quotas, q);
		free(q);
	}
}

static void
set_owner(struct book *b, struct book_entry *e, const char *ns)
{
	if (e->ns[0])
		count(b, e, e->ns, false);
	str_copy(e->ns, sizeof(e->ns), ns);
	if (e->ns[0])
		count(b, e, e->ns, true);
}

/* Which pool it counts against. */
static void
join(struct book *b, struct book_entry *e)
{
	e->pool = b->pools ? pools_find(b->pools, &e->addr) : POOL_NONE;
	e->offered =
	    e->pool != POOL_NONE && pool_offers(&b->pools->items[e->pool], &e->addr);
	if (e->offered)
		b->used[e->pool][pool_family_of(&e->addr)]++;
	if (e->ns[0])
		count(b, e, e->ns, true);
}

struct book_entry *
book_find(const struct book *b, const struct ipaddr *addr)
{
	struct book_entry *e;

	HASH_FIND(hh, b->entries, addr, sizeof(*addr), e);
	return e;
}

static struct book_entry *
get(struct book *b, const struct ipaddr *addr)
{
	struct book_entry *e = book_find(b, addr);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->addr = *addr;
	HASH_ADD(hh, b->entries, addr, sizeof(e->addr), e);
	join(b, e);
	return e;
}

static void
drop(struct book *b, struct book_entry *e)
{
	HASH_DEL(b->entries, e);
	free(e->holders);
	free(e);
}

static bool
drop_if_free(struct book *b, struct book_entry *e)
{
	if (e->n || e->reserved)
		return false;
	if (e->offered)
		b->used[e->pool][pool_family_of(&e->addr)]--;
	drop(b, e);
	return true;
}

void
book_fini(struct book *b)
{
	struct book_entry *e, *next;
	struct book_quota *q, *next_q;

	HASH_ITER(hh, b->entries, e, next)
	drop(b, e);
	HASH_ITER(hh, b->quotas, q, next_q)
	{
		HASH_DEL(b->quotas, q);
		free(q);
	}
	free(b->used);
	*b = (struct book){ 0 };
}

void
book_set_pools(struct book *b, const struct pools *pools)
{
	struct book_quota *q, *next;

	HASH_ITER(hh, b->quotas, q, next)
	{
		HASH_DEL(b->quotas, q);
		free(q);
	}
	free(b->used);
	b->used = xcalloc(pools ? pools->n : 0, sizeof(*b->used));
	b->pools = pools;
	for (struct book_entry *e = b->entries; e; e = e->hh.next)
		join(b, e);
}

bool
book_is_free(const struct book *b, const struct ipaddr *addr)
{
	return !book_find(b, addr);
}

void
book_hold(
    struct book *b, const struct ipaddr *addr, struct alloc_service *as, const char *ns)
{
	struct book_entry *e = get(b, addr);

	e->holders =
	    array_grow(e->holders, e->n, &e->cap, sizeof(struct alloc_service *));
	e->holders[e->n++] = as;
	if (!e->ns[0])
		set_owner(b, e, ns);
}

void
book_release(struct book *b, const struct ipaddr *addr, struct alloc_service *as)
{
	struct book_entry *e = book_find(b, addr);

	for (size_t i = 0; e && i < e->n; i++) {
		if (e->holders[i] != as)
			continue;
		e->holders[i] = e->holders[--e->n];
		if (!e->n)
			set_owner(b, e, "");
		drop_if_free(b, e);
		return;
	}
}

void
book_reserve(struct book *b, const struct ipaddr *addr)
{
	get(b, addr)->reserved++;
}

bool
book_unreserve(struct book *b, const struct ipaddr *addr)
{
	struct book_entry *e = book_find(b, addr);

	if (!e || !e->reserved)
		return false;
	e->reserved--;
	return drop_if_free(b, e);
}

uint64_t
book_used(const struct book *b, size_t pool, enum pool_family family)
{
	return b->used && pool != POOL_NONE ? b->used[pool][family] : 0;
}

size_t
book_held_by(const struct book *b, size_t pool, const char *ns)
{
	struct quota_key key = quota_key(pool, ns);
	const struct book_quota *q = find_quota(b, &key);

	return q ? q->held : 0;
}

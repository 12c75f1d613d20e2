/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_table.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "mem.h"

/* ---- devices and entries ---- */

struct device *
address_table_find_device(struct address_table *t, const char *name)
{
	struct device *d;

	HASH_FIND_STR(t->devices, name, d);
	return d;
}

struct device *
address_table_get_device(struct address_table *t, const char *name)
{
	struct device *d = address_table_find_device(t, name);

	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	str_copy(d->name, sizeof(d->name), name);
	HASH_ADD_STR(t->devices, name, d);
	return d;
}

/* dev and addr lie side by side: they are the key. */
#define KEY_LEN (offsetof(struct entry, addr) + sizeof(struct ipaddr))

struct entry *
address_table_find(struct address_table *t, struct device *dev, const struct ipaddr *addr)
{
	const struct entry probe = { .dev = dev, .addr = *addr };
	struct entry *e;

	HASH_FIND(hh, t->entries, &probe.dev, KEY_LEN, e);
	return e;
}

struct entry *
address_table_get(struct address_table *t, struct device *dev, const struct ipaddr *addr)
{
	struct entry *e = address_table_find(t, dev, addr);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->dev = dev;
	e->addr = *addr;
	HASH_ADD(hh, t->entries, dev, KEY_LEN, e);
	DL_APPEND2(dev->entries, e, dprev, dnext);
	return e;
}

void
address_table_remove(struct address_table *t, struct entry *e)
{
	HASH_DEL(t->entries, e);
	DL_DELETE2(e->dev->entries, e, dprev, dnext);
	free(e);
}

/* ---- owners and claims ---- */

struct owner *
address_table_get_owner(struct address_table *t, uint32_t id)
{
	struct owner *o;

	HASH_FIND(hh, t->owners, &id, sizeof(id), o);
	if (o)
		return o;
	o = xcalloc(1, sizeof(*o));
	o->id = id;
	HASH_ADD(hh, t->owners, id, sizeof(o->id), o);
	return o;
}

void
address_table_remove_owner(struct address_table *t, struct owner *o)
{
	HASH_DEL(t->owners, o);
	free(o);
}

struct claim *
address_table_find_claim(const struct entry *e, uint32_t owner)
{
	for (struct claim *c = e->claims; c; c = c->next)
		if (c->owner == owner)
			return c;
	return NULL;
}

struct claim *
address_table_claim(struct owner *o, struct entry *e, const struct address_want *want)
{
	struct claim *c = xcalloc(1, sizeof(*c));

	c->entry = e;
	c->owner = o->id;
	c->want = *want;
	LL_APPEND(e->claims, c);
	DL_APPEND2(o->claims, c, before, after);
	return c;
}

void
address_table_release(struct owner *o, struct claim *c)
{
	LL_DELETE(c->entry->claims, c);
	DL_DELETE2(o->claims, c, before, after);
	free(c);
}

void
address_table_free(struct address_table *t)
{
	struct entry *e, *etmp;
	struct device *d, *dtmp;
	struct owner *o, *otmp;

	HASH_ITER(hh, t->owners, o, otmp)
	{
		while (o->claims)
			address_table_release(o, o->claims);
		address_table_remove_owner(t, o);
	}
	HASH_ITER(hh, t->entries, e, etmp)
	address_table_remove(t, e);
	HASH_ITER(hh, t->devices, d, dtmp)
	{
		HASH_DEL(t->devices, d);
		free(d);
	}
}

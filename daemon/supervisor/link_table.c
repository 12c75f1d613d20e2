/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link_table.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "mem.h"

/* ---- links ---- */

struct link *
link_table_find_link(const struct link_table *t, uint32_t ifindex)
{
	struct link *l;

	HASH_FIND(hh, t->links, &ifindex, sizeof(ifindex), l);
	return l;
}

struct link *
link_table_find_name(const struct link_table *t, const char *name)
{
	struct link *l;

	HASH_FIND(hh_name, t->by_name, name, strlen(name), l);
	return l;
}

struct link *
link_table_add_link(struct link_table *t, uint32_t ifindex)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->ifindex = l->shown.ifindex = ifindex;
	HASH_ADD(hh, t->links, ifindex, sizeof(l->ifindex), l);
	return l;
}

void
link_table_set_name(struct link_table *t, struct link *l, const char *name)
{
	if (l->shown.name[0])
		HASH_DELETE(hh_name, t->by_name, l);
	str_copy(l->shown.name, sizeof(l->shown.name), name);
	HASH_ADD_KEYPTR(hh_name, t->by_name, l->shown.name, strlen(l->shown.name), l);
}

void
link_table_remove_link(struct link_table *t, struct link *l)
{
	HASH_DEL(t->links, l);
	if (l->shown.name[0])
		HASH_DELETE(hh_name, t->by_name, l);
	free(l);
}

/* ---- addresses ---- */

static struct spot *
find_spot(const struct link_table *t, const struct ipaddr *addr)
{
	struct spot *s;

	HASH_FIND(hh, t->spots, addr, sizeof(*addr), s);
	return s;
}

struct known *
link_table_find_places(const struct link_table *t, const struct ipaddr *addr)
{
	const struct spot *s = find_spot(t, addr);

	return s ? s->places : NULL;
}

struct known *
link_table_find_known(const struct link_table *t, uint32_t ifindex,
    const struct ipaddr *addr, uint8_t prefixlen)
{
	struct known *k = link_table_find_places(t, addr);

	for (; k; k = k->elsewhere)
		if (k->a.ifindex == ifindex && k->a.prefixlen == prefixlen)
			return k;
	return NULL;
}

static void
list_known(struct known *k)
{
	if (k->a.own)
		DL_APPEND(k->link->own, k);
	else
		DL_APPEND(k->link->foreign, k);
}

static void
unlist_known(struct known *k)
{
	if (k->a.own)
		DL_DELETE(k->link->own, k);
	else
		DL_DELETE(k->link->foreign, k);
}

struct known *
link_table_add_known(struct link_table *t, struct link *l, const struct link_address *a)
{
	struct known *k = xcalloc(1, sizeof(*k));
	struct spot *s = find_spot(t, &a->addr);

	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->addr = a->addr;
		HASH_ADD(hh, t->spots, addr, sizeof(s->addr), s);
	}
	k->a = *a;
	k->link = l;
	k->spot = s;
	LL_APPEND2(s->places, k, elsewhere);
	list_known(k);
	return k;
}

void
link_table_remove_known(struct link_table *t, struct known *k)
{
	struct spot *s = k->spot;

	unlist_known(k);
	LL_DELETE2(s->places, k, elsewhere);
	if (!s->places) {
		HASH_DEL(t->spots, s);
		free(s);
	}
	free(k);
}

void
link_table_set_own(struct known *k, bool own)
{
	unlist_known(k);
	k->a.own = own;
	list_known(k);
}

/* ---- derived values of a link ---- */

bool
link_table_is_virtual(const struct known *k)
{
	return k->a.own && !k->a.lasting;
}

static const struct known *
better_primary4(const struct known *best, const struct known *list)
{
	for (const struct known *k = list; k; k = k->next) {
		if (k->a.addr.family != AF_INET || link_table_is_virtual(k))
			continue;
		if (!best || k->scope < best->scope ||
		    (k->scope == best->scope && best->a.secondary && !k->a.secondary))
			best = k;
		if (best->scope == RT_SCOPE_UNIVERSE && !best->a.secondary)
			break;
	}
	return best;
}

struct ipaddr
link_table_choose_primary4(const struct link *l)
{
	const struct known *best =
	    better_primary4(better_primary4(NULL, l->foreign), l->own);

	return best ? best->a.addr : (struct ipaddr){ 0 };
}

static const struct known *
find_linklocal6(const struct known *list)
{
	for (const struct known *k = list; k; k = k->next)
		if (ipaddr_is_linklocal(&k->a.addr) && k->a.addr.family == AF_INET6 &&
		    !link_table_is_virtual(k) &&
		    !(k->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			return k;
	return NULL;
}

struct ipaddr
link_table_choose_linklocal6(const struct link *l)
{
	const struct known *k = find_linklocal6(l->foreign);

	if (!k)
		k = find_linklocal6(l->own);
	return k ? k->a.addr : (struct ipaddr){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "link_own.h"

const struct link *
links_find_by_name(const struct links *ls, const char *name)
{
	return link_table_find_name(&ls->table, name);
}

uint32_t
link_index(const struct link *l)
{
	return l->ifindex;
}

bool
link_is_up(const struct link *l)
{
	return l->up;
}

const char *
links_name(const struct links *ls, uint32_t ifindex)
{
	const struct link *l = link_table_find_link(&ls->table, ifindex);

	return l ? l->shown.name : NULL;
}

void
link_fill(const struct link *l, struct msg_interface *out)
{
	*out = l->shown;
}

const struct link_details *
link_details(const struct link *l)
{
	return &l->details;
}

void
links_each(const struct links *ls, void (*fn)(void *arg, const struct link *l), void *arg)
{
	for (const struct link *l = ls->table.links; l; l = l->hh.next)
		fn(arg, l);
}

const char *
links_foreign_address(const struct links *ls, const struct ipaddr *addr)
{
	const struct known *k = link_table_find_places(&ls->table, addr);

	for (; k; k = k->elsewhere)
		if (!link_table_is_virtual(k) && !k->link->ipvs)
			return k->link->shown.name;
	return NULL;
}

bool
links_have_own(const struct links *ls)
{
	for (const struct link *l = ls->table.links; l; l = l->hh.next)
		if (l->own)
			return true;
	return false;
}

void
links_each_address(const struct links *ls, uint32_t ifindex, links_visit *fn, void *arg)
{
	const struct link *l = link_table_find_link(&ls->table, ifindex);
	const struct known *k;

	for (k = l ? l->own : NULL; k; k = k->next)
		if (!fn(arg, &k->a))
			return;
	for (k = l ? l->foreign : NULL; k; k = k->next)
		if (!fn(arg, &k->a))
			return;
}

void
links_each_place(
    const struct links *ls, const struct ipaddr *addr, links_visit *fn, void *arg)
{
	const struct known *k = link_table_find_places(&ls->table, addr);

	for (; k; k = k->elsewhere)
		if (!k->link->ipvs && !fn(arg, &k->a))
			return;
}

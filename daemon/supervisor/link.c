/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <utlist.h>

#include "link_own.h"
#include "link_read.h"
#include "mem.h"

/* ---- derived values of a link ---- */

static void
tell_link(const struct links *ls, const struct link *l)
{
	if (ls->started)
		ls->ops->on_link(ls->arg, l->ifindex);
}

/* Once for all that came together: there may be thousands of addresses. */
static void
on_drained(void *arg)
{
	struct links *ls = arg;
	struct link *l, *tmp;

	if (!ls->foreign_changed)
		return;
	ls->foreign_changed = false;
	HASH_ITER(hh, ls->table.links, l, tmp)
	{
		struct msg_interface now = l->shown;

		if (!l->stale)
			continue;
		l->stale = false;
		now.primary4 = link_table_choose_primary4(l);
		now.linklocal6 = link_table_choose_linklocal6(l);
		if (!memcmp(&now, &l->shown, sizeof(now)))
			continue;
		l->shown = now;
		tell_link(ls, l);
	}
	if (ls->started)
		ls->ops->on_foreign_change(ls->arg);
}

/* ---- addresses ---- */

static void
tell_own(const struct links *ls, const struct link_address *a, bool present)
{
	if (ls->started)
		ls->ops->on_own_address(ls->arg, a, present);
}

static void
foreign_changed(struct links *ls, struct link *l)
{
	l->stale = true;
	ls->foreign_changed = true;
}

static void
drop_known(struct links *ls, struct known *k)
{
	struct link_address gone = k->a;

	if (!link_table_is_virtual(k))
		foreign_changed(ls, k->link);
	link_table_remove_known(&ls->table, k);
	if (gone.own)
		tell_own(ls, &gone, false);
}

static void
set_own(struct links *ls, struct known *k, bool own, bool lasting)
{
	link_table_set_own(k, own);
	k->a.lasting = lasting;
	foreign_changed(ls, k->link);
	tell_own(ls, &k->a, own);
}

static void
on_newaddr(struct links *ls, struct nlmsghdr *nlh)
{
	struct address_news now;
	struct known *k;
	struct link *l;

	if (!link_read_address(nlh, ls->forgets_proto, &now))
		return;
	l = link_table_find_link(&ls->table, now.a.ifindex);
	if (!l)
		return; /* the kernel tells of links first */
	k = link_table_find_known(
	    &ls->table, now.a.ifindex, &now.a.addr, now.a.prefixlen);
	if (!k) {
		k = link_table_add_known(&ls->table, l, &now.a);
		if (!link_table_is_virtual(k))
			foreign_changed(ls, l);
		if (k->a.own)
			tell_own(ls, &k->a, true);
	} else if ((k->a.own != now.a.own || k->a.lasting != now.a.lasting) &&
	    !(k->a.own && ls->forgets_proto)) {
		set_own(ls, k, now.a.own, now.a.lasting);
	}
	if (k->a.unborn) {
		k->a.unborn = false;
		tell_own(ls, &k->a, true);
	}
	if (!link_table_is_virtual(k) && (k->flags != now.flags || k->scope != now.scope))
		foreign_changed(ls, l);
	k->flags = now.flags;
	k->scope = now.scope;
	k->a.secondary = now.a.secondary;
	k->a.expires = now.a.expires;
	k->seen = true;
}

static void
on_deladdr(struct links *ls, struct nlmsghdr *nlh)
{
	struct address_news gone;
	struct known *k;

	if (!link_read_address(nlh, ls->forgets_proto, &gone))
		return;
	k = link_table_find_known(
	    &ls->table, gone.a.ifindex, &gone.a.addr, gone.a.prefixlen);
	if (k)
		drop_known(ls, k);
}

void
links_note_own(struct links *ls, uint32_t ifindex, const struct ipaddr *addr,
    uint8_t prefixlen, bool lasting)
{
	struct known *k = link_table_find_known(&ls->table, ifindex, addr, prefixlen);
	struct link_address a = {
		.ifindex = ifindex,
		.addr = *addr,
		.prefixlen = prefixlen,
		.own = true,
		.lasting = lasting,
		.unborn = addr->family == AF_INET6,
	};
	struct link *l = link_table_find_link(&ls->table, ifindex);

	if (k && !k->a.own)
		set_own(ls, k, true, lasting);
	else if (!k && l)
		link_table_add_known(&ls->table, l, &a)->seen = true;
}

void
links_note_gone(
    struct links *ls, uint32_t ifindex, const struct ipaddr *addr, uint8_t prefixlen)
{
	struct known *k = link_table_find_known(&ls->table, ifindex, addr, prefixlen);

	if (k)
		drop_known(ls, k);
}

/* ---- links ---- */

void
links_note_arp(struct links *ls, uint32_t ifindex, const struct vmac_arp *arp)
{
	struct link *l = link_table_find_link(&ls->table, ifindex);

	if (l)
		l->details.arp = *arp;
}

void
links_note_vmac(struct links *ls, uint32_t ifindex, const struct vmac_arp *before)
{
	struct link *l = link_table_find_link(&ls->table, ifindex);

	if (!l)
		return;
	l->details.is_vmac = true;
	l->details.before = *before;
	if (ls->started)
		ls->ops->on_link(ls->arg, ifindex);
}

static void
drop_link(struct links *ls, struct link *l)
{
	uint32_t ifindex = l->ifindex;

	while (l->own)
		drop_known(ls, l->own);
	while (l->foreign)
		drop_known(ls, l->foreign);
	link_table_remove_link(&ls->table, l);
	if (ls->started)
		ls->ops->on_link_gone(ls->arg, ifindex);
}

static void
set_name(struct links *ls, struct link *l, const char *name)
{
	struct link *before = link_table_find_name(&ls->table, name);

	if (before == l)
		return;
	/* Names are unique: the end of that one was lost. */
	if (before)
		drop_link(ls, before);
	link_table_set_name(&ls->table, l, name);
	l->ipvs = !strcmp(name, "kube-ipvs0");
}

static bool
same_arp(const struct vmac_arp *a, const struct vmac_arp *b)
{
	return a->ignore == b->ignore && a->announce == b->announce;
}

static bool
same_details(const struct link_details *a, const struct link_details *b)
{
	return a->parent == b->parent && a->private_macvlan == b->private_macvlan &&
	    a->is_vmac == b->is_vmac && same_arp(&a->before, &b->before) &&
	    same_arp(&a->arp, &b->arp);
}

static void
on_newlink(struct links *ls, struct nlmsghdr *nlh)
{
	struct link_news news = { 0 };
	struct msg_interface before;
	struct link *l;
	bool differs;

	if (!link_read(nlh, &news))
		return;
	l = link_table_find_link(&ls->table, news.ifindex);
	if (!l)
		l = link_table_add_link(&ls->table, news.ifindex);
	before = l->shown;
	differs = l->up != news.up || !same_details(&l->details, &news.details);
	l->details = news.details;
	l->seen = true;
	l->up = news.up;
	set_name(ls, l, news.name);
	l->shown.mtu = news.mtu;
	l->shown.usable = news.usable;
	if (news.has_forwarding6)
		l->shown.forwarding6 = news.forwarding6;
	memcpy(l->shown.mac, news.mac, sizeof(news.mac));
	if (differs || memcmp(&before, &l->shown, sizeof(before)) != 0)
		tell_link(ls, l);
}

static void
on_dellink(struct links *ls, struct nlmsghdr *nlh)
{
	struct link_news news = { 0 };
	struct link *l =
	    link_read(nlh, &news) ? link_table_find_link(&ls->table, news.ifindex) : NULL;

	if (l)
		drop_link(ls, l);
}

/* A sysctl of an interface was written. */
static void
on_newnetconf(struct links *ls, struct nlmsghdr *nlh)
{
	uint32_t ifindex;
	uint8_t forwarding6;
	struct link *l;

	if (!link_read_netconf(nlh, &ifindex, &forwarding6))
		return;
	l = link_table_find_link(&ls->table, ifindex);
	if (!l || l->shown.forwarding6 == forwarding6)
		return;
	l->shown.forwarding6 = forwarding6;
	tell_link(ls, l);
}

/* ---- from netlink.h ---- */

static void
on_message(void *arg, struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		on_newlink(arg, nlh);
		break;
	case RTM_DELLINK:
		on_dellink(arg, nlh);
		break;
	case RTM_NEWADDR:
		on_newaddr(arg, nlh);
		break;
	case RTM_DELADDR:
		on_deladdr(arg, nlh);
		break;
	case RTM_NEWNETCONF:
		on_newnetconf(arg, nlh);
		break;
	default:
		break;
	}
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	const struct links *ls = arg;

	if (ls->ops->on_answer)
		ls->ops->on_answer(ls->arg, seq, error);
}

static void
on_dump(void *arg)
{
	struct links *ls = arg;
	struct known *k;

	for (struct link *l = ls->table.links; l; l = l->hh.next) {
		l->seen = false;
		DL_FOREACH(l->own, k)
		k->seen = false;
		DL_FOREACH(l->foreign, k)
		k->seen = false;
	}
}

static void
sweep_addresses(struct links *ls, struct known *list)
{
	struct known *next;

	for (; list; list = next) {
		next = list->next;
		if (!list->seen)
			drop_known(ls, list);
	}
}

static void
on_dumped(void *arg)
{
	struct links *ls = arg;
	struct link *l, *tmp;

	HASH_ITER(hh, ls->table.links, l, tmp)
	{
		if (!l->seen) {
			drop_link(ls, l);
			continue;
		}
		sweep_addresses(ls, l->own);
		sweep_addresses(ls, l->foreign);
	}
}

static const struct netlink_ops netlink_ops = {
	.on_message = on_message,
	.on_answer = on_answer,
	.on_dump = on_dump,
	.on_dumped = on_dumped,
	.on_drained = on_drained,
};

/* IFA_PROTO came with 5.18; what a kernel does not know it forgets. */
static bool
kernel_forgets_proto(void)
{
	unsigned major = 0, minor = 0;
	struct utsname un;

	uname(&un);
	sscanf(un.release, "%u.%u", &major, &minor);
	return major < 5 || (major == 5 && minor < 18);
}

struct links *
links_new(struct ev_loop *loop, const struct links_ops *ops, void *arg)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_NETCONF, 0 };
	static const struct netlink_dump dumps[] = { { .type = RTM_GETLINK },
		{ .type = RTM_GETADDR }, { 0 } };
	struct links *ls = xcalloc(1, sizeof(*ls));

	ls->ops = ops;
	ls->arg = arg;
	ls->forgets_proto = kernel_forgets_proto();
	netlink_open(&ls->netlink, loop, groups, dumps, &netlink_ops, ls);
	netlink_wait_dumped(&ls->netlink);
	return ls;
}

void
links_free(struct links *ls)
{
	ls->started = false;
	while (ls->table.links)
		drop_link(ls, ls->table.links);
	netlink_close(&ls->netlink);
	free(ls);
}

struct nl_sock *
links_socket(struct links *ls)
{
	return ls->netlink.sock;
}

bool
links_drain(struct links *ls)
{
	return netlink_drain(&ls->netlink);
}

void
links_start(struct links *ls)
{
	ls->started = true;
	netlink_start(&ls->netlink);
}

void
links_replay_own(struct links *ls)
{
	struct link *l, *tmp;
	struct known *k, *ktmp;

	HASH_ITER(hh, ls->table.links, l, tmp)
	DL_FOREACH_SAFE(l->own, k, ktmp)
	ls->ops->on_own_address(ls->arg, &k->a, true);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "socket.h"

static const uint8_t families[2] = { AF_INET, AF_INET6 };

struct iface *
iface_find(struct iface *list, const char *name)
{
	for (; list; list = list->next)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

struct iface *
iface_get(struct iface **list, const char *name)
{
	struct iface *i = iface_find(*list, name);

	if (i)
		return i;
	i = xcalloc(1, sizeof(*i));
	str_copy(i->name, sizeof(i->name), name);
	memset(i->sockets, 0xff, sizeof(i->sockets));
	memset(i->hearing, 0xff, sizeof(i->hearing));
	i->next = *list;
	*list = i;
	return i;
}

static void
close_pair(int fds[2])
{
	for (int k = 0; k < 2; k++) {
		if (fds[k] >= 0)
			close(fds[k]);
		fds[k] = -1;
	}
}

static void
close_all(struct iface *i)
{
	close_pair(i->sockets[0]);
	close_pair(i->sockets[1]);
	close_pair(i->hearing);
}

static void
tell_gone(struct iface *i, struct chan *engine)
{
	struct msg_interface_gone gone = { .ifindex = i->told.ifindex };

	if (engine && gone.ifindex)
		chan_send(engine, MSG_INTERFACE_GONE, &gone, NULL, 0);
}

void
ifaces_begin(struct iface *list)
{
	for (; list; list = list->next)
		list->wanted[0] = list->wanted[1] = list->carries = list->vmac = false;
}

void
ifaces_sweep(struct iface **list, struct chan *engine)
{
	while (*list) {
		struct iface *i = *list;

		for (int f = 0; f < 2; f++)
			if (!i->wanted[f])
				close_pair(i->sockets[f]);
		if (i->wanted[0] || i->wanted[1] || i->carries) {
			list = &i->next;
			continue;
		}
		tell_gone(i, engine);
		close_all(i);
		*list = i->next;
		free(i);
	}
}

bool
ifaces_lack_sockets(const struct iface *list)
{
	for (; list; list = list->next) {
		if (!list->told.ifindex)
			continue;
		if (list->hearing[0] < 0)
			return true;
		for (int f = 0; f < 2; f++)
			if (list->wanted[f] && list->sockets[f][0] < 0)
				return true;
	}
	return false;
}

static void
tell_sockets(const struct iface *i, int f, struct chan *engine)
{
	struct msg_sockets m = { .ifindex = i->told.ifindex, .family = families[f] };

	if (engine && i->sockets[f][0] >= 0)
		chan_send_fds(engine, MSG_SOCKETS, &m, i->sockets[f], 2);
}

static void
complain(struct iface *i, const char *what, int error)
{
	if (!error || i->complained)
		return;
	i->complained = true;
	log_err("%s: sockets for %s: %s; tried again every second", i->name, what,
	    strerror(-error));
}

/* True if new ones were opened. */
static bool
open_sockets(struct iface *i, int f)
{
	int error;

	if (!i->wanted[f] || !i->told.ifindex || i->sockets[f][0] >= 0)
		return false;
	error = socket_open_vrrp(i->name, (int)i->told.ifindex, families[f],
	    i->vmac ? i->told.mac : NULL, i->sockets[f]);
	complain(i, f ? "VRRP over IPv6" : "VRRP over IPv4", error);
	return !error;
}

static bool
open_hearing(struct iface *i)
{
	int error;

	if (!i->told.ifindex || i->hearing[0] >= 0)
		return false;
	error = socket_open_hearing((int)i->told.ifindex, i->hearing);
	complain(i, "hearing ARP and Neighbor Discovery", error);
	return !error;
}

static void
tell_hearing(const struct iface *i, struct chan *engine)
{
	struct msg_hearing m = { .ifindex = i->told.ifindex };

	if (engine && i->hearing[0] >= 0)
		chan_send_fds(engine, MSG_HEARING, &m, i->hearing, 2);
}

#define MTU_IPV6 1280

/*
 * Below RFC 8200's least MTU a link has nothing of IPv6, and the kernel forgets
 * what sockets have joined there. They do not notice. If that cannot be mended,
 * others are opened. (Every Ethernet device refuses less than IPv4's 68.)
 */
static void
mend_groups(struct iface *i, const struct msg_interface *now)
{
	if (i->told.ifindex != now->ifindex || i->told.mtu >= MTU_IPV6 ||
	    now->mtu < MTU_IPV6 || i->vmac || i->sockets[1][1] < 0)
		return;
	if (socket_join_again(i->sockets[1][1], (int)now->ifindex, AF_INET6))
		close_pair(i->sockets[1]);
}

void
iface_update(
    struct iface *i, const struct link *link, bool usable, struct chan *engine, bool all)
{
	struct msg_interface now = { 0 };
	bool changed;

	if (link)
		link_fill(link, &now);
	now.usable = usable;
	now.log_unknown_vrids = i->log_unknown_vrids;
	if (link && i->vmac)
		now.heard_for = link_details(link)->parent;
	if (i->told.ifindex != now.ifindex) {
		tell_gone(i, engine);
		close_all(i);
		i->complained = false;
	}
	mend_groups(i, &now);
	changed = memcmp(&i->told, &now, sizeof(now)) != 0;
	i->told = now;
	if (engine && now.ifindex && (changed || all))
		chan_send(engine, MSG_INTERFACE, &now, NULL, 0);
	for (int f = 0; f < 2; f++)
		if (open_sockets(i, f) || all)
			tell_sockets(i, f, engine);
	if (open_hearing(i) || all)
		tell_hearing(i, engine);
}

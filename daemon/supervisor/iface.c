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
	i->next = *list;
	*list = i;
	return i;
}

static void
close_sockets(struct iface *i, int f)
{
	for (int k = 0; k < 2; k++) {
		if (i->sockets[f][k] >= 0)
			close(i->sockets[f][k]);
		i->sockets[f][k] = -1;
	}
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
		list->wanted[0] = list->wanted[1] = list->carries = false;
}

void
ifaces_sweep(struct iface **list, struct chan *engine)
{
	while (*list) {
		struct iface *i = *list;

		for (int f = 0; f < 2; f++)
			if (!i->wanted[f])
				close_sockets(i, f);
		if (i->wanted[0] || i->wanted[1] || i->carries) {
			list = &i->next;
			continue;
		}
		tell_gone(i, engine);
		*list = i->next;
		free(i);
	}
}

static void
tell_sockets(const struct iface *i, int f, struct chan *engine)
{
	struct msg_sockets m = { .ifindex = i->told.ifindex, .family = families[f] };

	if (engine && i->sockets[f][0] >= 0)
		chan_send_fds(engine, MSG_SOCKETS, &m, i->sockets[f], 2);
}

/* True if new ones were opened. */
static bool
open_sockets(struct iface *i, int f)
{
	int error;

	if (!i->wanted[f] || !i->told.ifindex || i->sockets[f][0] >= 0)
		return false;
	error =
	    socket_open_vrrp(i->name, (int)i->told.ifindex, families[f], i->sockets[f]);
	if (error && !i->complained) {
		i->complained = true;
		log_err("%s: sockets for VRRP over %s: %s; tried again when the "
			"interface changes",
		    i->name, f ? "IPv6" : "IPv4", strerror(-error));
	}
	return !error;
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
	if (i->told.ifindex != now.ifindex) {
		tell_gone(i, engine);
		close_sockets(i, 0);
		close_sockets(i, 1);
		i->complained = false;
	}
	changed = memcmp(&i->told, &now, sizeof(now)) != 0;
	i->told = now;
	if (engine && now.ifindex && (changed || all))
		chan_send(engine, MSG_INTERFACE, &now, NULL, 0);
	for (int f = 0; f < 2; f++)
		if (open_sockets(i, f) || all)
			tell_sockets(i, f, engine);
}

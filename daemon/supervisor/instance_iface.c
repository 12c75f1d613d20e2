/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_iface.h"

#include <string.h>
#include <sys/socket.h>

#include "carrier.h"
#include "iface.h"
#include "instance_tell.h"
#include "mem.h"

#define SOCKETS_RETRY_S 1.0

/* A device of somebody else's is not the macvlan that an instance waits for. */
static const struct link *
find_link(const struct instances *is, const struct iface *i)
{
	const struct link *link = links_find_by_name(is->links, i->name);

	return link && i->vmac && !link_details(link)->is_vmac ? NULL : link;
}

/* Usable is what interface_up_down_delays makes of it. */
void
instances_update_iface(struct instances *is, struct iface *i, bool all)
{
	iface_update(
	    i, find_link(is, i), carriers_usable(is->carriers, i->name), is->engine, all);
	if (ifaces_lack_sockets(i) && !ev_is_active(&is->sockets))
		ev_timer_again(is->loop, &is->sockets);
}

/* The kernel was short of something: no notification says that it is no more. */
static void
on_sockets(struct ev_loop *loop, ev_timer *w, int events)
{
	struct instances *is = container_of(w, struct instances, sockets);

	(void)events;
	for (struct iface *i = is->ifaces; i; i = i->next)
		instances_update_iface(is, i, false);
	if (!ifaces_lack_sockets(is->ifaces))
		ev_timer_stop(loop, w);
}

void
instances_init_ifaces(struct instances *is)
{
	ev_timer_init(&is->sockets, on_sockets, 0., SOCKETS_RETRY_S);
}

/* Its own with sockets, those of its addresses to announce them there. */
static void
want_ifaces(struct instances *is, const struct conf_instance *c)
{
	struct iface *own = iface_get(&is->ifaces, c->interface);

	own->wanted[c->family == AF_INET6] = true;
	if (c->vmac.wanted) {
		own = iface_get(&is->ifaces, c->vmac.name);
		own->vmac = own->wanted[c->family == AF_INET6] = true;
	}
	for (size_t i = 0; i < c->n_addresses; i++)
		if (c->addresses[i].dev[0])
			iface_get(&is->ifaces, c->addresses[i].dev)->carries = true;
}

void
instances_refresh_ifaces(struct instances *is)
{
	ifaces_begin(is->ifaces);
	for (struct instance *in = is->first; in; in = in->next)
		if (in->conf)
			want_ifaces(is, in->conf);
	ifaces_sweep(&is->ifaces, is->engine);
	for (struct iface *i = is->ifaces; i; i = i->next) {
		i->log_unknown_vrids = is->log_unknown_vrids;
		instances_update_iface(is, i, false);
	}
}

void
instances_on_device(struct instances *is, const char *name)
{
	for (struct instance *in = is->first; in; in = in->next)
		if (in->conf &&
		    (!strcmp(in->conf->interface, name) ||
			!strcmp(conf_instance_device(in->conf), name)))
			instance_send(is, in);
}

void
instances_on_link(struct instances *is, uint32_t ifindex)
{
	for (struct iface *i = is->ifaces; i; i = i->next) {
		const struct link *link = find_link(is, i);
		uint32_t before = i->told.ifindex;

		if (before != ifindex && (!link || link_index(link) != ifindex))
			continue;
		instances_update_iface(is, i, false);
		if (i->told.ifindex != before)
			instances_on_device(is, i->name);
	}
}

void
instances_on_carrier(struct instances *is, const char *name)
{
	struct iface *i = iface_find(is->ifaces, name);

	if (i)
		instances_update_iface(is, i, false);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine_iface.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "engine.h"
#include "hear.h"

void
engine_drain(struct engine *e)
{
	for (struct iface *i = e->ifaces; i; i = i->next)
		iface_drain(i);
}

static void
tell_instances(struct engine *e, const struct iface *i, struct iface *now_on)
{
	uint64_t now = clock_us();

	for (struct instance *in = e->roster.first; in; in = in->next) {
		outlets_on_iface(&in->outlets, i->info.ifindex, now_on);
		if (in->iface == i) {
			if (now_on != i)
				roster_unlist(&e->roster, in);
			instance_on_iface(in, now_on, now);
		}
		engine_touch(e, in, now);
	}
}

const char *
engine_on_interface(struct engine *e, const struct msg *m)
{
	const struct msg_interface *head = m->head;
	struct iface *i;
	bool new_mac;

	if (head->ifindex == 0)
		return "interface without an index";
	engine_drain(e);
	i = iface_get(
	    &e->ifaces, head->ifindex, e->child.loop, hear_packet, hear_neighbour, e);
	if (e->is_synced)
		iface_listen(i);
	i->frame_fd = e->announce_fd;
	new_mac = memcmp(i->info.mac, head->mac, sizeof(head->mac)) != 0;
	i->info = *head;
	tell_instances(e, i, i);
	for (struct instance *in = e->roster.first; in && new_mac; in = in->next) {
		outlets_announce_anew(&in->outlets, i, clock_us());
		engine_touch(e, in, clock_us());
	}
	return NULL;
}

const char *
engine_on_interface_gone(struct engine *e, const struct msg *m)
{
	const struct msg_interface_gone *head = m->head;
	struct iface *i = iface_find(e->ifaces, head->ifindex);

	if (!i)
		return NULL;
	tell_instances(e, i, NULL);
	iface_remove(&e->ifaces, i);
	return NULL;
}

const char *
engine_on_sockets(struct engine *e, const struct msg *m)
{
	const struct msg_sockets *head = m->head;
	struct iface *i = iface_find(e->ifaces, head->ifindex);

	if (!i) {
		close(m->fds[0]);
		close(m->fds[1]);
		return "sockets of an unknown interface";
	}
	iface_set_sockets(i, head->family, m->fds[0], m->fds[1]);
	tell_instances(e, i, i);
	return NULL;
}

const char *
engine_on_hearing(struct engine *e, const struct msg *m)
{
	const struct msg_hearing *head = m->head;
	struct iface *i = iface_find(e->ifaces, head->ifindex);

	if (!i) {
		close(m->fds[0]);
		close(m->fds[1]);
		return "sockets of an unknown interface";
	}
	hearing_set_sockets(&i->hearing, m->fds);
	return NULL;
}

const char *
engine_on_announce_socket(struct engine *e, const struct msg *m)
{
	if (e->announce_fd >= 0)
		close(e->announce_fd);
	e->announce_fd = m->fds[0];
	for (struct iface *i = e->ifaces; i; i = i->next)
		i->frame_fd = e->announce_fd;
	return NULL;
}

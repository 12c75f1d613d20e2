/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "io.h"
#include "log.h"
#include "mem.h"

/* Packets read for one wake-up, so that timers have their turn in a flood. */
#define READ_BURST 64
/* Before an advert: what a flooded socket may hold costs about a millisecond. */
#define DRAIN_BURST 1024
#define STRANGERS_INTERVAL_US 10000000

struct iface *
iface_find(struct iface *list, uint32_t ifindex)
{
	for (; list; list = list->next)
		if (list->info.ifindex == ifindex)
			return list;
	return NULL;
}

struct iface_port *
iface_port(struct iface *i, uint8_t family)
{
	return &i->ports[family == AF_INET6];
}

static void
close_port(struct iface_port *p)
{
	if (p->rx < 0)
		return;
	ev_io_stop(p->owner->loop, &p->readable);
	close(p->rx);
	close(p->tx);
	p->rx = p->tx = -1;
}

/* False when there was nothing more. */
static bool
read_one(struct iface_port *p)
{
	uint8_t buf[ADVERT_PACKET_MAX];
	struct advert_packet packet;
	enum advert_verdict verdict;
	int n;

	n = io_receive(p->rx, buf, sizeof(buf));
	if (n < 0 && n != -EAGAIN) {
		log_err("%s: receiving: %s; no adverts are heard there",
		    p->owner->info.name, strerror(-n));
		ev_io_stop(p->owner->loop, &p->readable);
	}
	if (n < 0)
		return false;
	verdict = (size_t)n > sizeof(buf)
	    ? ADVERT_LENGTH
	    : advert_unwrap(p->family, buf, (size_t)n, &packet);
	/* The kernel gives a macvlan what comes from its own MAC. */
	packet.vmac_ifindex = p->owner->info.heard_for ? p->owner->info.ifindex : 0;
	packet.wall_us = clock_wall_us();
	packet.mono_us = clock_us();
	if (verdict == ADVERT_OK)
		p->owner->fn(p->owner->arg, p->owner, p->family, &packet);
	else
		p->counters.rx[verdict]++;
	return true;
}

static void
read_burst(struct iface_port *p, int max)
{
	while (max-- > 0 && read_one(p))
		;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	read_burst(container_of(w, struct iface_port, readable), READ_BURST);
}

void
iface_drain(struct iface *i)
{
	for (size_t f = 0; f < ARRAY_LEN(i->ports); f++)
		if (i->ports[f].rx >= 0 && i->listening)
			read_burst(&i->ports[f], DRAIN_BURST);
}

void
iface_listen(struct iface *i)
{
	i->listening = true;
	hearing_listen(&i->hearing);
	for (size_t f = 0; f < ARRAY_LEN(i->ports); f++)
		if (i->ports[f].rx >= 0)
			ev_io_start(i->loop, &i->ports[f].readable);
}

/* A frame that a loop brought back is not a neighbour's. But a macvlan has its
 * virtual MAC in common with the other routers, the next master among them. */
static void
on_neighbour(struct hearing *h, const struct neighbour *n)
{
	struct iface *i = container_of(h, struct iface, hearing);

	if (i->info.heard_for || memcmp(n->mac, i->info.mac, sizeof(n->mac)) != 0)
		i->neighbour_fn(i->arg, i, n);
}

struct iface *
iface_get(struct iface **list, uint32_t ifindex, struct ev_loop *loop,
    iface_packet_fn *fn, iface_neighbour_fn *neighbour_fn, void *arg)
{
	struct iface *i = iface_find(*list, ifindex);

	if (i)
		return i;
	i = xcalloc(1, sizeof(*i));
	i->info.ifindex = ifindex;
	i->frame_fd = -1;
	i->strangers.interval_us = STRANGERS_INTERVAL_US;
	i->loop = loop;
	i->fn = fn;
	i->neighbour_fn = neighbour_fn;
	hearing_init(&i->hearing, loop, on_neighbour);
	i->arg = arg;
	for (size_t f = 0; f < ARRAY_LEN(i->ports); f++) {
		i->ports[f].family = f ? AF_INET6 : AF_INET;
		i->ports[f].rx = i->ports[f].tx = -1;
		i->ports[f].owner = i;
	}
	i->next = *list;
	*list = i;
	return i;
}

void
iface_remove(struct iface **list, struct iface *i)
{
	while (*list != i)
		list = &(*list)->next;
	*list = i->next;
	for (size_t f = 0; f < ARRAY_LEN(i->ports); f++)
		close_port(&i->ports[f]);
	hearing_fini(&i->hearing);
	free(i);
}

void
iface_set_sockets(struct iface *i, uint8_t family, int rx, int tx)
{
	struct iface_port *p = iface_port(i, family);

	close_port(p);
	p->rx = rx;
	p->tx = tx;
	ev_io_init(&p->readable, on_readable, rx, EV_READ);
	if (i->listening)
		ev_io_start(i->loop, &p->readable);
}

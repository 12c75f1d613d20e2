/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"
#include "sim.h"

#define PACKETS_MAX 20000

struct sim sim;
static struct packet *free_packets;
static unsigned n_packets;

uint32_t
sim_roll(uint32_t below)
{
	sim.random ^= sim.random << 13;
	sim.random ^= sim.random >> 7;
	sim.random ^= sim.random << 17;
	return below ? (uint32_t)((sim.random >> 16) % below) : 0;
}

void
sim_require(bool holds, unsigned node, const char *what)
{
	if (!holds && !sim.fault[0])
		snprintf(sim.fault, sizeof(sim.fault), "node %u: %s", node, what);
}

void
sim_tell(unsigned node, const char *what)
{
	if (sim.trace)
		printf("%11.6f node %2u (%u): %s\n", (double)sim.now / 1e6, node,
		    sim.nodes[node].priority[0], what);
}

/* ---- packets ---- */

static struct packet *
take_packet(void)
{
	struct packet *p = free_packets;

	if (!p)
		return xcalloc(1, sizeof(*p));
	free_packets = p->next;
	return p;
}

static void
give_packet(struct packet *p)
{
	p->next = free_packets;
	free_packets = p;
	n_packets--;
}

/* What one sends another arrives in that order, as on any Ethernet, unless chance
 * has it otherwise. */
static uint64_t
arrival(unsigned from, unsigned to, unsigned net)
{
	uint64_t at = sim.now + 1 + sim_roll(sim.delay_us);
	uint64_t *last = &sim.last_arrival[from][to][net];

	if (sim_roll(1000) < sim.reordered)
		return at;
	if (at <= *last)
		at = *last + 1;
	return *last = at;
}

/* src NULL: a frame. */
static void
deliver_later(unsigned from, unsigned to, unsigned net, const struct ipaddr *src,
    const void *message, size_t len)
{
	struct packet *p;

	sim_require(n_packets < PACKETS_MAX, to, "a storm of adverts");
	if (sim.fault[0])
		return;
	p = take_packet();
	n_packets++;
	memcpy(p->bytes, message, len);
	p->to = to;
	p->net = net;
	p->is_frame = !src;
	p->ip = (struct advert_packet){ .src = src ? *src : (struct ipaddr){ 0 },
		.dst = advert_group(AF_INET),
		.ttl = 255,
		.vrid = p->bytes[1],
		.message = p->bytes,
		.len = len };
	deadline_set(&sim.packets, &p->due, arrival(from, to, net));
}

void
sim_multicast(struct node *from, unsigned net, const struct ipaddr *src,
    const void *message, size_t len)
{
	for (unsigned to = 0; to < sim.n; to++) {
		if (to == from->number || sim.nodes[to].side != from->side ||
		    sim.cut[from->number][to] >> net & 1 || sim_roll(1000) < sim.loss)
			continue;
		deliver_later(from->number, to, net, src, message, len);
		if (sim_roll(1000) < sim.duplicates)
			deliver_later(from->number, to, net, src, message, len);
	}
}

void
sim_broadcast(struct node *from, unsigned net, const void *frame, size_t len)
{
	sim_multicast(from, net, NULL, frame, len);
}

/* ---- time ---- */

/* A sleeper's packets wait in its socket, as many as that holds. */
static void
arrive(struct packet *p)
{
	struct node *n = &sim.nodes[p->to];

	if (n->up && sim.now < n->asleep_until && n->n_inbox < SIM_INBOX_MAX) {
		p->next = NULL;
		*n->inbox_last = p;
		n->inbox_last = &p->next;
		n->n_inbox++;
		return;
	}
	if (n->up && sim.now >= n->asleep_until)
		node_receive(n, p);
	give_packet(p);
}

/* What is in the socket comes before anything that is due. */
static void
wake(struct node *n)
{
	struct packet *p, *next;

	for (p = n->inbox; p; p = next) {
		next = p->next;
		if (n->up)
			node_receive(n, p);
		give_packet(p);
	}
	n->inbox = NULL;
	n->inbox_last = &n->inbox;
	n->n_inbox = 0;
}

static uint64_t
next_of(const struct deadlines *d)
{
	const struct deadline *first = deadline_first(d);

	return first ? first->at_us : DEADLINE_NEVER;
}

void
sim_run(uint64_t until)
{
	while (!sim.fault[0]) {
		uint64_t packet = next_of(&sim.packets), timer = next_of(&sim.timers);
		uint64_t at = packet < timer ? packet : timer;

		if (at >= until)
			break;
		sim.now = at > sim.now ? at : sim.now;
		if (packet <= timer) {
			struct packet *p = container_of(
			    deadline_first(&sim.packets), struct packet, due);

			deadline_set(&sim.packets, &p->due, DEADLINE_NEVER);
			arrive(p);
		} else {
			struct node *n =
			    container_of(deadline_first(&sim.timers), struct node, timer);

			deadline_set(&sim.timers, &n->timer, DEADLINE_NEVER);
			if (n->inbox)
				wake(n);
			node_tick(n);
		}
	}
	sim.now = until;
}

/* ---- a run ---- */

static struct iface
make_iface(unsigned node, unsigned net)
{
	struct iface i = { 0 };
	uint8_t ip[4] = { 192, 0, (uint8_t)net,
		(uint8_t)(1 + (node * 37 + sim.seed) % 200) };

	i.info = (struct msg_interface){
		.ifindex = node * SIM_NETS_MAX + net + 1,
		.mtu = 1500,
		.usable = 1,
		.mac = { 2, 0, 0, 0, (uint8_t)net, (uint8_t)(node + 1) },
		.primary4 = ipaddr_from4(ip),
	};
	for (int f = 0; f < 2; f++)
		i.ports[f].rx = i.ports[f].tx = 100;
	return i;
}

void
sim_begin(uint64_t seed, unsigned n, unsigned nets)
{
	sim.seed = seed;
	sim.n = n;
	sim.nets = nets;
	for (unsigned k = 0; k < SIM_NETS_MAX; k++)
		sim.holders[k] = 0;
	memset(sim.last_arrival, 0, sizeof(sim.last_arrival));
	sim.now = 1000 * US_PER_S;
	for (unsigned i = 0; i < n; i++) {
		struct node *node = &sim.nodes[i];

		*node = (struct node){ .number = i };
		node->inbox_last = &node->inbox;
		for (unsigned k = 0; k < nets; k++)
			node->ifaces[k] = make_iface(i, k);
	}
}

void
sim_end(void)
{
	struct deadline *d;

	for (unsigned i = 0; i < sim.n; i++) {
		node_crash(&sim.nodes[i]);
		wake(&sim.nodes[i]);
	}
	while ((d = deadline_first(&sim.packets))) {
		deadline_set(&sim.packets, d, DEADLINE_NEVER);
		give_packet(container_of(d, struct packet, due));
	}
}

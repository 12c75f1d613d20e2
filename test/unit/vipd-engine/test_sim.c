/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network of virtual routers under a virtual clock: the real election and
 * the real codec, 2 to 20 nodes, a LAN that delays, loses, doubles and
 * partitions, nodes that crash, return, stop and stall. Everything follows
 * from a seed: SIM_SEED=N replays one and tells what happens.
 *
 * I2: once the network is whole and quiet for long enough, there is exactly
 * one master, and it is the right one. I3 (the engine's part): a node
 * announces between becoming and ceasing to be master only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine/advert.h"
#include "engine/vrrp.h"
#include "unit.h"

#define SEEDS 2000
#define NODES_MAX 20
#define PACKETS_MAX 4096
#define STORM_US (6 * US_PER_S)

struct packet {
	uint64_t at_us;
	unsigned to;
	struct advert_packet ip;
	uint8_t message[64];
};

struct node {
	struct vrrp vrrp;
	struct advert_policy policy;
	struct ipaddr addr; /* of the virtual router */
	bool up;
	bool announcing;
	uint64_t stalled_until;
	int side; /* of a partition */
};

struct sim {
	uint64_t seed;
	uint64_t random;
	uint64_t now;
	bool trace;
	unsigned n;
	struct node nodes[NODES_MAX];
	unsigned n_packets;
	uint8_t version;
	uint32_t advert_us;
	bool preempt;
	unsigned loss; /* per mille */
	unsigned duplicates;
	uint32_t delay_us; /* at most */
	unsigned to_master;
	struct packet packets[PACKETS_MAX]; /* last: not cleared */
};

static struct sim sim;

static uint32_t
roll(uint32_t below)
{
	sim.random ^= sim.random << 13;
	sim.random ^= sim.random >> 7;
	sim.random ^= sim.random << 17;
	return (uint32_t)((sim.random >> 16) % below);
}

/* check's own assertions write to a pipe each time: too slow in here. */
static void
require(bool holds, unsigned node, const char *what)
{
	if (!holds)
		ck_abort_msg(
		    "seed %llu, node %u: %s", (unsigned long long)sim.seed, node, what);
}

static void
tell(unsigned node, const char *what)
{
	if (sim.trace)
		printf("%10.6f node %u (%u): %s\n", (double)sim.now / 1e6, node,
		    sim.nodes[node].vrrp.conf.priority, what);
}

static void
deliver_later(unsigned to, const struct advert_packet *ip, const uint8_t *message)
{
	struct packet *p;

	require(sim.n_packets < PACKETS_MAX, to, "a storm of adverts");
	p = &sim.packets[sim.n_packets++];
	p->at_us = sim.now + 1 + (sim.delay_us ? roll(sim.delay_us) : 0);
	p->to = to;
	p->ip = *ip;
	memcpy(p->message, message, ip->len);
}

static void
multicast(unsigned from, uint8_t priority)
{
	struct node *n = &sim.nodes[from];
	uint8_t message[64];
	struct advert a = {
		.family = AF_INET,
		.version = sim.version,
		.vrid = 7,
		.priority = priority,
		.checksum = CHECKSUM_PSEUDO,
		.advert_us = n->vrrp.conf.advert_us,
		.n_addrs = 1,
		.addrs = n->addr.bytes,
	};
	struct advert_packet ip = {
		.src = n->vrrp.conf.source,
		.dst = advert_group(AF_INET),
		.ttl = 255,
		.vrid = 7,
	};

	ip.len = advert_write(&a, &ip.src, &ip.dst, NULL, 0, message);
	for (unsigned to = 0; to < sim.n; to++) {
		if (to == from || sim.nodes[to].side != n->side || roll(1000) < sim.loss)
			continue;
		deliver_later(to, &ip, message);
		if (roll(1000) < sim.duplicates)
			deliver_later(to, &ip, message);
	}
}

static void
carry_out(unsigned i, const struct vrrp_actions *actions)
{
	struct node *n = &sim.nodes[i];

	for (unsigned k = 0; k < actions->count; k++)
		switch (actions->list[k].type) {
		case VRRP_DO_SEND:
			multicast(i, actions->list[k].priority);
			break;
		case VRRP_DO_ANNOUNCE:
			require(n->vrrp.state == VRRP_MASTER && !n->announcing, i,
			    "announces without having become master");
			n->announcing = true;
			sim.to_master++;
			tell(i, "MASTER");
			break;
		case VRRP_DO_SILENCE:
			require(n->vrrp.state != VRRP_MASTER && n->announcing, i,
			    "is silenced for no reason");
			n->announcing = false;
			tell(i, vrrp_state_name(n->vrrp.state));
			break;
		case VRRP_DO_REANNOUNCE:
			require(n->vrrp.state == VRRP_MASTER, i,
			    "repairs without being master");
			break;
		case VRRP_DO_REPORT:
			break;
		}
	require(n->announcing == (n->vrrp.state == VRRP_MASTER), i,
	    "announces in another state than MASTER");
}

static void
event(unsigned i, enum vrrp_event_type type)
{
	struct vrrp_event ev = { .type = type, .reason = VRRP_REASON_LINK_DOWN };
	struct vrrp_actions actions;

	vrrp_step(&sim.nodes[i].vrrp, &ev, sim.now, &actions);
	carry_out(i, &actions);
}

static void
boot(unsigned i)
{
	struct node *n = &sim.nodes[i];
	struct vrrp_config conf = n->vrrp.conf;

	tell(i, "boots");
	vrrp_init(&n->vrrp, &conf, sim.now);
	n->up = true;
	event(i, VRRP_EV_STARTUP);
}

static void
crash(unsigned i)
{
	struct vrrp_config conf = sim.nodes[i].vrrp.conf;

	tell(i, "crashes");
	sim.nodes[i].up = false;
	sim.nodes[i].announcing = false;
	vrrp_init(&sim.nodes[i].vrrp, &conf, sim.now);
}

static void
receive(const struct packet *p)
{
	struct node *n = &sim.nodes[p->to];
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT };
	struct advert_packet ip = p->ip;
	struct vrrp_actions actions;
	struct advert a;

	if (!n->up)
		return;
	ip.message = p->message;
	require(
	    advert_read(&n->policy, &ip, &a) == ADVERT_OK, p->to, "refuses an advert");
	ev.advert.source = ip.src;
	ev.advert.priority = a.priority;
	ev.advert.advert_us = a.advert_us;
	vrrp_step(&n->vrrp, &ev, sim.now, &actions);
	carry_out(p->to, &actions);
}

/* A stalled node's packets wait in its socket: earliest at its return. */
static uint64_t
packet_time(const struct packet *p)
{
	uint64_t stalled = sim.nodes[p->to].stalled_until;

	return p->at_us > stalled ? p->at_us : stalled;
}

static uint64_t
timer_time(unsigned i)
{
	uint64_t at = vrrp_deadline(&sim.nodes[i].vrrp);

	if (!sim.nodes[i].up)
		return VRRP_NEVER;
	return at > sim.nodes[i].stalled_until ? at : sim.nodes[i].stalled_until;
}

/* Runs to `until`; a packet that is there comes before a timer that is due. */
static void
run(uint64_t until)
{
	for (;;) {
		uint64_t at = until, t;
		int packet = -1, timer = -1;

		for (unsigned i = 0; i < sim.n; i++)
			if ((t = timer_time(i)) < at) {
				at = t;
				timer = (int)i;
			}
		for (unsigned i = 0; i < sim.n_packets; i++)
			if ((t = packet_time(&sim.packets[i])) < at ||
			    (t == at && packet < 0 && t < until)) {
				at = t;
				packet = (int)i;
			}
		sim.now = at > sim.now ? at : sim.now;
		if (packet >= 0) {
			struct packet p = sim.packets[packet];

			sim.packets[packet] = sim.packets[--sim.n_packets];
			receive(&p);
		} else if (timer >= 0) {
			struct vrrp_actions actions;

			vrrp_expire(&sim.nodes[timer].vrrp, sim.now, &actions);
			carry_out((unsigned)timer, &actions);
		} else {
			return;
		}
	}
}

static void
setup(uint64_t seed)
{
	static const uint32_t intervals[] = { 10000, 100000, 200000, 1000000 };

	memset(&sim, 0, offsetof(struct sim, packets));
	sim.seed = seed;
	sim.random = seed * 0x9e3779b97f4a7c15u + 1;
	sim.trace = getenv("SIM_SEED") != NULL;
	for (unsigned i = 0; i < 10; i++)
		roll(2);
	sim.n = 2 + roll(NODES_MAX - 1);
	sim.version = roll(3) ? 3 : 2;
	sim.advert_us = sim.version == 2 ? 1000000 : intervals[roll(4)];
	sim.preempt = roll(2);
	sim.now = US_PER_S;
	for (unsigned i = 0; i < sim.n; i++) {
		struct node *n = &sim.nodes[i];
		uint8_t ip[4] = { 192, 0, 2, (uint8_t)(10 + (i * 37 + seed) % 200) };

		n->vrrp.conf = (struct vrrp_config){
			.source = ipaddr_from4(ip),
			.version = sim.version,
			.preempt = sim.preempt,
			.down_adverts = 3,
			.advert_us = sim.advert_us,
		};
		n->addr = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 5 });
		n->policy = (struct advert_policy){
			.version = sim.version,
			.advert_us = sim.advert_us,
			.source = n->vrrp.conf.source,
		};
	}
}

/* Equal, adjacent, or any. */
static void
assign_priorities(void)
{
	uint32_t kind = roll(3);

	for (unsigned i = 0; i < sim.n; i++)
		sim.nodes[i].vrrp.conf.priority = (uint8_t)(kind == 0 ? 100
			: kind == 1                                   ? 100 + i
								      : 1 + roll(254));
}

/* Who wins against all others that are up. */
static unsigned
best(void)
{
	unsigned b = NODES_MAX;

	for (unsigned i = 0; i < sim.n; i++) {
		const struct vrrp_config *x = &sim.nodes[i].vrrp.conf;
		const struct vrrp_config *y = &sim.nodes[b % NODES_MAX].vrrp.conf;

		if (!sim.nodes[i].up)
			continue;
		if (b == NODES_MAX || x->priority > y->priority ||
		    (x->priority == y->priority &&
			ipaddr_cmp(&x->source, &y->source) > 0))
			b = i;
	}
	return b;
}

static unsigned
masters(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim.n; i++)
		n += sim.nodes[i].vrrp.state == VRRP_MASTER;
	return n;
}

static uint8_t
master_priority(void)
{
	for (unsigned i = 0; i < sim.n; i++)
		if (sim.nodes[i].vrrp.state == VRRP_MASTER)
			return sim.nodes[i].vrrp.conf.priority;
	return 0;
}

/* Long enough for anybody to time out and for the answer. */
static uint64_t
settling(void)
{
	return 10 * (uint64_t)sim.advert_us + 2 * US_PER_S;
}

static void
disturb(void)
{
	unsigned i = roll(sim.n);

	switch (roll(8)) {
	case 0:
		if (sim.nodes[i].up)
			crash(i);
		break;
	case 1:
		if (!sim.nodes[i].up)
			boot(i);
		break;
	case 2: /* a clean stop */
		if (!sim.nodes[i].up)
			break;
		event(i, VRRP_EV_SHUTDOWN);
		crash(i);
		break;
	case 3: /* a partition, or its end */
		for (unsigned k = 0; k < sim.n; k++)
			sim.nodes[k].side = (int)roll(2);
		break;
	case 4:
		for (unsigned k = 0; k < sim.n; k++)
			sim.nodes[k].side = 0;
		break;
	case 5: /* no CPU for a while */
		sim.nodes[i].stalled_until = sim.now + roll(6 * sim.advert_us);
		tell(i, "stalls");
		break;
	case 6: /* its link goes */
		if (sim.nodes[i].up)
			event(i, VRRP_EV_FAULT);
		break;
	case 7:
		if (sim.nodes[i].up)
			event(i, VRRP_EV_STARTUP);
		break;
	}
}

static void
heal(void)
{
	sim.loss = 0;
	sim.duplicates = 0;
	for (unsigned i = 0; i < sim.n; i++) {
		sim.nodes[i].side = 0;
		if (!sim.nodes[i].up)
			boot(i);
		event(i, VRRP_EV_STARTUP);
	}
}

/* I2 after anything. */
static void
storm(uint64_t seed)
{
	uint64_t until;

	setup(seed);
	assign_priorities();
	sim.loss = roll(300);
	sim.duplicates = roll(300);
	sim.delay_us = 1 + roll(sim.advert_us / 4);
	for (unsigned i = 0; i < sim.n; i++)
		if (roll(4))
			boot(i);
	for (until = sim.now + STORM_US; sim.now < until;) {
		run(sim.now + 1 + roll(sim.advert_us * 2));
		disturb();
	}
	heal();
	run(sim.now + settling());
	ck_assert_msg(masters() == 1, "seed %llu: %u masters among %u",
	    (unsigned long long)seed, masters(), sim.n);
	/* A backup follows an equal master whatever its address. */
	if (sim.preempt)
		ck_assert_msg(master_priority() == sim.nodes[best()].vrrp.conf.priority,
		    "seed %llu: the highest priority is no master",
		    (unsigned long long)seed);
}

/* Without loss and with delays within the claim window, a crash of the master
 * makes one new master, however many time out together. */
static void
clean_failover(uint64_t seed)
{
	unsigned before;

	setup(seed);
	assign_priorities();
	sim.delay_us = (uint32_t)vrrp_claim_window(
			   &(struct vrrp){ .conf = { .advert_us = sim.advert_us } }) /
	    2;
	for (unsigned i = 0; i < sim.n; i++)
		boot(i);
	run(sim.now + settling());
	ck_assert_msg(sim.to_master == 1, "seed %llu: %u became master at the start",
	    (unsigned long long)seed, sim.to_master);
	before = best();
	ck_assert_int_eq(sim.nodes[before].vrrp.state, VRRP_MASTER);
	crash(before);
	run(sim.now + settling());
	ck_assert_msg(sim.to_master == 2, "seed %llu: %u became master after the crash",
	    (unsigned long long)seed, sim.to_master - 1);
	ck_assert_int_eq(masters(), 1);
}

static void
each_seed(void (*scenario)(uint64_t))
{
	const char *one = getenv("SIM_SEED");

	if (one) {
		scenario(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		scenario(seed);
}

START_TEST(a_healed_network_has_exactly_one_master)
{
	each_seed(storm);
}
END_TEST

START_TEST(a_crash_makes_exactly_one_new_master)
{
	each_seed(clean_failover);
}
END_TEST

UNIT_MAIN(
    "sim", a_healed_network_has_exactly_one_master, a_crash_makes_exactly_one_new_master)

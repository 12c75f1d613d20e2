/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 2 to 50 nodes under a virtual clock: the engine's own routers, sync groups, codec
 * and announcements (daemon/engine, all but its sockets and its loop). Everything
 * follows from a seed: versions, intervals, options, priorities, and what goes wrong.
 *
 * Always: clocks that drift and do not agree, delay, timers that are served late, any
 * priorities of a group's members, an owner. In a storm (scenarios.h), too: loss,
 * duplication, reordering, partitions and cuts of one way or of one network, links
 * that go, crashes, stops and restarts, an engine that ends alone, pauses that the
 * clocks show or do not, wall clocks that jump, changes of priority, handovers. What
 * one node sends another arrives in order unless reordering is drawn, as on any
 * Ethernet.
 *
 * What must hold (design.md 5): I2, a whole and quiet network has one master;
 * I3, only a master announces, and then it alone holds the address. And: who
 * did not run says nothing as master when another took over; the members of a
 * sync group are master together; an engine's end moves nothing; a handover never
 * leaves an address without a holder, nor without a master for longer than vipctl(8)
 * says.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/roster.h"

#define SIM_NODES_MAX 50
#define SIM_NETS_MAX 3
#define SIM_INBOX_MAX 400

struct packet {
	struct deadline due;
	unsigned to, net;
	bool is_frame; /* ARP, in bytes; else an advert */
	struct advert_packet ip;
	uint8_t bytes[80];
	struct packet *next; /* free, or in a sleeper's inbox */
};

struct node {
	unsigned number;
	struct roster roster;
	struct instance *routers[SIM_NETS_MAX];
	struct iface ifaces[SIM_NETS_MAX];
	bool installed[SIM_NETS_MAX];
	uint8_t priority[SIM_NETS_MAX];
	bool up;
	struct deadline timer; /* in the world's time */
	/* Its clock: (1 + ppm/1e6) of the world's, and an offset. */
	int64_t offset_us;
	int32_t ppm;
	int64_t wall_us; /* ahead of the others' wall clocks */
	uint64_t asleep_until;
	uint64_t asleep_since;
	bool overslept; /* woke to find a successor */
	struct packet *inbox, **inbox_last;
	unsigned n_inbox;
	unsigned side; /* of a partition */
	unsigned to_master;
};

struct sim {
	uint64_t seed;
	uint64_t random;
	uint64_t now;
	uint64_t wall_us; /* of the node that has its turn */
	bool mute;        /* what it sends is not heard: it has crashed */
	bool trace;
	unsigned n, nets; /* nets > 1: one sync group */
	struct node nodes[SIM_NODES_MAX];
	uint8_t cut[SIM_NODES_MAX][SIM_NODES_MAX]; /* from, to; a bit a network */
	uint8_t version;
	uint32_t advert_us;
	uint32_t preempt_delay_us;
	bool preempt;
	bool signs;
	bool lower_silent, higher_advert;
	uint8_t down_adverts;
	unsigned holders[SIM_NETS_MAX]; /* of each address */
	bool bare; /* since it was cleared, an address had no holder */
	unsigned loss, duplicates, reordered; /* per mille */
	uint32_t delay_us, late_us;           /* at most: of packets, of timers */
	uint64_t last_arrival[SIM_NODES_MAX][SIM_NODES_MAX][SIM_NETS_MAX];
	struct deadlines timers, packets;
	char fault[160]; /* what did not hold; empty: all does */
};

extern struct sim sim;

/* ---- chance and the word ---- */

uint32_t sim_roll(uint32_t below);
/* The first that does not hold is kept, and ends the run. */
void sim_require(bool holds, unsigned node, const char *what);
void sim_tell(unsigned node, const char *what);

/* ---- the world (world.c) ---- */

/* n nodes on nets networks, none up. */
void sim_begin(uint64_t seed, unsigned n, unsigned nets);
void sim_end(void);
/* Lets the world go on. */
void sim_run(uint64_t until);
void sim_multicast(struct node *from, unsigned net, const struct ipaddr *src,
    const void *message, size_t len);
void sim_broadcast(struct node *from, unsigned net, const void *frame, size_t len);

/* ---- one node (host.c, node.c) ---- */

uint64_t node_clock(const struct node *n);
uint64_t node_wall_clock(const struct node *n);
/* The first moment of the world at which the node's clock says at_us. */
uint64_t node_world_time(const struct node *n, uint64_t at_us);
void node_boot(struct node *n);
/* Nothing is said. */
void node_crash(struct node *n);
/* Resigns, then ends. */
void node_stop(struct node *n);
/* All it is master of goes to whoever takes it; undo: it may preempt again. */
void node_hand_over(struct node *n);
void node_undo_handover(struct node *n);
void node_link(struct node *n, unsigned net, bool usable);
/* Its configuration is told again, as it is in n and sim now. */
void node_configure(struct node *n);
/* Does not run for so long, while packets wait; unseen: its clocks stand, too. */
void node_sleep(struct node *n, uint64_t for_us, bool unseen);
/* Its engine dies; another resumes so much later. */
void node_restart_engine(struct node *n, uint64_t after_us);
/* From the world: a packet has come; it is time. */
void node_receive(struct node *n, const struct packet *p);
void node_tick(struct node *n);
bool node_is_master(const struct node *n, unsigned net);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenarios.h"

#include "clock.h"
#include "sim.h"

/* ---- a world by chance ---- */

/* Equal, adjacent, or any. */
static uint8_t
any_priority(uint32_t kind, unsigned node)
{
	return (uint8_t)(kind == 0 ? 100 : kind == 1 ? 100 + node : 1 + sim_roll(254));
}

/* The members of a group have one priority, opposite ones, or each its own. The
 * first node may own its addresses. */
static void
assign_priorities(void)
{
	uint32_t kind = sim_roll(3), members = sim_roll(4);
	bool owner = sim_roll(8) == 0;

	for (unsigned i = 0; i < sim.n; i++) {
		uint8_t p = any_priority(kind, i);

		for (unsigned k = 0; k < sim.nets; k++)
			sim.nodes[i].priority[k] = members < 2 ? p
			    : members == 2 ? (uint8_t)(k % 2 ? 255 - p : p)
					   : any_priority(kind, (i + k) % sim.n);
	}
	for (unsigned k = 0; k < sim.nets && owner; k++)
		sim.nodes[0].priority[k] = VRRP_PRIORITY_OWNER;
}

static void
create(uint64_t seed, unsigned nets)
{
	static const uint32_t intervals[] = { 10000, 100000, 200000, 1000000 };
	static const unsigned most[] = { 5, 5, 10, SIM_NODES_MAX };
	unsigned n;

	sim.random = seed * 0x9e3779b97f4a7c15u + 1;
	for (unsigned i = 0; i < 10; i++)
		sim_roll(2);
	n = 2 + sim_roll(most[sim_roll(4)] - 1);
	sim.version = sim_roll(3) ? 3 : 2;
	sim.advert_us = sim.version == 2 ? 1000000 : intervals[sim_roll(4)];
	sim.preempt = sim_roll(2);
	sim.preempt_delay_us = sim_roll(4) ? 0 : sim_roll(5 * sim.advert_us);
	sim.signs = sim_roll(4) == 0;
	sim.loss = sim.duplicates = sim.reordered = 0;
	sim.delay_us = sim.late_us = 1;
	sim.lower_silent = sim.higher_advert = false;
	sim.down_adverts = (uint8_t)(sim_roll(4) ? 3 : 2 + sim_roll(4));
	for (unsigned i = 0; i < SIM_NODES_MAX; i++)
		for (unsigned k = 0; k < SIM_NODES_MAX; k++)
			sim.cut[i][k] = 0;
	sim_begin(seed, n, nets);
	for (unsigned i = 0; i < n; i++) {
		sim.nodes[i].offset_us = (int64_t)sim_roll(1000000);
		sim.nodes[i].ppm = (int32_t)sim_roll(1000) - 500;
	}
	assign_priorities();
}

static void
boot_all(void)
{
	for (unsigned i = 0; i < sim.n; i++)
		node_boot(&sim.nodes[i]);
}

/* Long enough for anybody to time out, and for the answer. */
static uint64_t
settling(void)
{
	return 12 * (uint64_t)sim.advert_us + 3 * US_PER_S + 2 * sim.preempt_delay_us;
}

/* ---- what must hold ---- */

static unsigned
masters(unsigned net)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim.n; i++)
		n += node_is_master(&sim.nodes[i], net);
	return n;
}

static unsigned
the_master(void)
{
	for (unsigned i = 0; i < sim.n; i++)
		if (node_is_master(&sim.nodes[i], 0))
			return i;
	return 0;
}

/* Has the higher priority in every network. */
static bool
is_above(const struct node *a, const struct node *b)
{
	for (unsigned k = 0; k < sim.nets; k++)
		if (a->priority[k] <= b->priority[k])
			return false;
	return true;
}

/* Preemption has come to its end; `aside` may not take over. */
static void
require_nobody_above(const struct node *aside)
{
	const struct node *master = &sim.nodes[the_master()];

	for (unsigned i = 0; i < sim.n && sim.preempt; i++)
		sim_require(&sim.nodes[i] == aside || !sim.nodes[i].up ||
			!is_above(&sim.nodes[i], master),
		    master->number, "master, though another has a higher priority");
}

static unsigned
all_takeovers(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim.n; i++)
		n += sim.nodes[i].to_master;
	return n;
}

/* I2 */
static void
require_one_master(void)
{
	for (unsigned k = 0; k < sim.nets; k++) {
		sim_require(masters(k) > 0, 0, "there is no master");
		sim_require(masters(k) < 2, 0, "there are several masters");
		sim_require(node_is_master(&sim.nodes[the_master()], k), 0,
		    "the members of the group are on different nodes");
	}
}

/* I3, of a network that has been quiet for as long as anybody yields */
static void
require_one_holder(void)
{
	require_one_master();
	for (unsigned k = 0; k < sim.nets; k++)
		sim_require(sim.holders[k] == 1, the_master(),
		    "another than the master holds its address");
}

/* ---- anything at all, then peace ---- */

static void
disturb_network(unsigned i)
{
	switch (sim_roll(4)) {
	case 0: /* a partition, or its end */
		for (unsigned k = 0; k < sim.n; k++)
			sim.nodes[k].side = sim_roll(2);
		break;
	case 1:
		for (unsigned k = 0; k < sim.n; k++)
			sim.nodes[k].side = 0;
		break;
	case 2: /* one way */
		sim.cut[i][sim_roll(sim.n)] |= 1 + sim_roll((1U << sim.nets) - 1);
		break;
	case 3:
		for (unsigned k = 0; k < sim.n; k++)
			sim.cut[i][k] = sim.cut[k][i] = 0;
		break;
	}
}

static void
disturb(void)
{
	unsigned i = sim_roll(sim.n), net = sim_roll(sim.nets);
	struct node *n = &sim.nodes[i];

	switch (sim_roll(13)) {
	case 0:
		node_crash(n);
		break;
	case 1:
		node_boot(n);
		break;
	case 2:
		node_stop(n);
		break;
	case 3:
	case 4:
		disturb_network(i);
		break;
	case 5:
		node_sleep(n, sim_roll(10 * sim.advert_us), sim_roll(2));
		break;
	case 6:
		node_link(n, net, false);
		break;
	case 7:
		node_link(n, net, true);
		break;
	case 8: /* another priority */
		for (unsigned k = 0; k < sim.nets; k++)
			n->priority[k] = (uint8_t)(1 + (n->priority[k] + 40) % 254);
		node_configure(n);
		break;
	case 9:
		n->wall_us += (int64_t)sim_roll(20000000) - 10000000;
		sim_tell(i, "wall clock jumps");
		break;
	case 10:
		node_hand_over(n);
		break;
	case 11:
		node_undo_handover(n);
		break;
	case 12: /* vipd takes the addresses after two intervals */
		node_restart_engine(n, sim_roll(2 * sim.advert_us));
		break;
	}
}

static void
heal(void)
{
	sim.loss = sim.duplicates = sim.reordered = 0;
	sim.delay_us = 1 + sim.delay_us / 16;
	sim.late_us = 1 + sim.late_us / 16;
	for (unsigned i = 0; i < sim.n; i++) {
		struct node *n = &sim.nodes[i];

		n->side = 0;
		n->wall_us = 0;
		for (unsigned k = 0; k < sim.n; k++)
			sim.cut[i][k] = 0;
		node_boot(n);
		node_configure(n); /* what it missed asleep */
		node_undo_handover(n);
		for (unsigned k = 0; k < sim.nets; k++)
			node_link(n, k, true);
	}
}

static void
storm(uint64_t seed, unsigned nets)
{
	create(seed, nets);
	sim.loss = sim_roll(300);
	sim.duplicates = sim_roll(300);
	sim.reordered = sim_roll(2) ? 0 : sim_roll(1000);
	sim.delay_us = 1 + sim_roll(sim.advert_us / 4);
	sim.late_us = 1 + sim_roll(sim.advert_us / 4);
	sim.lower_silent = sim_roll(8) == 0;
	sim.higher_advert = sim_roll(8) == 0;
	for (unsigned i = 0; i < sim.n; i++)
		if (sim_roll(4))
			node_boot(&sim.nodes[i]);
	for (unsigned i = 0; i < 20 && !sim.fault[0]; i++) {
		sim_run(sim.now + 1 + sim_roll(sim.advert_us * 3));
		disturb();
	}
	sim_run(sim.now + 10 * (uint64_t)sim.advert_us); /* sleepers wake */
	heal();
	sim_run(
	    sim.now + (sim.signs ? 10 * US_PER_S : 0) + (nets > 1 ? 2 : 1) * settling());
	require_one_holder();
	require_nobody_above(NULL);
	sim_end();
}

void
sim_any_network(uint64_t seed)
{
	storm(seed, 1);
}

void
sim_any_group(uint64_t seed)
{
	storm(seed, 2 + (unsigned)(seed % 2));
}

/* ---- one thing in a quiet network ---- */

/* What backups start from, a claim, and a late timer fit into a claim window. */
static void
quiet(uint64_t seed, unsigned nets)
{
	uint32_t window;

	create(seed, nets);
	window = sim.advert_us / 20 < 5000 ? sim.advert_us / 20 : 5000;
	sim.preempt_delay_us = 0;
	sim.delay_us = window * 2 / 5;
	sim.late_us = window / 5;
	boot_all();
	sim_run(sim.now + settling());
	require_one_holder();
}

void
sim_crash(uint64_t seed)
{
	unsigned nets = seed % 4 ? 1 : 2;

	quiet(seed, nets);
	sim_require(all_takeovers() == nets, 0, "more than one master at the start");
	node_crash(&sim.nodes[the_master()]);
	sim_run(sim.now + settling());
	require_one_holder();
	sim_require(
	    all_takeovers() == 2 * nets, 0, "more than one master after the crash");
	sim_end();
}

/* The master does not run for longer than all others wait: whoever is master
 * when it wakes stays so, or is relieved in the usual way. */
void
sim_pause(uint64_t seed)
{
	struct node *slept;

	quiet(seed, seed % 4 ? 1 : 2);
	slept = &sim.nodes[the_master()];
	node_sleep(slept, settling() + sim_roll(sim.advert_us), false);
	sim_run(slept->asleep_until - 1);
	sim_require(masters(0) == 2, slept->number, "was not relieved");
	sim_run(slept->asleep_until + sim.delay_us);
	require_one_master();
	sim_require(!node_is_master(slept, 0), slept->number, "is still master");
	sim_run(sim.now + settling());
	require_one_holder();
	if (!sim.preempt && slept->priority[0] != VRRP_PRIORITY_OWNER)
		sim_require(!node_is_master(slept, 0), slept->number,
		    "took over again though it must not preempt");
	sim_end();
}

/* The master's engine dies: the next one resumes, and nobody takes over. */
void
sim_engine(uint64_t seed)
{
	unsigned nets = seed % 4 ? 1 : 2, before;
	struct node *n;

	quiet(seed, nets);
	n = &sim.nodes[the_master()];
	before = all_takeovers();
	sim.bare = false;
	node_restart_engine(n, 1 + sim_roll(sim.advert_us));
	sim_run(sim.now + settling());
	require_one_holder();
	sim_require(node_is_master(n, 0), n->number, "did not resume");
	sim_require(all_takeovers() == before, n->number, "an engine's end moved it");
	sim_require(!sim.bare, 0, "an address was without a holder");
	sim_end();
}

/* One leg of the master goes: all members move, once. */
void
sim_leg(uint64_t seed)
{
	unsigned nets = 2 + (unsigned)(seed % 2), before;
	struct node *n;

	quiet(seed, nets);
	n = &sim.nodes[the_master()];
	before = all_takeovers();
	node_link(n, sim_roll(nets), false);
	sim_run(sim.now + settling());
	require_one_holder();
	sim_require(!node_is_master(n, 0), n->number, "keeps the group with a dead leg");
	sim_require(all_takeovers() == before + nets, n->number,
	    "the group moved more than once");
	sim_end();
}

/* vipctl(8): advert_int, one second if that is less, and half a second; behind
 * that its own claim, of 50 ms at most. */
static uint64_t
handover_bound(void)
{
	uint64_t skew = sim.advert_us > US_PER_S ? sim.advert_us : US_PER_S;

	return skew + 550 * US_PER_MS;
}

/* What `vipctl handover --to` counts on. Who does not preempt may have heard the
 * claim of a worse one first. */
static void
require_handed_over(const struct node *old, unsigned takeovers)
{
	const struct node *now = &sim.nodes[the_master()];

	require_one_master();
	sim_require(now != old, old->number, "nobody took over");
	require_nobody_above(old);
	sim_require(all_takeovers() == takeovers, old->number,
	    "a handover made more than one new master");
}

/* By whoever is master, in turn; each is relieved soon, once, for good. At last
 * a network that preempts goes back to the best. */
void
sim_handover(uint64_t seed)
{
	unsigned takeovers;
	struct node *old;

	quiet(seed, seed % 4 ? 1 : 2);
	sim.bare = false;
	for (unsigned i = 0; i < 3 && !sim.fault[0]; i++) {
		old = &sim.nodes[the_master()];
		takeovers = all_takeovers() + sim.nets;
		node_hand_over(old);
		sim_run(sim.now + handover_bound());
		require_handed_over(old, takeovers);
		sim_run(sim.now + settling());
		require_handed_over(old, takeovers);
		require_one_holder();
	}
	for (unsigned i = 0; i < sim.n; i++)
		node_undo_handover(&sim.nodes[i]);
	sim_run(sim.now + settling());
	require_one_holder();
	require_nobody_above(NULL);
	sim_require(!sim.bare, 0, "an address was without a holder");
	sim_end();
}

void
sim_handover_to_nobody(uint64_t seed)
{
	struct node *old;

	quiet(seed, seed % 4 ? 1 : 2);
	old = &sim.nodes[the_master()];
	for (unsigned i = 0; i < sim.n; i++)
		if (&sim.nodes[i] != old)
			node_crash(&sim.nodes[i]);
	sim.bare = false;
	node_hand_over(old);
	sim_run(sim.now + handover_bound());
	require_one_holder();
	sim_require(!sim.bare, 0, "an address was without a holder");
	sim_end();
}

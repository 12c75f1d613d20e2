/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node: the engine's routers with sockets and clocks of the simulation, and
 * as much of vipd as puts an address on an interface and takes it off.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine/instance_yield.h"
#include "engine/neighbour.h"
#include "mem.h"
#include "sim.h"

#define VRID 7
#define SLICE 32

/* ---- what vipd tells ---- */

static struct instance_conf
describe(const struct node *n, unsigned net)
{
	static const uint8_t key[HMAC_KEY_MAX] = "thirty-two bytes of the simulator";
	struct instance_conf c = {
		.head = {
			.id = net + 1,
			.ifindex = n->ifaces[net].info.ifindex,
			.name = "sim",
			.interface = "eth0",
			.family = AF_INET,
			.version = sim.version,
			.vrid = VRID,
			.priority = n->priority[net],
			.preempt = sim.preempt,
			.down_adverts = sim.down_adverts,
			.lower_prio_no_advert = sim.lower_silent,
			.higher_prio_send_advert = sim.higher_advert,
			.garp_repeat = 2,
			.garp_lower_prio_repeat = 1,
			.advert_us = sim.advert_us,
			.preempt_delay_us = sim.preempt_delay_us,
			.hmac_mode = sim.signs ? HMAC_ENFORCE : HMAC_NONE,
			.hmac_active_key = 1,
			.hmac_window_s = 5,
		},
	};
	struct ipaddr vip = ipaddr_from4((uint8_t[4]){ 192, 0, (uint8_t)net, 254 });
	struct msg_hmac_key k = { .id = 1, .len = 33 };

	if (sim.nets > 1)
		str_copy(c.head.group, sizeof(c.head.group), "group");
	memcpy(k.bytes, key, sizeof(key));
	instance_conf_add_addrs(&c, &vip, 1);
	instance_conf_add_keys(&c, &k, sim.signs);
	return c;
}

static void
set_installed(struct node *n, unsigned net, bool installed)
{
	if (installed == n->installed[net])
		return;
	n->installed[net] = installed;
	sim.holders[net] += installed ? 1 : -1u;
	sim.bare |= sim.holders[net] == 0;
}

/* Master, about to resume, or yields and has not seen its successor announce the
 * address. */
static bool
may_hold(struct instance *in, bool holds)
{
	struct msg_installed_record released;
	bool let_go = yield_take(&in->yield, &released, 1) > 0;
	bool resumes = in->vrrp.state == VRRP_INIT && in->vrrp.claim_timer != VRRP_NEVER;

	return in->vrrp.state == VRRP_MASTER ||
	    (holds && (resumes || (in->yield.active && !let_go)));
}

static struct msg_installed_record
the_address(const struct node *n, unsigned net)
{
	return (struct msg_installed_record){
		.addr = ipaddr_from4((uint8_t[4]){ 192, 0, (uint8_t)net, 254 }),
		.ifindex = n->ifaces[net].info.ifindex,
	};
}

/* MSG_INSTALLED */
static void
tell_installed(struct node *n, unsigned net)
{
	struct instance *in = n->routers[net];
	struct msg_installed_record at = the_address(n, net);

	outlets_install(&in->outlets, at.ifindex, in->iface, &at.addr, node_clock(n));
	yield_hold(&in->yield, &at);
}

static void
install(struct node *n, unsigned net)
{
	struct instance *in = n->routers[net];
	struct msg_installed_record at = the_address(n, net);
	bool want = may_hold(in, n->installed[net]);
	char text[64];

	if (want == n->installed[net])
		return;
	set_installed(n, net, want);
	snprintf(text, sizeof(text), "net %u: %s (%s)", net,
	    vrrp_state_name(in->vrrp.state), vrrp_reason_text(in->vrrp.reason));
	sim_tell(n->number, text);
	if (want) {
		n->to_master++;
		tell_installed(n, net);
	} else {
		outlets_remove(&in->outlets, at.ifindex, &at.addr);
		yield_forget(&in->yield, &at);
	}
	roster_touch(&n->roster, in, node_clock(n));
}

/* After anything: the members of a group agree, addresses follow, and the
 * next deadline is known. */
static void
settle(struct node *n)
{
	unsigned masters = 0;
	uint64_t at;

	for (unsigned k = 0; k < sim.nets; k++)
		install(n, k);
	for (unsigned k = 0; k < sim.nets; k++)
		masters += node_is_master(n, k);
	sim_require(masters == 0 || masters == sim.nets, n->number,
	    "half a sync group is master");
	at = node_world_time(n, roster_deadline(&n->roster));
	if (at != DEADLINE_NEVER)
		at += sim_roll(sim.late_us);
	if (at < n->asleep_until || sim.now < n->asleep_until)
		at = n->asleep_until;
	deadline_set(&sim.timers, &n->timer, at);
}

/* ---- its life ---- */

/* What vipd tells the next engine of a router. */
struct past {
	enum vrrp_resume resume;
	bool handed_over;
};

/* Each file has its order of instances. */
static void
start_engine(struct node *n, const struct past *past)
{
	uint64_t now = node_clock(n);

	for (unsigned j = 0; j < sim.nets; j++) {
		unsigned k = (n->number + j) % sim.nets;
		struct instance_conf c = describe(n, k);

		c.head.resume = past[k].resume;
		c.head.handed_over = past[k].handed_over;
		n->routers[k] = instance_new(&c, &n->ifaces[k], now);
		roster_add(&n->roster, n->routers[k]);
	}
	for (unsigned k = 0; k < sim.nets; k++)
		roster_touch(&n->roster, n->routers[k], now);
}

void
node_boot(struct node *n)
{
	if (n->up)
		return;
	sim_tell(n->number, "boots");
	n->up = true;
	n->asleep_until = 0;
	sim.wall_us = node_wall_clock(n);
	start_engine(n, (struct past[SIM_NETS_MAX]){ 0 });
	settle(n);
}

static void
end_engine(struct node *n)
{
	uint64_t now = node_clock(n);

	for (unsigned k = 0; k < sim.nets; k++)
		instance_stop(n->routers[k], now);
	sim.mute = true;
	for (unsigned k = 0; k < sim.nets; k++) {
		roster_remove(&n->roster, n->routers[k], now);
		instance_free(n->routers[k], now);
		n->routers[k] = NULL;
	}
	sim.mute = false;
	deadlines_free(&n->roster.deadlines);
}

static void
end(struct node *n)
{
	end_engine(n);
	for (unsigned k = 0; k < sim.nets; k++)
		set_installed(n, k, false);
	deadline_set(&sim.timers, &n->timer, DEADLINE_NEVER);
	n->up = false;
	n->overslept = false;
}

void
node_crash(struct node *n)
{
	if (!n->up)
		return;
	sim_tell(n->number, "crashes");
	sim.mute = true;
	end(n);
}

void
node_stop(struct node *n)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, "stops");
	sim.wall_us = node_wall_clock(n);
	end(n);
}

static void
hand_over(struct node *n, enum handover_action action)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim.wall_us = node_wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++)
		if (action == HANDOVER_FORGET || node_is_master(n, k))
			roster_hand_over(
			    &n->roster, n->routers[k], action, node_clock(n));
	settle(n);
}

void
node_hand_over(struct node *n)
{
	sim_tell(n->number, "hands over");
	hand_over(n, HANDOVER_BEGIN);
}

void
node_undo_handover(struct node *n)
{
	sim_tell(n->number, "may preempt again");
	hand_over(n, HANDOVER_FORGET);
}

void
node_link(struct node *n, unsigned net, bool usable)
{
	if (n->ifaces[net].info.usable == usable)
		return;
	sim_tell(n->number, usable ? "link up" : "link down");
	n->ifaces[net].info.usable = usable;
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim.wall_us = node_wall_clock(n);
	instance_on_iface(n->routers[net], &n->ifaces[net], node_clock(n));
	roster_touch(&n->roster, n->routers[net], node_clock(n));
	settle(n);
}

void
node_configure(struct node *n)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, "reloads");
	sim.wall_us = node_wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++) {
		struct instance_conf c = describe(n, k);

		instance_configure(n->routers[k], &c, &n->ifaces[k], node_clock(n));
		roster_touch(&n->roster, n->routers[k], node_clock(n));
	}
	settle(n);
}

void
node_sleep(struct node *n, uint64_t for_us, bool unseen)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, unseen ? "stands still" : "sleeps");
	n->asleep_since = unseen ? sim.now + for_us : sim.now;
	n->asleep_until = sim.now + for_us;
	if (unseen) {
		n->offset_us -= (int64_t)for_us;
		n->wall_us -= (int64_t)for_us;
	}
	settle(n);
}

/* As long as its packets wait in the sockets that vipd kept, and vipd leaves the
 * addresses where they are. */
void
node_restart_engine(struct node *n, uint64_t after_us)
{
	struct past past[SIM_NETS_MAX];

	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, "has another engine");
	sim.wall_us = node_wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++) {
		past[k].handed_over = n->routers[k]->vrrp.handed_over;
		past[k].resume = node_is_master(n, k) ? RESUME_MASTER
		    : n->installed[k]                 ? RESUME_YIELDING
						      : RESUME_NOTHING;
	}
	sim.mute = true;
	end_engine(n);
	start_engine(n, past);
	for (unsigned k = 0; k < sim.nets; k++)
		if (n->installed[k])
			tell_installed(n, k);
	node_sleep(n, after_us, false);
}

/* Asleep for longer than any backup waits, and another is master. */
static bool
found_a_successor(const struct node *n, const struct packet *p)
{
	return node_is_master(n, p->net) && n->asleep_until && p->bytes[2] != 0 &&
	    sim.now == n->asleep_until &&
	    sim.now - n->asleep_since > 5 * (uint64_t)sim.advert_us + US_PER_S;
}

static void
receive_frame(struct node *n, const struct packet *p)
{
	struct neighbour said;

	sim_require(neighbour_read(p->bytes, p->ip.len, &said) == NEIGHBOUR_OK, n->number,
	    "does not understand an announcement");
	roster_neighbour(&n->roster, &n->ifaces[p->net], &said, node_clock(n));
	settle(n);
}

void
node_receive(struct node *n, const struct packet *p)
{
	struct advert_packet ip = p->ip;
	enum advert_verdict verdict;
	struct instance *in;
	struct advert a;

	if (!n->ifaces[p->net].info.usable)
		return;
	sim.wall_us = ip.wall_us = node_wall_clock(n);
	if (p->is_frame) {
		receive_frame(n, p);
		return;
	}
	ip.mono_us = node_clock(n);
	in = roster_lookup(&n->roster, &n->ifaces[p->net], AF_INET, ip.vrid);
	sim_require(in == n->routers[p->net], n->number, "does not find its router");
	if (sim.fault[0])
		return;
	verdict = instance_read(in, &ip, &a);
	sim_require(verdict == ADVERT_OK ||
		(verdict == ADVERT_INTERVAL && sim.version == 2) ||
		(sim.signs &&
		    (verdict == ADVERT_AUTH_REPLAY || verdict == ADVERT_AUTH_STALE)),
	    n->number, advert_verdict_text(verdict));
	if (verdict != ADVERT_OK)
		return;
	n->overslept |= found_a_successor(n, p);
	instance_on_advert(in, &ip, &a, node_clock(n));
	if (n->overslept)
		sim_require(
		    !node_is_master(n, p->net), n->number, "overslept, and stays master");
	roster_touch(&n->roster, in, node_clock(n));
	n->overslept = false;
	settle(n);
}

void
node_tick(struct node *n)
{
	if (!n->up)
		return;
	sim.wall_us = node_wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++)
		if (n->asleep_until == sim.now) {
			instance_on_iface(n->routers[k], &n->ifaces[k], node_clock(n));
			roster_touch(&n->roster, n->routers[k], node_clock(n));
		}
	roster_run(&n->roster, 100, SLICE, node_clock(n));
	settle(n);
}

bool
node_is_master(const struct node *n, unsigned net)
{
	return n->up && n->routers[net] && n->routers[net]->vrrp.state == VRRP_MASTER;
}

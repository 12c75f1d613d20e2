/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node: the engine's routers with sockets and clocks of the simulation, and
 * as much of vipd as puts an address on an interface and takes it off.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine/instance_yield.h"
#include "engine/io.h"
#include "engine/neighbour.h"
#include "mem.h"
#include "sim.h"

#define VRID 7
#define SLICE 32

/* Sends of this node are not heard: it has crashed. */
static bool is_mute;

/* ---- clocks ---- */

uint64_t
node_clock(const struct node *n)
{
	return (uint64_t)((int64_t)sim.now + n->offset_us +
	    (int64_t)sim.now / 1000 * n->ppm / 1000);
}

/* The first moment of the world at which the node's clock says at_us. */
static uint64_t
world_time(const struct node *n, uint64_t at_us)
{
	uint64_t now = node_clock(n);
	int64_t left = (int64_t)(at_us - now);

	if (at_us == DEADLINE_NEVER)
		return DEADLINE_NEVER;
	if (left <= 0)
		return sim.now;
	return sim.now + (uint64_t)(left - left / 1000 * n->ppm / 1000) + 2;
}

static uint64_t
wall_clock(const struct node *n)
{
	return (uint64_t)((int64_t)(sim.now + 1700000000 * US_PER_S) + n->wall_us);
}

/* In place of lib/clock.c: only who signs an advert asks. */
static uint64_t wall_now;

uint64_t
clock_us(void)
{
	return sim.now;
}

uint64_t
clock_wall_us(void)
{
	return wall_now;
}

/* ---- in place of the engine's io.c ---- */

static struct node *
owner(uint32_t ifindex, unsigned *net)
{
	*net = (ifindex - 1) % SIM_NETS_MAX;
	return &sim.nodes[(ifindex - 1) / SIM_NETS_MAX];
}

int
io_receive(int fd, void *buf, size_t size)
{
	(void)fd;
	(void)buf;
	(void)size;
	return -EAGAIN;
}

int
io_send(int fd, uint32_t ifindex, const struct ipaddr *src, const struct ipaddr *dst,
    uint8_t ttl, const void *message, size_t len)
{
	unsigned net;
	struct node *n = owner(ifindex, &net);
	const uint8_t *bytes = message;
	char text[48];

	(void)fd;
	(void)dst;
	(void)ttl;
	if (is_mute)
		return 0;
	sim_require(
	    !n->overslept || bytes[2] == 0, n->number, "overslept, and speaks as master");
	if (sim.trace && (bytes[2] == 0 || !node_is_master(n, net))) {
		snprintf(text, sizeof(text), "net %u: sends %u", net, bytes[2]);
		sim_tell(n->number, text);
	}
	sim_multicast(n, net, src, message, len);
	return 0;
}

/* I3 */
int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	unsigned net;
	struct node *n = owner(ifindex, &net);

	(void)fd;
	sim_require(node_is_master(n, net), n->number, "announces without being master");
	sim_require(!n->overslept, n->number, "overslept, and announces");
	sim_broadcast(n, net, frame, len);
	return 0;
}

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
			.down_adverts = 3,
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

/* Master, or yields and has not seen its successor announce the address. */
static bool
may_hold(struct instance *in, bool holds)
{
	struct msg_installed_record released;
	bool let_go = yield_take(&in->yield, &released, 1) > 0;

	return in->vrrp.state == VRRP_MASTER || (holds && in->yield.active && !let_go);
}

static void
install(struct node *n, unsigned net)
{
	struct instance *in = n->routers[net];
	struct ipaddr vip = ipaddr_from4((uint8_t[4]){ 192, 0, (uint8_t)net, 254 });
	struct msg_installed_record at = {
		.addr = vip,
		.ifindex = n->ifaces[net].info.ifindex,
	};
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
		outlets_install(&in->outlets, at.ifindex, in->iface, &vip, node_clock(n));
	} else {
		outlets_remove(&in->outlets, at.ifindex, &vip);
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

	for (unsigned k = 0; k < sim.nets; k++) {
		masters += node_is_master(n, k);
		install(n, k);
	}
	sim_require(masters == 0 || masters == sim.nets, n->number,
	    "half a sync group is master");
	at = world_time(n, roster_deadline(&n->roster));
	if (at < n->asleep_until || sim.now < n->asleep_until)
		at = n->asleep_until;
	deadline_set(&sim.timers, &n->timer, at);
}

/* ---- its life ---- */

void
node_boot(struct node *n)
{
	if (n->up)
		return;
	sim_tell(n->number, "boots");
	n->up = true;
	n->asleep_until = 0;
	wall_now = wall_clock(n);
	for (unsigned j = 0; j < sim.nets; j++) {
		unsigned k = (n->number + j) % sim.nets; /* each file has its order */
		struct instance_conf c = describe(n, k);

		n->routers[k] = instance_new(&c, &n->ifaces[k], node_clock(n));
		roster_add(&n->roster, n->routers[k]);
	}
	for (unsigned k = 0; k < sim.nets; k++)
		roster_touch(&n->roster, n->routers[k], node_clock(n));
	settle(n);
}

static void
end(struct node *n)
{
	uint64_t now = node_clock(n);

	for (unsigned k = 0; k < sim.nets; k++)
		instance_stop(n->routers[k], now);
	is_mute = true;
	for (unsigned k = 0; k < sim.nets; k++) {
		roster_remove(&n->roster, n->routers[k], now);
		instance_free(n->routers[k], now);
		n->routers[k] = NULL;
		set_installed(n, k, false);
	}
	is_mute = false;
	deadlines_free(&n->roster.deadlines);
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
	is_mute = true;
	end(n);
}

void
node_stop(struct node *n)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, "stops");
	wall_now = wall_clock(n);
	end(n);
}

static void
hand_over(struct node *n, enum handover_action action)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	wall_now = wall_clock(n);
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
	wall_now = wall_clock(n);
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
	wall_now = wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++) {
		struct instance_conf c = describe(n, k);

		instance_configure(n->routers[k], &c, &n->ifaces[k], node_clock(n));
		roster_touch(&n->roster, n->routers[k], node_clock(n));
	}
	settle(n);
}

void
node_sleep(struct node *n, uint64_t for_us)
{
	if (!n->up || sim.now < n->asleep_until)
		return;
	sim_tell(n->number, "sleeps");
	n->asleep_since = sim.now;
	n->asleep_until = sim.now + for_us;
	settle(n);
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
	wall_now = ip.wall_us = wall_clock(n);
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
	wall_now = wall_clock(n);
	for (unsigned k = 0; k < sim.nets; k++)
		if (n->asleep_until == sim.now)
			instance_on_iface(n->routers[k], &n->ifaces[k], node_clock(n));
	roster_run(&n->roster, 100, SLICE, node_clock(n));
	settle(n);
}

bool
node_is_master(const struct node *n, unsigned net)
{
	return n->up && n->routers[net]->vrrp.state == VRRP_MASTER;
}

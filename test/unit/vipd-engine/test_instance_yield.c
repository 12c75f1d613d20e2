/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a virtual router binds a handover to what it holds and hears.
 */
#include "engine/instance_yield.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"
#include "played_io.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define WAIT (1500 * US_PER_MS)

static struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

static struct iface iface;

static struct instance *
router(enum vrrp_resume resume)
{
	struct instance_conf c = {
		.head = {
			.id = 1,
			.ifindex = 4,
			.name = "edge",
			.interface = "eth0",
			.family = AF_INET,
			.version = 3,
			.vrid = 7,
			.priority = 200,
			.preempt = 1,
			.down_adverts = 3,
			.garp_repeat = 1,
			.advert_us = 100000,
			.resume = (uint8_t)resume,
			.handed_over = resume == RESUME_YIELDING,
		},
	};
	struct ipaddr a = host(5);

	iface = (struct iface){ 0 };
	iface.info = (struct msg_interface){
		.ifindex = 4,
		.mtu = 1500,
		.name = "eth0",
		.usable = 1,
		.primary4 = host(10),
	};
	iface.ports[0].rx = iface.ports[0].tx = 100;
	memset(&net, 0, sizeof(net));
	instance_conf_add_addrs(&c, &a, 1);
	return instance_new(&c, &iface, T0);
}

/* Master, with 192.0.2.5 and .6 on its interface, announced. */
static struct instance *
master(void)
{
	struct instance *in = router(RESUME_MASTER);
	uint64_t now = T0;

	instance_expire(in, now);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	for (uint8_t last = 5; last <= 6; last++) {
		struct ipaddr a = host(last);

		outlets_install(&in->outlets, 4, &iface, &a, now);
	}
	ck_assert_uint_eq(instance_announce(in, 9, 100, now), 2);
	memset(&net, 0, sizeof(net));
	return in;
}

static void
hear_advert(struct instance *in, uint8_t priority, uint64_t now)
{
	struct ipaddr from = host(20);
	struct advert_packet p = { .src = from };
	struct advert a = { .version = 3, .priority = priority, .advert_us = 100000 };

	instance_on_advert(in, &p, &a, now);
}

static void
hear_garp(struct instance *in, uint8_t last, uint64_t now)
{
	struct neighbour n = { .kind = NEIGHBOUR_ANNOUNCES, .addr = host(last) };

	instance_yield_neighbour(in, &iface, &n, now);
}

static unsigned
released(struct instance *in)
{
	struct msg_installed_record list[8];

	return (unsigned)yield_take(&in->yield, list, 8);
}

START_TEST(a_stop_keeps_answering_and_says_nothing)
{
	struct instance *in = master();

	instance_leave(in, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_INIT);
	ck_assert(instance_state(in).yielding);
	ck_assert_uint_eq(net.zeros, 1);
	instance_on_iface(in, &iface, T0); /* does not start again */
	ck_assert_int_eq(in->vrrp.state, VRRP_INIT);
	hear_advert(in, 100, T0 + 1000);
	hear_garp(in, 5, T0 + 2000);
	ck_assert_uint_eq(released(in), 1);
	hear_garp(in, 6, T0 + 3000);
	ck_assert(!instance_state(in).yielding);
	ck_assert_uint_eq(instance_announce(in, 9, 100, T0 + 60 * US_PER_S), 0);
	ck_assert_uint_eq(net.adverts, 1);
	instance_free(in, T0);
	ck_assert_uint_eq(net.adverts, 1);
}
END_TEST

/* ---- use_vmac: the same MAC here and there ---- */

static struct iface macvlan;

/* Its addresses are on a macvlan, which comes up last. */
static struct instance *
vmac_master(void)
{
	static const uint8_t mac[6] = { 0, 0, 0x5e, 0, 1, 7 };
	struct instance *in = router(RESUME_MASTER);

	in->conf.head.vmac_adverts = 1;
	memcpy(in->conf.head.vmac, mac, sizeof(mac));
	macvlan = (struct iface){ .info = { .ifindex = 9, .heard_for = 4 } };
	memcpy(macvlan.info.mac, mac, sizeof(mac));
	memset(&net, 0, sizeof(net));
	instance_expire(in, T0);
	for (uint8_t last = 5; last <= 6; last++) {
		struct ipaddr a = host(last);

		outlets_install(&in->outlets, 9, &macvlan, &a, T0);
	}
	return in;
}

static void
hear_garp_there(struct instance *in, uint8_t last, const uint8_t *mac, uint64_t now)
{
	struct neighbour n = { .kind = NEIGHBOUR_ANNOUNCES, .addr = host(last) };

	memcpy(n.mac, mac, sizeof(n.mac));
	instance_yield_neighbour(in, &macvlan, &n, now);
}

START_TEST(nothing_comes_from_the_virtual_mac_before_the_macvlan_is_up)
{
	struct instance *in = vmac_master();

	ck_assert_uint_eq(instance_announce(in, 9, 100, T0), 0);
	instance_expire(in, T0 + 100000);
	ck_assert_uint_eq(net.adverts, 2);
	ck_assert_uint_eq(net.frames, 0);
	macvlan.info.usable = 1;
	ck_assert_uint_eq(instance_announce(in, 9, 100, T0 + 100000), 2);
	instance_expire(in, T0 + 200000);
	ck_assert_uint_eq(net.frames, 3);
	ck_assert_uint_eq(net.adverts, 2);
	instance_free(in, T0);
}
END_TEST

START_TEST(one_announcement_from_the_virtual_mac_takes_everything)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
	struct instance *in = vmac_master();

	instance_hand_over(in, HANDOVER_BEGIN, T0);
	hear_advert(in, 100, T0 + 1000);
	ck_assert_uint_eq(released(in), 0);
	hear_garp_there(in, 5, macvlan.info.mac, T0 + 6000);
	ck_assert_uint_eq(released(in), 2);
	ck_assert(!instance_state(in).yielding);
	ck_assert_int_eq(in->yield.report.result, YIELD_DONE);
	ck_assert_uint_eq(in->yield.report.announced, 2);
	instance_free(in, T0);

	in = vmac_master();
	instance_hand_over(in, HANDOVER_BEGIN, T0);
	hear_advert(in, 100, T0 + 1000);
	hear_garp_there(in, 5, other, T0 + 6000); /* has no virtual MAC */
	ck_assert_uint_eq(released(in), 1);
	ck_assert(instance_state(in).yielding);
	instance_free(in, T0);
}
END_TEST

START_TEST(an_advert_from_the_virtual_mac_takes_everything)
{
	struct advert_packet p = { .src = host(20), .vmac_ifindex = 9 };
	struct advert a = { .version = 3, .priority = 250, .advert_us = 100000 };
	struct instance *in = vmac_master();

	instance_hand_over(in, HANDOVER_BEGIN, T0);
	instance_on_advert(in, &p, &a, T0 + 1000);
	ck_assert_uint_eq(released(in), 2);
	ck_assert_int_eq(in->yield.report.result, YIELD_DONE);
	instance_free(in, T0);

	in = vmac_master();
	instance_on_advert(in, &p, &a, T0 + 1000);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(released(in), 2);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_stop_without_a_successor_ends)
{
	struct instance *in = master();

	instance_leave(in, T0);
	ck_assert_uint_le(instance_deadline(in, T0), T0 + WAIT + 100 * US_PER_MS);
	instance_expire(in, instance_deadline(in, T0));
	ck_assert(!instance_state(in).yielding);
	ck_assert_int_eq(in->yield.report.result, YIELD_NOBODY);
	instance_free(in, T0);
}
END_TEST

START_TEST(who_holds_nothing_stops_at_once)
{
	struct instance *in = router(RESUME_MASTER);

	instance_expire(in, T0);
	instance_leave(in, T0);
	ck_assert_uint_eq(net.zeros, 1);
	ck_assert(!in->yield.active);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_better_advert_begins_it_without_priority_0)
{
	struct instance *in = master();

	hear_advert(in, 250, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert(instance_state(in).yielding);
	ck_assert_uint_eq(net.zeros, 0);
	ck_assert_uint_eq(yield_deadline(&in->yield), T0 + YIELD_ANNOUNCE_US);
	hear_garp(in, 5, T0 + 1000);
	hear_garp(in, 6, T0 + 1000);
	ck_assert_uint_eq(released(in), 2);
	ck_assert(!in->yield.report.planned);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_handover_nobody_wants_keeps_every_address)
{
	struct instance *in = master();

	instance_hand_over(in, HANDOVER_BEGIN, T0);
	for (uint64_t now = T0; in->vrrp.state != VRRP_MASTER;) {
		ck_assert(instance_state(in).yielding);
		now = instance_deadline(in, now);
		instance_expire(in, now);
	}
	ck_assert_int_eq(in->yield.report.result, YIELD_KEPT);
	ck_assert_uint_eq(released(in), 0);
	ck_assert_uint_eq(net.zeros, 1);
	/* and it says again that it has them */
	ck_assert_uint_eq(instance_announce(in, 9, 100, T0 + 2 * US_PER_S), 2);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_fault_ends_it)
{
	struct instance *in = master();

	instance_hand_over(in, HANDOVER_BEGIN, T0);
	iface.info.usable = 0;
	instance_on_iface(in, &iface, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert(!instance_state(in).yielding);
	instance_free(in, T0);

	in = master();
	iface.info.usable = 0;
	instance_on_iface(in, &iface, T0);
	ck_assert(!in->yield.active);
	instance_free(in, T0);
}
END_TEST

START_TEST(an_engine_that_starts_in_the_middle_goes_on)
{
	struct instance *in = router(RESUME_YIELDING);
	struct msg_installed_record at = { .addr = host(5), .ifindex = 4 };

	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert(instance_state(in).yielding && instance_state(in).handed_over);
	yield_hold(&in->yield, &at);
	hear_advert(in, 100, T0 + 1000);
	hear_garp(in, 5, T0 + 2000);
	ck_assert_uint_eq(released(in), 1);
	ck_assert_int_eq(in->yield.report.result, YIELD_DONE);
	ck_assert_uint_eq(net.zeros, 0);
	instance_hand_over(in, HANDOVER_FORGET, T0);
	ck_assert(!instance_state(in).handed_over);
	instance_free(in, T0);
}
END_TEST

START_TEST(asked_in_vain_it_answers)
{
	struct instance *in = router(RESUME_NOTHING);
	struct msg_yielded m;

	instance_hand_over(in, HANDOVER_BEGIN, T0);
	ck_assert(yield_report(&in->yield, &m));
	ck_assert_int_eq(m.result, YIELD_BROKEN);
	instance_free(in, T0);
}
END_TEST

UNIT_MAIN("instance_yield", a_stop_keeps_answering_and_says_nothing,
    nothing_comes_from_the_virtual_mac_before_the_macvlan_is_up,
    one_announcement_from_the_virtual_mac_takes_everything,
    an_advert_from_the_virtual_mac_takes_everything, a_stop_without_a_successor_ends,
    who_holds_nothing_stops_at_once, a_better_advert_begins_it_without_priority_0,
    a_handover_nobody_wants_keeps_every_address, a_fault_ends_it,
    an_engine_that_starts_in_the_middle_goes_on, asked_in_vain_it_answers)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtual router sends, hears and counts; faults: test_instance_faults.c. */
#include "engine/instance.h"

#include <errno.h>
#include <string.h>

#include "cursor.h"
#include "lone_router.h"
#include "mem.h"

/* P1, P2: before and after a refused packet the router is the same. */
START_TEST(a_refused_packet_changes_a_counter_and_nothing_else)
{
	struct ipaddr vip = ip("192.0.2.5");
	struct instance *routers[2];

	setup();
	routers[0] = router();
	routers[1] = master();
	for (int state = 0; state < 2; state++)
		outlets_install(&routers[state]->outlets, 4, &iface, &vip, T0);
	for (int state = 0; state < 2; state++)
		for (int damage = 0; damage < 7; damage++) {
			struct instance *in = routers[state];
			uint8_t message[64];
			struct advert_packet p = packet_from("192.0.2.20", 200, message);
			struct vrrp before = in->vrrp;
			uint64_t deadline = instance_deadline(in, 0);
			uint64_t repair = in->outlets.first->pacing.lower_free_us;
			unsigned sent = net.adverts;
			enum advert_verdict v;

			if (damage == 0)
				p.ttl = 64;
			else if (damage == 1)
				message[0] = 0x21;
			else if (damage == 2)
				message[0] = 0x32;
			else if (damage == 3)
				message[7] ^= 1;
			else if (damage == 4)
				p.src = iface.info.primary4;
			else if (damage == 5)
				p.dst = iface.info.primary4;
			else
				p.len--;
			in->dirty = false;
			v = hear(in, &p, T0 + DOWN + 6000);
			ck_assert_int_ne(v, ADVERT_OK);
			ck_assert_uint_eq(in->counters.rx[v], 1);
			ck_assert_mem_eq(&in->vrrp, &before, sizeof(before));
			ck_assert_uint_eq(
			    in->outlets.first->pacing.lower_free_us, repair);
			ck_assert_uint_eq(instance_deadline(in, 0), deadline);
			ck_assert_uint_eq(net.adverts, sent);
			ck_assert(!in->dirty);
		}
	ck_assert_uint_eq(routers[0]->counters.value[COUNT_ADVERTS_RECEIVED], 0);
	instance_free(routers[0], T0);
	instance_free(routers[1], T0);
}
END_TEST

START_TEST(a_router_claims_then_takes_then_announces)
{
	struct ipaddr vip = ip("192.0.2.5");
	struct instance *in;

	setup();
	in = router();
	outlets_install(&in->outlets, 4, &iface, &vip, T0);
	pass(in, T0 + DOWN + 4999);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net.adverts, 1);
	ck_assert_uint_eq(net.frames, 0);
	pass(in, T0 + DOWN + 5000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_uint_eq(net.frames, 5);
	ck_assert_uint_eq(net.adverts, 1);
	ck_assert(ipaddr_eq(&net.src, &iface.info.primary4));
	ck_assert_uint_eq(in->counters.value[COUNT_ARP_SENT], 5);
	instance_free(in, T0);
}
END_TEST

START_TEST(an_advert_behind_its_time_is_counted)
{
	struct instance *in;
	uint64_t due;

	setup();
	in = router();
	pass(in, T0 + DOWN + 5000);
	due = in->vrrp.adver_timer;
	instance_expire(in, due + 10000);
	ck_assert_uint_eq(in->counters.value[COUNT_ADVERTS_LATE], 0);
	ck_assert_uint_eq(in->counters.value[COUNT_LATENESS_US], 10000);
	due = in->vrrp.adver_timer;
	instance_expire(in, due + 10001);
	ck_assert_uint_eq(in->counters.value[COUNT_ADVERTS_LATE], 1);
	ck_assert_uint_eq(in->counters.value[COUNT_LATENESS_US], 20001);
	instance_expire(in, due + 10002);
	ck_assert_uint_eq(in->counters.value[COUNT_LATENESS_US], 20001);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_claim_that_meets_a_better_router_announces_nothing)
{
	struct ipaddr vip = ip("192.0.2.5");
	struct instance *in;

	setup();
	in = router();
	outlets_install(&in->outlets, 4, &iface, &vip, T0);
	pass(in, T0 + DOWN);
	in->dirty = false;
	hear_from(in, "192.0.2.9", 151, T0 + DOWN + 1000);
	pass(in, T0 + DOWN + 100000);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net.frames, 0);
	ck_assert_uint_eq(in->vrrp.claims_lost, 1);
	instance_free(in, T0);
}
END_TEST

START_TEST(equal_contents_change_nothing)
{
	struct instance_conf c = conf();
	struct instance *in;
	struct vrrp before;

	setup();
	in = master();
	before = in->vrrp;
	in->dirty = false;
	c.head.resume = 1;
	instance_configure(in, &c, &iface, T0 + 400000);
	ck_assert_mem_eq(&in->vrrp, &before, sizeof(before));
	ck_assert(!in->dirty);
	ck_assert_ptr_null(c.addrs);
	instance_free(in, T0);
}
END_TEST

START_TEST(other_addresses_are_in_the_next_advert_at_its_time)
{
	struct instance_conf c = conf();
	struct ipaddr a = ip("192.0.2.6");
	struct instance *in;
	uint64_t deadline;

	setup();
	in = master();
	deadline = instance_deadline(in, 0);
	instance_conf_add_addrs(&c, &a, 1);
	instance_configure(in, &c, &iface, T0 + 400000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_uint_eq(instance_deadline(in, 0), deadline);
	pass(in, deadline);
	ck_assert_uint_eq(net.len, 16);
	ck_assert_mem_eq(net.message + 12, a.bytes, 4);
	instance_free(in, T0);
}
END_TEST

START_TEST(another_identifier_is_another_router)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	in = master();
	c.head.vrid = 8;
	instance_configure(in, &c, &iface, T0 + 400000);
	ck_assert_uint_eq(net.message[1], 7); /* priority 0 for the old one */
	ck_assert_uint_eq(net.message[2], 0);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(instance_deadline(in, 0), T0 + 400000 + DOWN);
	instance_free(in, T0);
}
END_TEST

/* What a reload may change of a master, and whether it stays one. */
struct change {
	const char *what;
	size_t at; /* of one byte in struct msg_instance */
	uint8_t value;
	bool stays;
};
#define CHANGE(field, value, stays)                                                      \
	{                                                                                \
#field, offsetof(struct msg_instance, field), value, stays               \
	}

static const struct change changes[] = {
	CHANGE(name, 'x', true),
	CHANGE(group, 'g', true),
	CHANGE(priority, 1, true),
	CHANGE(priority, 255, true),
	CHANGE(preempt, 0, true),
	CHANGE(checksum_as_v2, 1, true),
	CHANGE(hold, HOLD_LIST, true),
	CHANGE(hold, HOLD_TRACKER, true),
	CHANGE(hold, HOLD_DELAY, true),
	CHANGE(garp_repeat, 1, true),
	CHANGE(bands, 1, true),
	CHANGE(down_adverts, 9, true),
	CHANGE(lower_prio_no_advert, 1, true),
	CHANGE(owner_ignore_adverts, 1, true),
	CHANGE(owner_waits, 1, true),
	CHANGE(no_addresses, 1, true),
	CHANGE(unicast, 1, true),
	CHANGE(unicast_ttl, 9, true),
	CHANGE(hmac_mode, HMAC_ENFORCE, true),
	CHANGE(ignore_link, 1, true),
	CHANGE(handed_over, 1, true),
	CHANGE(resume, RESUME_MASTER, true),
	/* Another router, or none. */
	CHANGE(vrid, 8, false),
	CHANGE(version, 2, false),
	CHANGE(interface, 'x', false),
	CHANGE(tracker_failed, 1, false),
};

START_TEST(a_reload_costs_mastership_only_where_it_is_another_router)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		const struct change *ch = &changes[i];
		struct instance_conf c = conf();
		struct instance *in;
		uint64_t now = T0 + 400000, since;

		setup();
		in = master();
		since = in->vrrp.since_us;
		((uint8_t *)&c.head)[ch->at] = ch->value;
		instance_configure(in, &c, &iface, now);
		pass(in, now + 90000);
		ck_assert_msg((in->vrrp.state == VRRP_MASTER) == ch->stays, "%s = %u",
		    ch->what, ch->value);
		ck_assert_msg((in->vrrp.since_us == since) == ch->stays, "%s", ch->what);
		instance_free(in, now);
	}
}
END_TEST

START_TEST(without_addresses_the_interfaces_own_is_advertised)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.n_addrs = 0;
	in = instance_new(&c, &iface, T0);
	pass(in, T0 + DOWN);
	ck_assert_uint_eq(net.len, 12);
	ck_assert_mem_eq(net.message + 8, iface.info.primary4.bytes, 4);
	instance_free(in, T0);
}
END_TEST

/* no_virtual_ipaddress: V12 holds for everybody else. */
START_TEST(a_router_without_addresses_says_and_takes_an_empty_list)
{
	struct instance_conf c = conf();
	struct instance *in;
	struct advert_packet p;
	struct advert a;

	setup();
	c.n_addrs = 0;
	c.head.no_addresses = 1;
	in = instance_new(&c, &iface, T0);
	pass(in, T0 + DOWN);
	ck_assert_uint_eq(net.len, 8);
	ck_assert_uint_eq(net.message[3], 0);
	ck_assert_uint_eq(net.ttl, 255);
	/* Its own, as another would have sent it. */
	p = (struct advert_packet){ .src = ip("192.0.2.20"),
		.dst = net.dst,
		.ttl = 255,
		.vrid = 7,
		.message = net.message,
		.len = net.len };
	net.message[6] = net.message[7] = 0;
	{
		uint16_t sum = checksum_fold(checksum_add(0, net.message, net.len));

		net.message[6] = (uint8_t)(sum >> 8);
		net.message[7] = (uint8_t)sum;
	}
	ck_assert_int_eq(instance_read(in, &p, &a), ADVERT_OK);
	in->policy.takes_empty = false;
	ck_assert_int_eq(instance_read(in, &p, &a), ADVERT_COUNT);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_small_mtu_cuts_the_list)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	for (uint8_t i = 0; i < 30; i++) {
		struct ipaddr a = ipaddr_from4((uint8_t[4]){ 10, 0, 0, i });

		instance_conf_add_addrs(&c, &a, 1);
	}
	iface.info.mtu = 68;
	in = instance_new(&c, &iface, T0);
	pass(in, T0 + DOWN);
	ck_assert_uint_eq(net.len, 48);
	ck_assert_uint_eq(net.message[3], 10);
	instance_free(in, T0);
}
END_TEST

START_TEST(unicast_goes_to_every_peer_and_one_may_be_away)
{
	struct msg_peer_record peers[2] = {
		{ .addr = ip("192.0.2.20"), .min_ttl = 255, .max_ttl = 255 },
		{ .addr = ip("192.0.2.21"), .min_ttl = 255, .max_ttl = 255 },
	};
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.unicast = 1;
	c.head.unicast_src = ip("192.0.2.12");
	c.head.unicast_ttl = 64;
	instance_conf_add_peers(&c, peers, 2);
	in = instance_new(&c, &iface, T0);
	pass(in, T0 + DOWN);
	ck_assert_uint_eq(net.adverts, 2);
	ck_assert_uint_eq(net.ttl, 64);
	ck_assert(ipaddr_eq(&net.dst, &peers[1].addr));
	ck_assert(ipaddr_eq(&net.src, &in->conf.head.unicast_src));
	net.refuse = peers[1].addr;
	pass(in, T0 + DOWN + 2 * US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_uint_eq(net.adverts, 22);
	instance_free(in, T0);
}
END_TEST

START_TEST(what_is_odd_about_good_adverts_is_counted)
{
	struct ipaddr addr = ip("192.0.2.99");
	struct advert a = {
		.family = AF_INET,
		.version = 3,
		.priority = 255,
		.advert_us = 200000,
		.n_addrs = 1,
		.addrs = addr.bytes,
		.checksum = CHECKSUM_PSEUDO,
	};
	struct advert_packet p = { .src = ip("192.0.2.20") };
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.priority = 255;
	in = instance_new(&c, &iface, T0);
	instance_on_advert(in, &p, &a, T0);
	ck_assert_uint_eq(in->counters.value[COUNT_ADDRESSES_DIFFER], 1);
	ck_assert_uint_eq(in->counters.value[COUNT_INTERVAL_DIFFERS], 1);
	ck_assert_uint_eq(in->counters.value[COUNT_DUPLICATE_OWNER], 1);
	ck_assert_uint_eq(in->counters.value[COUNT_CHECKSUM_PSEUDO], 1);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP); /* erratum 8298 */
	instance_free(in, T0);
}
END_TEST

START_TEST(counters_have_names_and_add_those_of_the_interface)
{
	struct msg_counter list[COUNTERS_LIST_MAX];
	struct instance *in;
	bool seen = false;
	size_t n;

	setup();
	in = router();
	in->counters.rx[ADVERT_CHECKSUM] = 3;
	iface.ports[0].counters.rx[ADVERT_VRID] = 4;
	n = instance_counters(in, list);
	ck_assert_uint_le(n, COUNTERS_LIST_MAX);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_gt(strlen(list[i].name), 0);
		if (!strcmp(list[i].name, "rx_vrid"))
			seen = list[i].value == 4;
		if (!strcmp(list[i].name, "rx_checksum"))
			ck_assert_uint_eq(list[i].value, 3);
	}
	ck_assert(seen);
	instance_free(in, T0);
}
END_TEST

UNIT_MAIN("instance", a_refused_packet_changes_a_counter_and_nothing_else,
    a_router_claims_then_takes_then_announces, an_advert_behind_its_time_is_counted,
    a_claim_that_meets_a_better_router_announces_nothing, equal_contents_change_nothing,
    other_addresses_are_in_the_next_advert_at_its_time,
    another_identifier_is_another_router,
    a_reload_costs_mastership_only_where_it_is_another_router,
    without_addresses_the_interfaces_own_is_advertised,
    a_router_without_addresses_says_and_takes_an_empty_list, a_small_mtu_cuts_the_list,
    unicast_goes_to_every_peer_and_one_may_be_away,
    what_is_odd_about_good_adverts_is_counted,
    counters_have_names_and_add_those_of_the_interface)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router on an interface without a network: io.h is played here, so
 * that what is sent can be looked at and made to fail.
 */
#include "engine/instance.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "cursor.h"
#include "engine/instance_note.h"
#include "engine/io.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define DOWN 341406 /* priority 150 at 100 ms */

static struct {
	unsigned adverts;
	unsigned frames;
	uint8_t ttl;
	int error; /* of the next sends */
	uint8_t message[ADVERT_LEN_MAX];
	size_t len;
	struct ipaddr src;
	struct ipaddr dst;
	struct ipaddr refuse; /* this destination alone */
} net;

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
	(void)fd;
	net.ttl = ttl;
	ck_assert_uint_eq(ifindex, 4);
	if (net.error || ipaddr_eq(dst, &net.refuse))
		return net.error ? net.error : -EHOSTUNREACH;
	net.adverts++;
	memcpy(net.message, message, len);
	net.len = len;
	net.src = *src;
	net.dst = *dst;
	return 0;
}

int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	(void)fd;
	(void)ifindex;
	(void)frame;
	(void)len;
	net.frames++;
	return 0;
}

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

static struct iface iface;

static void
setup(void)
{
	memset(&net, 0, sizeof(net));
	memset(&iface, 0, sizeof(iface));
	iface.info = (struct msg_interface){
		.ifindex = 4,
		.mtu = 1500,
		.name = "eth0",
		.usable = 1,
		.primary4 = ip("192.0.2.10"),
		.linklocal6 = ip("fe80::10"),
	};
	for (int f = 0; f < 2; f++)
		iface.ports[f].rx = iface.ports[f].tx = 100;
}

static struct instance_conf
conf(void)
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
			.priority = 150,
			.preempt = 1,
			.garp_repeat = 5,
			.down_adverts = 3,
			.unicast_ttl = 255,
			.advert_us = 100000,
		},
	};
	struct ipaddr a = ip("192.0.2.5");

	instance_conf_add_addrs(&c, &a, 1);
	return c;
}

static struct instance *
router(void)
{
	struct instance_conf c = conf();

	return instance_new(&c, &iface, T0);
}

/* Lets time pass, timer by timer. */
static void
pass(struct instance *in, uint64_t until)
{
	while (instance_deadline(in, 0) <= until) {
		uint64_t at = instance_deadline(in, 0);

		instance_expire(in, at);
		instance_announce(in, 9, 1000, at);
	}
}

static struct instance *
master(void)
{
	struct instance *in = router();

	pass(in, T0 + DOWN + 5000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	return in;
}

static struct advert_packet
packet_from(const char *src, uint8_t priority, uint8_t *message)
{
	struct ipaddr addr = ip("192.0.2.5");
	struct advert a = {
		.family = AF_INET,
		.version = 3,
		.vrid = 7,
		.priority = priority,
		.advert_us = 100000,
		.n_addrs = 1,
		.addrs = addr.bytes,
	};
	struct advert_packet p = {
		.src = ip(src),
		.dst = advert_group(AF_INET),
		.ttl = 255,
		.vrid = 7,
		.message = message,
	};

	p.len = advert_write(&a, &p.src, &p.dst, NULL, 0, message);
	return p;
}

static enum advert_verdict
hear(struct instance *in, const struct advert_packet *p, uint64_t now)
{
	struct advert a;
	enum advert_verdict v = instance_read(in, p, &a);

	if (v == ADVERT_OK)
		instance_on_advert(in, p, &a, now);
	else
		instance_note_drop(in, p, v, now);
	return v;
}

static void
hear_from(struct instance *in, const char *src, uint8_t priority, uint64_t now)
{
	uint8_t message[64];
	struct advert_packet p = packet_from(src, priority, message);

	ck_assert_int_eq(hear(in, &p, now), ADVERT_OK);
}

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

START_TEST(faults_have_their_reasons_and_resign)
{
	struct instance *in;
	uint64_t now = T0 + 400000;

	setup();
	in = master();
	iface.info.usable = 0;
	instance_on_iface(in, &iface, now);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_LINK_DOWN);
	ck_assert_uint_eq(net.message[2], 0);
	ck_assert_uint_eq(in->counters.value[COUNT_PRIORITY_ZERO_SENT], 1);
	iface.info.usable = 1;
	iface.info.primary4 = (struct ipaddr){ 0 };
	instance_on_iface(in, &iface, now);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_NO_ADDRESS);
	instance_on_iface(in, NULL, now);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_NO_INTERFACE);
	ck_assert_uint_eq(instance_deadline(in, 0), VRRP_NEVER);
	iface.info.primary4 = ip("192.0.2.11");
	instance_on_iface(in, &iface, now + 1);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(instance_deadline(in, 0), now + 1 + DOWN);
	pass(in, now + US_PER_S);
	ck_assert(ipaddr_eq(&net.src, &iface.info.primary4));
	instance_free(in, T0);
}
END_TEST

START_TEST(the_source_that_is_gone_is_the_source_of_the_resignation)
{
	struct ipaddr before;
	struct instance *in;

	setup();
	in = master();
	before = iface.info.primary4;
	iface.info.primary4 = (struct ipaddr){ 0 };
	instance_on_iface(in, &iface, T0 + 400000);
	ck_assert_uint_eq(net.message[2], 0);
	ck_assert(ipaddr_eq(&net.src, &before));
	instance_free(in, T0);
}
END_TEST

START_TEST(three_lost_adverts_are_a_fault_that_is_tried_again)
{
	struct instance *in;
	uint64_t failed;

	setup();
	in = master();
	net.error = -ENOBUFS;
	pass(in, T0 + DOWN + 299999);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	pass(in, T0 + DOWN + 300000);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_SEND_FAILED);
	failed = T0 + DOWN + 300000;
	/* Back after a second; the claim cannot be sent: again, longer. */
	pass(in, failed + US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	pass(in, failed + US_PER_S + DOWN);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_uint_eq(instance_deadline(in, 0), failed + 3 * US_PER_S + DOWN);
	ck_assert_uint_eq(in->counters.value[COUNT_BECAME_MASTER], 1);
	net.error = 0;
	pass(in, failed + 5 * US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_uint_eq(in->send_failures, 0);
	instance_free(in, T0);
}
END_TEST

START_TEST(held_until_told_otherwise)
{
	struct instance_conf c = conf(), d = conf();
	struct instance *in;

	setup();
	c.head.hold = 1;
	in = instance_new(&c, &iface, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_INIT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_HOLD);
	ck_assert_uint_eq(instance_deadline(in, 0), VRRP_NEVER);
	instance_configure(in, &d, &iface, T0 + 1000);
	ck_assert_uint_eq(instance_deadline(in, 0), T0 + 1000 + DOWN);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_hold_does_not_stop_a_router_that_runs)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	in = master();
	c.head.hold = 1;
	instance_configure(in, &c, &iface, T0 + 400000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	instance_free(in, T0);
}
END_TEST

/* I10 */
START_TEST(a_restarted_engine_resumes_with_an_advert_at_once)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.resume = 1;
	in = instance_new(&c, &iface, T0);
	ck_assert_uint_eq(instance_deadline(in, 0), T0);
	pass(in, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_RESUMED);
	ck_assert_uint_eq(net.adverts, 1);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_restarted_engine_follows_a_better_master_it_finds)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.resume = 1;
	in = instance_new(&c, &iface, T0);
	hear_from(in, "192.0.2.20", 200, T0);
	pass(in, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net.adverts, 0);
	instance_free(in, T0);
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

START_TEST(impossible_routers_are_refused)
{
	struct instance_conf good = conf(), c;

	ck_assert_ptr_null(instance_conf_check(&good));
	c = good;
	c.head.version = 1;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.family = AF_INET6;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.vrid = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.priority = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.advert_us = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.unicast_src = ip("fe80::1");
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	instance_conf_free(&good);
}
END_TEST

UNIT_MAIN("instance", a_refused_packet_changes_a_counter_and_nothing_else,
    a_router_claims_then_takes_then_announces, an_advert_behind_its_time_is_counted,
    a_claim_that_meets_a_better_router_announces_nothing, equal_contents_change_nothing,
    other_addresses_are_in_the_next_advert_at_its_time,
    another_identifier_is_another_router, faults_have_their_reasons_and_resign,
    the_source_that_is_gone_is_the_source_of_the_resignation,
    three_lost_adverts_are_a_fault_that_is_tried_again, held_until_told_otherwise,
    a_hold_does_not_stop_a_router_that_runs,
    a_restarted_engine_resumes_with_an_advert_at_once,
    a_restarted_engine_follows_a_better_master_it_finds,
    without_addresses_the_interfaces_own_is_advertised,
    a_router_without_addresses_says_and_takes_an_empty_list, a_small_mtu_cuts_the_list,
    unicast_goes_to_every_peer_and_one_may_be_away,
    what_is_odd_about_good_adverts_is_counted,
    counters_have_names_and_add_those_of_the_interface, impossible_routers_are_refused)

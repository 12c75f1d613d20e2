/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The election's part of a handover, and how a virtual router binds it to what
 * it holds and hears (instance_yield.h). io.h is played here.
 */
#include "engine/instance_yield.h"

#include <errno.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine/io.h"
#include "mem.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define WAIT (1500 * US_PER_MS)

static unsigned zeros, adverts, frames;

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
	(void)ifindex;
	(void)src;
	(void)dst;
	(void)ttl;
	(void)len;
	adverts++;
	zeros += ((const uint8_t *)message)[2] == 0;
	return 0;
}

int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	(void)fd;
	(void)ifindex;
	(void)frame;
	(void)len;
	frames++;
	return 0;
}

static struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

/* ---- the election alone ---- */

static struct vrrp_actions done;

static void
step(struct vrrp *r, enum vrrp_event_type type, uint64_t now)
{
	struct vrrp_event ev = { .type = type, .reason = VRRP_REASON_LINK_DOWN };

	vrrp_step(r, &ev, now, &done);
}

static void
advert(struct vrrp *r, uint8_t priority, uint64_t now)
{
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT };

	ev.advert.priority = priority;
	ev.advert.source = host(20);
	ev.advert.advert_us = 100000;
	vrrp_step(r, &ev, now, &done);
}

static struct vrrp
elected(uint8_t version, uint32_t advert_us)
{
	struct vrrp_config c = {
		.source = host(10),
		.version = version,
		.priority = 200,
		.preempt = true,
		.down_adverts = 3,
		.advert_us = advert_us,
	};
	struct vrrp r;

	vrrp_init(&r, &c, T0);
	step(&r, VRRP_EV_STARTUP, T0);
	step(&r, VRRP_EV_MASTER_DOWN_TIMER, T0);
	step(&r, VRRP_EV_CLAIM_TIMER, T0);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	return r;
}

START_TEST(a_master_that_hands_over_says_so_once_and_is_silent)
{
	struct vrrp r = elected(3, 100000);

	step(&r, VRRP_EV_HANDOVER, T0);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_HANDOVER);
	ck_assert_int_eq(done.list[0].type, VRRP_DO_SEND);
	ck_assert_int_eq(done.list[0].priority, 0);
	ck_assert_uint_eq(r.adver_timer, VRRP_NEVER);
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + WAIT);
}
END_TEST

START_TEST(only_a_master_hands_over)
{
	struct vrrp r = elected(3, 100000);

	step(&r, VRRP_EV_FAULT, T0);
	step(&r, VRRP_EV_HANDOVER, T0);
	ck_assert_int_eq(r.state, VRRP_FAULT);
	ck_assert_uint_eq(done.count, 0);
	step(&r, VRRP_EV_STARTUP, T0);
	step(&r, VRRP_EV_HANDOVER, T0);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_uint_eq(done.count, 0);
	ck_assert(!r.handed_over);
	step(&r, VRRP_EV_SHUTDOWN, T0);
	step(&r, VRRP_EV_HANDOVER, T0);
	ck_assert_int_eq(r.state, VRRP_INIT);
}
END_TEST

START_TEST(the_successor_has_its_skew_time_and_half_a_second)
{
	static const struct {
		uint8_t version;
		uint32_t advert_us;
		uint64_t wait_us;
	} cases[] = {
		{ 3, 10000, WAIT }, { 3, 1000000, WAIT }, { 3, 40000000, 40500000 },
		{ 2, 1000000, WAIT }, { 2, 255000000, WAIT }, /* its skew does not grow */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct vrrp r = elected(cases[i].version, cases[i].advert_us);

		ck_assert_uint_eq(vrrp_handover_wait(&r), cases[i].wait_us);
	}
}
END_TEST

START_TEST(nobody_takes_over_so_it_is_master_again)
{
	struct vrrp_config soft;
	struct vrrp r = elected(3, 100000);
	struct vrrp_event ev = { .type = VRRP_EV_CONFIG, .config = &soft };

	step(&r, VRRP_EV_HANDOVER, T0);
	soft = r.conf;
	soft.priority = 38; /* drained meanwhile: the wait is the same */
	vrrp_step(&r, &ev, T0, &done);
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + WAIT);
	vrrp_expire(&r, T0 + WAIT, &done);
	ck_assert_int_eq(done.list[0].priority, 38);
	vrrp_expire(&r, vrrp_deadline(&r), &done);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	ck_assert_int_eq(r.reason, VRRP_REASON_NOBODY);
	ck_assert(!r.handed_over);
}
END_TEST

START_TEST(it_does_not_preempt_until_the_new_master_is_gone)
{
	struct vrrp r = elected(3, 100000);

	step(&r, VRRP_EV_HANDOVER, T0);
	for (uint64_t now = T0; now < T0 + 10 * US_PER_S; now += 100000) {
		advert(&r, 100, now);
		ck_assert_uint_gt(vrrp_deadline(&r), now + 300000);
	}
	/* it resigns: from now on the lower one is preempted */
	advert(&r, 0, T0 + 10 * US_PER_S);
	ck_assert(!r.handed_over);
	advert(&r, 100, T0 + 10 * US_PER_S);
	ck_assert_uint_le(vrrp_deadline(&r), T0 + 10 * US_PER_S + 100000);

	/* it falls silent */
	r = elected(3, 100000);
	step(&r, VRRP_EV_HANDOVER, T0);
	advert(&r, 100, T0);
	vrrp_expire(&r, vrrp_deadline(&r), &done);
	ck_assert(!r.handed_over);
}
END_TEST

START_TEST(a_fault_in_between_does_not_make_it_preempt)
{
	struct vrrp r = elected(3, 100000);

	step(&r, VRRP_EV_HANDOVER, T0);
	step(&r, VRRP_EV_FAULT, T0);
	step(&r, VRRP_EV_STARTUP, T0);
	advert(&r, 100, T0 + 1000);
	ck_assert_uint_gt(vrrp_deadline(&r), T0 + 300000);
}
END_TEST

/* ---- bound to a router ---- */

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
	zeros = adverts = frames = 0;
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
	zeros = adverts = frames = 0;
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
	ck_assert_uint_eq(zeros, 1);
	instance_on_iface(in, &iface, T0); /* does not start again */
	ck_assert_int_eq(in->vrrp.state, VRRP_INIT);
	hear_advert(in, 100, T0 + 1000);
	hear_garp(in, 5, T0 + 2000);
	ck_assert_uint_eq(released(in), 1);
	hear_garp(in, 6, T0 + 3000);
	ck_assert(!instance_state(in).yielding);
	ck_assert_uint_eq(instance_announce(in, 9, 100, T0 + 60 * US_PER_S), 0);
	ck_assert_uint_eq(adverts, 1);
	instance_free(in, T0);
	ck_assert_uint_eq(adverts, 1);
}
END_TEST

START_TEST(with_a_virtual_mac_the_successors_advert_takes_everything)
{
	struct msg_installed_record at = { .addr = host(5), .ifindex = 4 };
	struct instance *in = master();

	in->conf.head.vmac_adverts = 1;
	instance_hand_over(in, HANDOVER_BEGIN, T0);
	ck_assert_uint_eq(released(in), 0);
	hear_advert(in, 100, T0 + 1000);
	ck_assert_uint_eq(released(in), 2);
	hear_advert(in, 100, T0 + 2000);
	yield_forget(&in->yield, &at);          /* vipd has removed it */
	ck_assert(instance_state(in).yielding); /* and the macvlan stays up */
	hear_garp(in, 5, T0 + 6000);
	hear_garp(in, 6, T0 + 6000);
	ck_assert_uint_eq(released(in), 0);
	ck_assert(!instance_state(in).yielding);
	ck_assert_int_eq(in->yield.report.result, YIELD_DONE);
	ck_assert_uint_eq(in->yield.report.announced, 2);
	instance_free(in, T0);

	in = master();
	in->conf.head.vmac_adverts = 1;
	hear_advert(in, 250, T0 + 1000);
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
	ck_assert_uint_eq(zeros, 1);
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
	ck_assert_uint_eq(zeros, 0);
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
	ck_assert_uint_eq(zeros, 1);
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
	ck_assert_uint_eq(zeros, 0);
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

UNIT_MAIN("handover", a_master_that_hands_over_says_so_once_and_is_silent,
    only_a_master_hands_over, the_successor_has_its_skew_time_and_half_a_second,
    nobody_takes_over_so_it_is_master_again,
    it_does_not_preempt_until_the_new_master_is_gone,
    a_fault_in_between_does_not_make_it_preempt, a_stop_keeps_answering_and_says_nothing,
    with_a_virtual_mac_the_successors_advert_takes_everything,
    a_stop_without_a_successor_ends, who_holds_nothing_stops_at_once,
    a_better_advert_begins_it_without_priority_0,
    a_handover_nobody_wants_keeps_every_address, a_fault_ends_it,
    an_engine_that_starts_in_the_middle_goes_on, asked_in_vain_it_answers)

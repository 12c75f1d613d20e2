/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The election's part of a handover. */
#include "engine/vrrp.h"

#include <sys/socket.h>

#include "clock.h"
#include "mem.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define WAIT (1500 * US_PER_MS)

static struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

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

UNIT_MAIN("handover", a_master_that_hands_over_says_so_once_and_is_silent,
    only_a_master_hands_over, the_successor_has_its_skew_time_and_half_a_second,
    nobody_takes_over_so_it_is_master_again,
    it_does_not_preempt_until_the_new_master_is_gone,
    a_fault_in_between_does_not_make_it_preempt)

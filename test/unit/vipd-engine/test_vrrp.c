/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers, options, changes and time that was lost; the tables: test_vrrp_cells.c. */
#include "engine/vrrp.h"

#include "unit.h"
#include "vrrp_router.h"

/* For sync groups, of which only one member waits for its Skew_Time. */
START_TEST(a_backup_is_ready_when_the_best_one_would_be_due)
{
	static const struct {
		uint8_t priority;
		uint64_t early;
	} cases[] = { { 1, 253 * 100000 / 256 }, { 150, 104 * 100000 / 256 }, { 254, 0 },
		{ 255, 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp_config c = config(3, cases[i].priority);
		uint64_t early;

		c.joint = true;
		reach(BACKUP, &c);
		early = r.master_down_timer - vrrp_ready_at(&r);
		ck_assert_uint_ge(early + 1, cases[i].early);
		ck_assert_uint_le(early, cases[i].early + 1);
		event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
		ck_assert_uint_eq(vrrp_ready_at(&r), VRRP_NEVER);
		event(VRRP_EV_CLAIM_TIMER, NOW);
		ck_assert_uint_eq(vrrp_ready_at(&r), VRRP_NEVER);
	}
}
END_TEST

/* ---- keepalived's options ---- */

START_TEST(down_timer_adverts_says_how_many_may_be_lost)
{
	struct vrrp_config c = config(3, 150);

	c.down_adverts = 1;
	reach(BACKUP, &c);
	ck_assert_uint_eq(r.master_down_timer, T0 + 100000 + SKEW3);
	c.down_adverts = 100;
	configure(&c, NOW);
	ck_assert_uint_eq(r.master_down_timer, T0 + 10000000 + SKEW3);
}
END_TEST

START_TEST(lower_prio_no_advert_discards_silently)
{
	struct vrrp_config c = config(3, 150);

	c.lower_silent = true;
	reach(MASTER, &c);
	hear(100, 20, 100000, NOW);
	ck_assert_str_eq(actions(), "reannounce");
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

START_TEST(higher_prio_send_advert_speaks_once_more_before_it_yields)
{
	struct vrrp_config c = config(3, 150);

	c.higher_advert = true;
	reach(MASTER, &c);
	hear(200, 20, 100000, NOW);
	ck_assert_str_eq(actions(), "send 150 silence report report");
	ck_assert_int_eq(r.state, VRRP_BACKUP);
}
END_TEST

/* V14: RFC 9568 7.1 discards, erratum 8298 processes, which is the default. */
START_TEST(an_owner_may_ignore_adverts)
{
	struct vrrp_config c = config(3, 255);

	c.owner_deaf = true;
	reach(MASTER, &c);
	hear(255, 20, 100000, NOW);
	ck_assert_uint_eq(done.count, 0);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	c.owner_deaf = false;
	configure(&c, NOW);
	hear(255, 20, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
}
END_TEST

/* C1 */
START_TEST(an_owner_that_says_backup_waits_as_others_do)
{
	struct vrrp_config c = config(3, 255);

	c.owner_waits = true;
	reach(FAULT, &c);
	event(VRRP_EV_STARTUP, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_uint_gt(vrrp_deadline(&r), NOW + 300000);
	hear(254, 20, 100000, NOW + 1); /* and preempts all the same */
	ck_assert_uint_lt(vrrp_deadline(&r), NOW + 301000);
	c.joint = true;
	reach(FAULT, &c);
	event(VRRP_EV_STARTUP, NOW);
	ck_assert_uint_gt(vrrp_deadline(&r), NOW);
}
END_TEST

/* C7 */
START_TEST(after_a_fault_nopreempt_still_needs_one_advert_in_time)
{
	struct vrrp_config c = config(3, 150);

	c.preempt = false;
	reach(FAULT, &c);
	event(VRRP_EV_STARTUP, NOW);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3);
	hear(100, 20, 100000, NOW + DOWN3 - 1);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3 - 1 + DOWN3);
}
END_TEST

/* ---- a router that did not run ---- */

/* Last advert T0, the quickest backup times out at 3 intervals and 2/256. */
#define SLEPT (T0 + 300781)

START_TEST(whoever_spoke_while_a_master_did_not_run_is_master)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	hear(100, 20, 100000, SLEPT - 1);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	ck_assert_str_eq(actions(), "send 150 reannounce");
	reach(MASTER, &c);
	hear(100, 20, 100000, SLEPT);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_OVERSLEPT);
	ck_assert_str_eq(actions(), "silence report report");
	ck_assert_uint_eq(vrrp_deadline(&r), SLEPT + DOWN3);
}
END_TEST

START_TEST(a_master_that_did_not_run_says_nothing_to_those_that_resigned_or_won)
{
	struct vrrp_config c = config(3, 150);

	c.higher_advert = true;
	reach(MASTER, &c);
	hear(0, 20, 100000, SLEPT);
	ck_assert_uint_eq(done.count, 0);
	hear(200, 20, 100000, SLEPT);
	ck_assert_str_eq(actions(), "silence report report");
}
END_TEST

START_TEST(a_master_that_nobody_missed_goes_on)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	vrrp_expire(&r, SLEPT + 10 * US_PER_S, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

/* vrrp.md T3's examples; 78.125 us at the shortest. */
START_TEST(skew_time_has_microseconds)
{
	struct {
		uint8_t version, priority;
		uint32_t advert_us;
		uint64_t skew;
	} const cases[] = {
		{ 3, 200, 1000000, 218750 },
		{ 3, 100, 1000000, 609375 },
		{ 3, 200, 100000, 21875 },
		{ 3, 100, 100000, 60937 },
		{ 3, 254, 10000, 78 },
		{ 3, 255, 1000000, 3906 },
		{ 3, 1, 40950000, 40790039 },
		{ 2, 200, 1000000, 218750 },
		{ 2, 200, 255000000, 218750 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp_config c = config(cases[i].version, cases[i].priority);

		c.advert_us = cases[i].advert_us;
		vrrp_init(&r, &c, T0);
		ck_assert_uint_eq(vrrp_skew_time(&r), cases[i].skew);
		ck_assert_uint_eq(vrrp_master_down_interval(&r),
		    UINT64_C(3) * c.advert_us + cases[i].skew);
	}
}
END_TEST

START_TEST(the_claim_window_is_a_twentieth_at_most_5_ms)
{
	struct vrrp_config c = config(3, 150);

	c.advert_us = 10000;
	vrrp_init(&r, &c, T0);
	ck_assert_uint_eq(vrrp_claim_window(&r), 500);
	c.advert_us = 1000000;
	vrrp_init(&r, &c, T0);
	ck_assert_uint_eq(vrrp_claim_window(&r), 5000);
}
END_TEST

START_TEST(a_learned_interval_ends_with_the_masters_mastership)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	hear(200, 20, 3000000, T0);
	ck_assert_uint_eq(r.master_adver_us, 3000000);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW + 5000);
	ck_assert_uint_eq(r.adver_timer, NOW + 100000);
	ck_assert_uint_eq(r.master_adver_us, 100000);
	ck_assert(ipaddr_eq(&r.master, &c.source));
}
END_TEST

START_TEST(adverts_keep_their_period_although_timers_are_late)
{
	struct vrrp_config c = config(3, 150);
	uint64_t first;

	reach(MASTER, &c);
	first = r.adver_timer;
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_uint_eq(r.adver_timer, first + i * 100000u);
		vrrp_expire(&r, r.adver_timer + i % 7 * 9000, &done);
		ck_assert_str_eq(actions(), "send 150");
	}
}
END_TEST

START_TEST(a_missed_period_is_not_made_up_for)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	vrrp_expire(&r, r.adver_timer + 5 * US_PER_S, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_uint_eq(r.adver_timer, T0 + 100000 + 5 * US_PER_S + 100000);
}
END_TEST

START_TEST(nothing_expires_before_its_time)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + DOWN3);
	vrrp_expire(&r, T0 + DOWN3 - 1, &done);
	ck_assert_uint_eq(done.count, 0);
	vrrp_expire(&r, T0 + DOWN3, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + DOWN3 + 5000);
}
END_TEST

START_TEST(a_lost_claim_touches_nothing)
{
	struct vrrp_config c = config(3, 150);
	uint64_t since;

	reach(CLAIMING, &c);
	since = r.since_us;
	hear(150, 11, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_STARTUP);
	ck_assert_uint_eq(r.since_us, since);
	ck_assert_uint_eq(r.transitions, 0);
	ck_assert_uint_eq(r.claims_lost, 1);
}
END_TEST

/* P2, P3: neither silence nor a storm comes of valid lower adverts. */
START_TEST(a_flood_of_lower_adverts_neither_silences_nor_is_amplified)
{
	struct vrrp_config c = config(3, 150);
	unsigned answers = 0, periodic = 0;

	reach(MASTER, &c);
	for (uint64_t now = T0; now < T0 + US_PER_S; now += 10) {
		vrrp_expire(&r, now, &done);
		periodic += done.count;
		hear(100, 20, 100000, now);
		answers += strstr(actions(), "send") != NULL;
	}
	ck_assert_uint_eq(periodic, 9);
	ck_assert_uint_eq(answers, 200);
}
END_TEST

START_TEST(a_new_master_answers_at_once_whatever_its_claim_answered)
{
	struct vrrp_config c = config(3, 150);

	reach(CLAIMING, &c);
	hear(100, 20, 100000, T0 + 4999);
	ck_assert_str_eq(actions(), "send 150");
	event(VRRP_EV_CLAIM_TIMER, T0 + 5000);
	hear(100, 20, 100000, T0 + 5001);
	ck_assert_str_eq(actions(), "send 150 reannounce");
}
END_TEST

START_TEST(resignations_do_not_put_a_takeover_off)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	for (uint64_t now = T0; now < T0 + SKEW3; now += 100)
		hear(0, 20, 100000, now);
	ck_assert_uint_eq(r.master_down_timer, T0 + SKEW3);
	event(VRRP_EV_MASTER_DOWN_TIMER, T0 + SKEW3);
	event(VRRP_EV_CLAIM_TIMER, T0 + SKEW3 + 5000);
	ck_assert_int_eq(r.reason, VRRP_REASON_RESIGNED);
}
END_TEST

START_TEST(the_reason_says_why_a_router_did_not_resume)
{
	static const struct {
		uint8_t heard;
		bool nopreempt;
		enum vrrp_reason reason;
	} cases[] = { { 200, false, VRRP_REASON_HIGHER_PRIORITY },
		{ 150, false, VRRP_REASON_HIGHER_ADDRESS },
		{ 100, true, VRRP_REASON_OVERSLEPT } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp_config c = config(3, 150);

		c.preempt = !cases[i].nopreempt;
		reach(RESUMING, &c);
		hear(cases[i].heard, 20, 100000, NOW);
		ck_assert_int_eq(r.state, VRRP_BACKUP);
		ck_assert_int_eq(r.reason, cases[i].reason);
	}
}
END_TEST

START_TEST(the_reason_says_why_a_router_became_master)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	hear(100, 20, 100000, NOW);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_PREEMPT);
	hear(200, 20, 100000, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_PRIORITY);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_TIMEOUT);
	hear(150, 20, 100000, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_ADDRESS);
	ck_assert_uint_eq(r.transitions, 2);
}
END_TEST

START_TEST(nopreempt_does_not_protect_a_master_in_the_soft_band)
{
	struct vrrp_config c = config(3, 150);

	c.preempt = false;
	c.bands = true;
	reach(BACKUP, &c);
	hear(49, 20, 100000, T0 + 100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + DOWN3);
	hear(50, 20, 100000, T0 + 100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + 100000 + DOWN3);
	/* A router that is soft itself has no better claim. */
	c.priority = 40;
	reach(BACKUP, &c);
	hear(30, 20, 100000, T0 + 100000);
	ck_assert_uint_gt(r.master_down_timer, T0 + 300000 + 100000);
	ck_assert_uint_eq(r.master_priority, 30);
}
END_TEST

/* C6 */
START_TEST(preempt_delay_counts_from_the_first_lower_advert)
{
	struct vrrp_config c = config(3, 150);
	uint64_t now = T0, last = 0;

	c.preempt_delay_us = US_PER_S;
	reach(BACKUP, &c);
	for (; now < T0 + 1300000; now += 100000) {
		hear(100, 20, 100000, now);
		if (now < T0 + US_PER_S)
			last = now;
	}
	ck_assert_uint_eq(r.master_down_timer, last + DOWN3);
}
END_TEST

START_TEST(a_higher_advert_starts_preempt_delay_anew)
{
	struct vrrp_config c = config(3, 150);

	c.preempt_delay_us = US_PER_S;
	reach(BACKUP, &c);
	hear(100, 20, 100000, T0);
	hear(200, 21, 100000, T0 + 900000);
	hear(100, 20, 100000, T0 + 1100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + 1100000 + DOWN3);
}
END_TEST

START_TEST(preempt_delay_does_not_delay_a_takeover_from_silence)
{
	struct vrrp_config c = config(3, 150);

	c.preempt_delay_us = 1000 * US_PER_S;
	reach(BACKUP, &c);
	hear(100, 20, 100000, NOW);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3);
	vrrp_expire(&r, NOW + DOWN3, &done);
	ck_assert_str_eq(actions(), "send 150");
}
END_TEST

/* T8 */
START_TEST(an_owner_preempts_whatever_is_configured)
{
	struct vrrp_config c = config(3, 255);

	c.preempt = false;
	reach(MASTER, &c);
	hear(255, 20, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	hear(100, 20, 100000, NOW + 1000);
	ck_assert_uint_eq(r.master_down_timer, NOW + vrrp_master_down_interval(&r));
}
END_TEST

START_TEST(a_master_tells_a_new_priority_or_interval_at_once)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	configure(&c, NOW);
	ck_assert_uint_eq(done.count, 0);
	ck_assert_uint_eq(r.adver_timer, T0 + 100000);
	c.priority = 90;
	configure(&c, NOW);
	ck_assert_str_eq(actions(), "send 90 report");
	ck_assert_uint_eq(r.adver_timer, NOW + 100000);
	c.advert_us = 200000;
	configure(&c, NOW + 1);
	ck_assert_str_eq(actions(), "send 90 report");
	ck_assert_uint_eq(r.adver_timer, NOW + 200001);
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

START_TEST(changes_in_backup_never_start_the_wait_anew)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	for (unsigned i = 0; i < 50; i++) {
		c.priority = (uint8_t)(100 + i % 2 * 50);
		configure(&c, T0 + i * 1000);
	}
	ck_assert_uint_eq(c.priority, 150);
	ck_assert_uint_eq(r.master_down_timer, T0 + DOWN3);
	hear(200, 20, 400000, NOW);
	c.advert_us = 1000000;
	configure(&c, NOW);
	ck_assert_uint_eq(r.master_adver_us, 400000);
}
END_TEST

START_TEST(a_backup_that_becomes_the_owner_is_master_at_once)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	c.priority = 255;
	configure(&c, NOW);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	ck_assert_str_eq(actions(), "send 255 report announce");
}
END_TEST

START_TEST(a_change_during_a_fault_counts_when_it_is_over)
{
	struct vrrp_config c = config(3, 150);

	reach(FAULT, &c);
	c.advert_us = 200000;
	configure(&c, NOW);
	ck_assert_uint_eq(done.count, 0);
	event(VRRP_EV_STARTUP, NOW);
	ck_assert_uint_eq(r.master_down_timer, NOW + 600000 + 82812);
}
END_TEST

START_TEST(another_fault_is_reported_and_keeps_its_time)
{
	struct vrrp_event ev = { .type = VRRP_EV_FAULT,
		.reason = VRRP_REASON_NO_INTERFACE };
	struct vrrp_config c = config(3, 150);

	reach(FAULT, &c);
	vrrp_step(&r, &ev, NOW, &done);
	ck_assert_str_eq(actions(), "report");
	ck_assert_int_eq(r.reason, VRRP_REASON_NO_INTERFACE);
	ck_assert_uint_eq(r.since_us, T0);
}
END_TEST

START_TEST(ties_are_broken_alike_over_ipv6)
{
	struct vrrp_config c = config(3, 150);
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT, .advert = { .priority = 150 } };

	ck_assert(ipaddr_parse("fe80::7fff", &c.source));
	ck_assert(ipaddr_parse("fe80::8000", &ev.advert.source));
	ev.advert.advert_us = 100000;
	reach(MASTER, &c);
	vrrp_step(&r, &ev, NOW, &done);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_ADDRESS);
}
END_TEST

UNIT_MAIN("vrrp", a_backup_is_ready_when_the_best_one_would_be_due,
    nopreempt_does_not_protect_a_master_in_the_soft_band,
    down_timer_adverts_says_how_many_may_be_lost, lower_prio_no_advert_discards_silently,
    higher_prio_send_advert_speaks_once_more_before_it_yields,
    an_owner_may_ignore_adverts, an_owner_that_says_backup_waits_as_others_do,
    after_a_fault_nopreempt_still_needs_one_advert_in_time,
    whoever_spoke_while_a_master_did_not_run_is_master,
    a_master_that_did_not_run_says_nothing_to_those_that_resigned_or_won,
    a_master_that_nobody_missed_goes_on, skew_time_has_microseconds,
    the_claim_window_is_a_twentieth_at_most_5_ms,
    a_learned_interval_ends_with_the_masters_mastership,
    adverts_keep_their_period_although_timers_are_late,
    a_missed_period_is_not_made_up_for, nothing_expires_before_its_time,
    a_lost_claim_touches_nothing,
    a_flood_of_lower_adverts_neither_silences_nor_is_amplified,
    a_new_master_answers_at_once_whatever_its_claim_answered,
    resignations_do_not_put_a_takeover_off, the_reason_says_why_a_router_did_not_resume,
    the_reason_says_why_a_router_became_master,
    preempt_delay_counts_from_the_first_lower_advert,
    a_higher_advert_starts_preempt_delay_anew,
    preempt_delay_does_not_delay_a_takeover_from_silence,
    an_owner_preempts_whatever_is_configured,
    a_master_tells_a_new_priority_or_interval_at_once,
    changes_in_backup_never_start_the_wait_anew,
    a_backup_that_becomes_the_owner_is_master_at_once,
    a_change_during_a_fault_counts_when_it_is_over,
    another_fault_is_reported_and_keeps_its_time, ties_are_broken_alike_over_ipv6)

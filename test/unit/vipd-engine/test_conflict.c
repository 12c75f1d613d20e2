/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/conflict.h"

#include "engine/probe.h"
#include "unit.h"

#define T0 UINT64_C(1000000000)

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };

static struct msg_installed_record
at(uint8_t last)
{
	return (struct msg_installed_record){
		.addr = ipaddr_from4((uint8_t[4]){ 192, 0, 2, last }),
		.ifindex = 4,
	};
}

START_TEST(a_conflict_is_answered_once_in_ten_seconds_for_each_address)
{
	struct msg_installed_record one = at(1), two = at(2);
	struct conflicts c = { 0 };
	struct msg_conflict m;

	ck_assert(conflicts_heard(&c, &one, mac, T0, &m));
	ck_assert_uint_eq(m.count, 1);
	ck_assert_mem_eq(m.mac, mac, 6);
	ck_assert(conflicts_heard(&c, &two, mac, T0, &m));
	for (unsigned i = 1; i < 1000; i++)
		ck_assert(!conflicts_heard(&c, &one, mac, T0 + i * 9999, &m));
	ck_assert(conflicts_heard(&c, &one, mac, T0 + CONFLICT_DEFEND_US, &m));
	ck_assert_uint_eq(m.count, 1001);
	conflicts_forget(&c, &one);
	conflicts_forget(&c, &one);
	ck_assert(conflicts_heard(&c, &one, mac, T0 + CONFLICT_DEFEND_US, &m));
	ck_assert_uint_eq(m.count, 1);
	conflicts_fini(&c);
}
END_TEST

START_TEST(three_questions_in_0_4_s_without_an_answer)
{
	struct msg_installed_record one = at(1), out;
	uint64_t now = T0;
	struct probes ps = { 0 };
	struct msg_probed m;
	unsigned asked = 0;

	probes_start(&ps, &one, T0);
	probes_start(&ps, &one, T0 + 1); /* once is enough */
	while (!probes_result(&ps, now, &m)) {
		while (probes_next(&ps, now, &out)) {
			asked++;
			ck_assert_uint_le(now, T0 + 2 * PROBE_INTERVAL_US);
		}
		ck_assert_uint_gt(probes_deadline(&ps), now);
		now = probes_deadline(&ps);
	}
	ck_assert_uint_eq(asked, PROBE_COUNT);
	ck_assert_uint_eq(now, T0 + PROBE_END_US);
	ck_assert(!m.taken);
	ck_assert_uint_eq(m.at.ifindex, 4);
	ck_assert_uint_eq(probes_deadline(&ps), PROBE_NEVER);
}
END_TEST

START_TEST(an_answer_ends_it_at_once)
{
	struct msg_installed_record one = at(1), two = at(2), out;
	struct probes ps = { 0 };
	struct msg_probed m;

	probes_start(&ps, &one, T0);
	probes_start(&ps, &two, T0);
	ck_assert(probes_next(&ps, T0, &out));
	ck_assert(probes_next(&ps, T0, &out));
	ck_assert(!probes_next(&ps, T0, &out));
	probes_heard(&ps, &two, mac);
	probes_heard(&ps, &two, (const uint8_t[6]){ 2, 2, 2, 2, 2, 2 });
	ck_assert(probes_result(&ps, T0 + 1, &m));
	ck_assert(m.taken);
	ck_assert_uint_eq(m.at.addr.bytes[3], 2);
	ck_assert_mem_eq(m.mac, mac, 6);
	ck_assert(!probes_result(&ps, T0 + 1, &m));
	probes_heard(&ps, &two, mac); /* nobody asks any more */
	probes_fini(&ps);
}
END_TEST

UNIT_MAIN("conflict", a_conflict_is_answered_once_in_ten_seconds_for_each_address,
    three_questions_in_0_4_s_without_an_answer, an_answer_ends_it_at_once)

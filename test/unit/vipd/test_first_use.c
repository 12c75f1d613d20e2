/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/first_use.h"

#include "mem.h"
#include "unit.h"

START_TEST(only_what_is_new_on_a_master_is_asked_for)
{
	static const struct {
		enum address_origin origin;
		bool known, was_master, is_master;
		enum address_use before, use;
	} cases[] = {
		{ ORIGIN_EXTERNAL_IP, false, true, true, 0, ADDRESS_PROBED },
		{ ORIGIN_POOL, false, true, true, 0, ADDRESS_PROBED },
		{ ORIGIN_STATIC, false, true, true, 0, ADDRESS_FREE },
		/* a takeover, also with a list that comes with it */
		{ ORIGIN_POOL, true, false, true, ADDRESS_FREE, ADDRESS_FREE },
		{ ORIGIN_POOL, false, false, true, 0, ADDRESS_FREE },
		{ ORIGIN_POOL, false, false, false, 0, ADDRESS_FREE },
		{ ORIGIN_POOL, true, true, true, ADDRESS_TAKEN, ADDRESS_TAKEN },
		{ ORIGIN_POOL, true, true, true, ADDRESS_PROBED, ADDRESS_PROBED },
		/* no longer its business */
		{ ORIGIN_POOL, true, true, false, ADDRESS_TAKEN, ADDRESS_FREE },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_ctl_address before = { .use = cases[i].before,
			.conflicts = 7 };
		struct msg_ctl_address a = { .origin = (uint8_t)cases[i].origin };

		first_use_carry(&a, cases[i].known ? &before : NULL, cases[i].was_master,
		    cases[i].is_master);
		ck_assert_msg(a.use == cases[i].use, "case %zu", i);
		ck_assert_uint_eq(a.conflicts, cases[i].known ? 7 : 0);
	}
}
END_TEST

START_TEST(it_is_asked_again_soon_and_then_rarely)
{
	ck_assert_uint_eq(first_use_retry_us(0), 1000000);
	ck_assert_uint_eq(first_use_retry_us(1), 2000000);
	ck_assert_uint_eq(first_use_retry_us(6), 64000000);
	ck_assert_uint_eq(first_use_retry_us(4000000000u), 64000000);
}
END_TEST

UNIT_MAIN("first_use", only_what_is_new_on_a_master_is_asked_for,
    it_is_asked_again_soon_and_then_rarely)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/recompute.h"

#include "unit.h"

START_TEST(it_rests_by_what_it_took_but_keeps_nobody_waiting)
{
	static const struct {
		uint64_t took;
		bool first_list;
		uint64_t rest;
	} cases[] = {
		{ 0, false, 0 },
		{ 1000, false, 4000 },
		{ 3000, false, 10000 },
		{ 20000, false, 20000 },
		{ 1000, true, 16000 },
		{ 4000, true, 50000 },
		{ 60000, true, 60000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(
		    recompute_rest(cases[i].took, cases[i].first_list), cases[i].rest);
}
END_TEST

UNIT_MAIN("recompute", it_rests_by_what_it_took_but_keeps_nobody_waiting)

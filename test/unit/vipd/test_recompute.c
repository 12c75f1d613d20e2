/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/recompute.h"

#include "unit.h"

START_TEST(it_rests_by_what_it_took_but_keeps_nobody_waiting)
{
	static const struct {
		uint64_t took, rest;
	} cases[] = {
		{ 0, 0 },
		{ 1000, 4000 },
		{ 3000, 10000 },
		{ 10000, 10000 },
		{ 50000, 50000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(recompute_rest(cases[i].took), cases[i].rest);
}
END_TEST

UNIT_MAIN("recompute", it_rests_by_what_it_took_but_keeps_nobody_waiting)

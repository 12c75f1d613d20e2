/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/recompute.h"

#include "unit.h"

START_TEST(it_rests_longer_as_long_as_parts_keep_coming)
{
	static const struct {
		uint32_t factor;
		bool interrupted;
		uint32_t next;
	} cases[] = {
		{ 0, false, 1 },
		{ 0, true, 1 },
		{ 1, true, 2 },
		{ 8, true, 16 },
		{ 16, true, 16 },
		{ 16, false, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(recompute_factor(cases[i].factor, cases[i].interrupted),
		    cases[i].next);
}
END_TEST

UNIT_MAIN("recompute", it_rests_longer_as_long_as_parts_keep_coming)

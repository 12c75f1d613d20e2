/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/deadline.h"

#include "unit.h"

#define NODES 300

static uint32_t seed = 1;

static uint32_t
roll(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static uint64_t
earliest(const struct deadline *nodes)
{
	uint64_t at = DEADLINE_NEVER;

	for (unsigned i = 0; i < NODES; i++)
		if (nodes[i].slot && nodes[i].at_us < at)
			at = nodes[i].at_us;
	return at;
}

START_TEST(the_earliest_is_first_whatever_moves)
{
	static struct deadline nodes[NODES];
	struct deadlines d = { 0 };

	for (unsigned i = 0; i < 20000; i++) {
		struct deadline *first;

		deadline_set(
		    &d, &nodes[roll(NODES)], roll(4) ? roll(1000) : DEADLINE_NEVER);
		first = deadline_first(&d);
		ck_assert_uint_eq(first ? first->at_us : DEADLINE_NEVER, earliest(nodes));
	}
	deadlines_free(&d);
}
END_TEST

START_TEST(they_come_out_in_order)
{
	static struct deadline nodes[NODES];
	struct deadlines d = { 0 };
	struct deadline *first;
	uint64_t before = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < NODES; i++)
		deadline_set(&d, &nodes[i], roll(100));
	while ((first = deadline_first(&d))) {
		ck_assert_uint_ge(first->at_us, before);
		before = first->at_us;
		deadline_set(&d, first, DEADLINE_NEVER);
		ck_assert_uint_eq(first->slot, 0);
		n++;
	}
	ck_assert_uint_eq(n, NODES);
	deadlines_free(&d);
}
END_TEST

START_TEST(taking_out_what_is_not_there_does_nothing)
{
	struct deadline node = { 0 };
	struct deadlines d = { 0 };

	deadline_set(&d, &node, DEADLINE_NEVER);
	ck_assert_ptr_null(deadline_first(&d));
	deadlines_free(&d);
}
END_TEST

UNIT_MAIN("deadline", the_earliest_is_first_whatever_moves, they_come_out_in_order,
    taking_out_what_is_not_there_does_nothing)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/spread.h"

#include <string.h>

#include "forward/image.h"
#include "unit.h"

#define MANY 300

static struct endpoint endpoints[MANY];
static uint16_t slots[SPREAD_MAX];

static struct endpoint
endpoint(uint8_t host, uint16_t port)
{
	return (struct endpoint){ .addr = { 10, 0, (uint8_t)(port >> 8), host },
		.port = port };
}

static void
make(size_t n)
{
	for (size_t i = 0; i < n; i++)
		endpoints[i] = endpoint((uint8_t)(i + 1), (uint16_t)(8000 + i / 200));
}

START_TEST(every_endpoint_has_its_share_to_one_slot)
{
	for (size_t n = 1; n <= MANY; n++) {
		uint32_t size = spread_size_for(n);
		size_t load[MANY] = { 0 }, share = size / n;

		make(n);
		spread_fill(endpoints, n, slots, size);
		for (uint32_t i = 0; i < size; i++)
			load[slots[i]]++;
		for (size_t i = 0; i < n; i++)
			ck_assert_msg(load[i] == share || load[i] == share + 1,
			    "%zu of %zu: %zu", i, n, load[i]);
	}
}
END_TEST

/* Slots that change although their endpoint stays, when endpoint gone goes. */
static uint32_t
moved_without_need(size_t n, size_t gone, uint32_t size)
{
	uint16_t before[SPREAD_MAX];
	uint32_t moved = 0;

	make(n);
	spread_fill(endpoints, n, before, size);
	memmove(
	    &endpoints[gone], &endpoints[gone + 1], (n - gone - 1) * sizeof(*endpoints));
	spread_fill(endpoints, n - 1, slots, size);
	for (uint32_t i = 0; i < size; i++) {
		size_t now = slots[i] + (slots[i] >= gone);

		moved += before[i] != gone && before[i] != now;
	}
	return moved;
}

START_TEST(when_an_endpoint_goes_few_slots_of_the_others_move)
{
	static const struct {
		size_t n;
		uint32_t percent; /* on the average over who goes */
	} cases[] = { { 2, 0 }, { 3, 5 }, { 4, 5 }, { 5, 10 }, { 8, 10 }, { 16, 15 },
		{ 20, 10 }, { 64, 10 }, { 100, 5 } };

	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		size_t n = cases[c].n;
		uint32_t size = spread_size_for(n), moved = 0;

		for (size_t gone = 0; gone < n; gone++)
			moved += moved_without_need(n, gone, size);
		ck_assert_msg(moved * 100 <= cases[c].percent * size * n,
		    "%zu endpoints: %u of %zu", n, moved, size * n);
	}
}
END_TEST

START_TEST(sizes_leave_four_slots_for_an_endpoint)
{
	static const struct {
		size_t endpoints;
		uint32_t size;
	} cases[] = { { 1, 1 }, { 2, 8 }, { 3, 32 }, { 8, 32 }, { 9, 128 }, { 32, 128 },
		{ 33, 1024 }, { 256, 1024 }, { 5000, 1024 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_uint_eq(spread_size_for(cases[i].endpoints), cases[i].size);
}
END_TEST

START_TEST(each_slot_number_belongs_to_one_table)
{
	struct spread_kind kind;
	uint32_t found = 0;

	for (uint32_t slot = 0; slot < 0x80000; slot++) {
		if (!spread_kind_of(slot, &kind))
			continue;
		found++;
		ck_assert_uint_ge(slot, spread_first(&kind));
		ck_assert_uint_lt(slot, spread_first(&kind) + kind.size);
	}
	ck_assert_uint_eq(found, 2 * (1 + 2 * (8 + 32 + 128 + 1024)));
	ck_assert(!spread_kind_of(UINT32_MAX, &kind));
}
END_TEST

/* All nodes, of all versions, must choose alike (I6): these may never change. */
START_TEST(the_choice_is_the_one_it_always_was)
{
	static const uint16_t three[32] = { 0, 0, 1, 1, 0, 0, 2, 0, 2, 1, 0, 0, 2, 2, 0,
		1, 1, 2, 1, 1, 1, 2, 2, 2, 2, 0, 2, 2, 1, 0, 1, 0 };

	make(3);
	spread_fill(endpoints, 3, slots, 32);
	ck_assert_mem_eq(slots, three, sizeof(three));
}
END_TEST

UNIT_MAIN("spread", every_endpoint_has_its_share_to_one_slot,
    when_an_endpoint_goes_few_slots_of_the_others_move,
    sizes_leave_four_slots_for_an_endpoint, each_slot_number_belongs_to_one_table,
    the_choice_is_the_one_it_always_was)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/speaker.h"

#include "unit.h"

#define T0 UINT64_C(1000000000)
#define SECOND UINT64_C(1000000)

static struct speakers s;
static struct msg_speaker m;

/* Host 1 is alike. */
static bool
heard(unsigned last, uint8_t vrid, uint64_t now)
{
	const struct ipaddr src = ipaddr_from4((uint8_t[4]){
	    10, (uint8_t)(last >> 16), (uint8_t)(last >> 8), (uint8_t)last });

	return speakers_heard(&s, &src, vrid, last == 1, now, &m);
}

START_TEST(who_was_heard_twice_is_told_at_most_every_ten_seconds)
{
	unsigned told = 0;

	ck_assert(!heard(1, 51, T0));
	ck_assert(heard(1, 51, T0 + SECOND));
	ck_assert_uint_eq(m.count, 2);
	ck_assert_uint_eq(m.vrid, 51);
	ck_assert_uint_eq(m.alike, 1);
	ck_assert(!heard(2, 51, T0 + SECOND)); /* another one, */
	ck_assert(!heard(1, 52, T0 + SECOND)); /* and another identifier */
	for (unsigned i = 2; i < 1000; i++)
		told += heard(1, 51, T0 + SECOND + i * SECOND / 10);
	ck_assert_uint_eq(told, 9);
}
END_TEST

START_TEST(a_flood_of_sources_is_told_by_nobody_and_takes_no_room_for_long)
{
	uint64_t now = T0;

	for (unsigned i = 0; i < 100000; i++, now += 10)
		ck_assert(!heard(100 + i, 51, now));
	ck_assert_uint_eq(s.n, SPEAKERS_MAX);
	/* what repeats finds room as soon as the rest has been silent */
	now += SPEAKER_ONCE_US;
	ck_assert(!heard(1, 51, now));
	ck_assert(heard(1, 51, now + SECOND));
}
END_TEST

START_TEST(who_repeats_keeps_its_room_against_a_flood)
{
	uint64_t now = T0;

	heard(2, 51, now);
	ck_assert(heard(2, 51, now += 40 * SECOND));
	for (unsigned i = 0; i < 100000; i++)
		heard(100 + i, 51, now += 390);
	ck_assert(heard(2, 51, now));
	ck_assert_uint_eq(m.count, 3);
}
END_TEST

/* 255 virtual routers of one peer: a stranger is seen all the same. */
START_TEST(those_alike_make_room_for_others)
{
	for (unsigned round = 0; round < 2; round++)
		for (unsigned vrid = 1; vrid <= 255; vrid++)
			heard(1, (uint8_t)vrid, T0 + round * SECOND);
	ck_assert(!heard(2, 51, T0 + SECOND));
	ck_assert(heard(2, 51, T0 + 2 * SECOND));
	ck_assert(!heard(1, 254, T0 + 2 * SECOND));
	ck_assert(!heard(1, 254, T0 + 3 * SECOND));
	/* and keeps it */
	ck_assert(heard(2, 51, T0 + 12 * SECOND));
	ck_assert_uint_eq(m.count, 3);
}
END_TEST

START_TEST(a_minute_of_silence_makes_room)
{
	for (unsigned i = 0; i < SPEAKERS_MAX; i++) {
		heard(i + 2, 51, T0);
		ck_assert(heard(i + 2, 51, T0 + SECOND));
	}
	heard(99, 51, T0 + SPEAKER_SILENT_US);
	ck_assert(!heard(99, 51, T0 + SPEAKER_SILENT_US + SECOND - 1));
	heard(99, 51, T0 + SPEAKER_SILENT_US + SECOND);
	ck_assert(heard(99, 51, T0 + SPEAKER_SILENT_US + 2 * SECOND));
	ck_assert_uint_eq(m.count, 2);
}
END_TEST

UNIT_MAIN("speaker", who_was_heard_twice_is_told_at_most_every_ten_seconds,
    a_flood_of_sources_is_told_by_nobody_and_takes_no_room_for_long,
    who_repeats_keeps_its_room_against_a_flood, those_alike_make_room_for_others,
    a_minute_of_silence_makes_room)

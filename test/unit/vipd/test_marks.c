/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/marks.h"

#include <sys/socket.h>

#include "mem.h"
#include "unit.h"

static struct msg_mark
mark(uint8_t sender, uint64_t sequence, uint64_t heard_us)
{
	struct ipaddr src = { .family = AF_INET, .bytes = { 192, 0, 2, sender } };

	return (struct msg_mark){ 7, src, sequence, heard_us };
}

static uint64_t
sequence_of(const struct marks *marks, uint8_t sender)
{
	struct msg_mark wanted = mark(sender, 0, 0);

	for (size_t i = 0; i < marks->n; i++)
		if (ipaddr_eq(&marks->list[i].src, &wanted.src))
			return marks->list[i].sequence;
	return 0;
}

START_TEST(a_sender_has_one_mark_its_newest)
{
	struct marks marks = { 0 };

	for (uint64_t i = 1; i <= 100; i++) {
		struct msg_mark m = mark(1, i, i), other = mark(2, 1000 + i, i);

		marks_keep(&marks, &m);
		marks_keep(&marks, &other);
	}
	ck_assert_uint_eq(marks.n, 2);
	ck_assert_uint_eq(sequence_of(&marks, 1), 100);
	ck_assert_uint_eq(sequence_of(&marks, 2), 1100);
}
END_TEST

/* Whatever the engine says: what is kept is bounded. */
START_TEST(the_oldest_goes_where_there_are_too_many)
{
	struct marks marks = { 0 };
	struct msg_mark own = { .id = 7, .sequence = 5, .heard_us = UINT64_MAX };

	marks_keep(&marks, &own);
	for (unsigned i = 1; i <= 200; i++) {
		struct msg_mark m = mark((uint8_t)i, i, 1000 + i);

		marks_keep(&marks, &m);
	}
	ck_assert_uint_eq(marks.n, ARRAY_LEN(marks.list));
	for (unsigned i = 1; i <= 200; i++)
		ck_assert_uint_eq(
		    sequence_of(&marks, (uint8_t)i), i > 200 - MARKS_SENDERS ? i : 0);
	ck_assert_uint_eq(marks.list[0].sequence, 5);
}
END_TEST

UNIT_MAIN(
    "marks", a_sender_has_one_mark_its_newest, the_oldest_goes_where_there_are_too_many)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "supervisor/notify_backlog.h"

#include "unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

/* M B F S D: states; L: MASTER_RX_LOWER_PRI. */
static enum conf_notify_event
event_of(char c)
{
	switch (c) {
	case 'M':
		return NOTIFY_MASTER;
	case 'B':
		return NOTIFY_BACKUP;
	case 'F':
		return NOTIFY_FAULT;
	case 'S':
		return NOTIFY_STOP;
	case 'D':
		return NOTIFY_DELETED;
	default:
		return NOTIFY_MASTER_RX_LOWER_PRI;
	}
}

START_TEST(changes_wait_in_order_and_the_newest_is_kept)
{
	static const struct {
		const char *pushed, *popped;
		unsigned left_out;
	} cases[] = {
		{ "", "", 0 },
		{ "MBF", "MBF", 0 },
		{ "MLLLB", "MLB", 0 },
		{ "BMBMBMBM", "BMBMBMBM", 0 },
		{ "FBMBMBMBMS", "MBMBMBMS", 2 },
		{ "BMBMBMBML", "BMBMBMBM", 0 },
		{ "BLMBMBMBM", "LMBMBMBM", 1 },
		{ "MD", "MD", 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct notify_backlog b = { .count = 0 };
		struct notify_event e;
		unsigned left_out = 0;

		for (size_t k = 0; cases[i].pushed[k]; k++) {
			e = (struct notify_event){ event_of(cases[i].pushed[k]),
				(uint8_t)k };
			left_out += notify_backlog_push(&b, &e);
		}
		ck_assert_uint_eq(left_out, cases[i].left_out);
		for (size_t k = 0; cases[i].popped[k]; k++) {
			ck_assert_msg(notify_backlog_pop(&b, &e), "%zu: %zu", i, k);
			ck_assert_msg(e.what == event_of(cases[i].popped[k]),
			    "%zu: %zu is %s", i, k, notify_word(e.what));
		}
		ck_assert_msg(!notify_backlog_pop(&b, &e), "%zu: more", i);
	}
}
END_TEST

UNIT_MAIN("notify", changes_wait_in_order_and_the_newest_is_kept)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/journal.h"

#include <string.h>

#include "unit.h"

static struct journal journal;
static unsigned told;

static void
on_line(void *arg)
{
	(void)arg;
	told++;
}

static void
silent(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

START_TEST(lines_come_back_in_order)
{
	const struct journal_entry *e;

	ck_assert_ptr_null(journal_next(&journal, 0));
	journal_add(&journal, LOG_LEVEL_INFO, "one", 10);
	journal_add(&journal, LOG_LEVEL_WARN, "two", 20);
	e = journal_next(&journal, 0);
	ck_assert_str_eq(e->text, "one");
	ck_assert_uint_eq(e->id, 1);
	e = journal_next(&journal, e->id);
	ck_assert_str_eq(e->text, "two");
	ck_assert_int_eq(e->level, LOG_LEVEL_WARN);
	ck_assert_uint_eq(e->wall_us, 20);
	ck_assert_ptr_null(journal_next(&journal, e->id));
}
END_TEST

START_TEST(the_oldest_make_room)
{
	for (unsigned i = 0; i < JOURNAL_MAX + 7; i++)
		journal_add(&journal, LOG_LEVEL_INFO, "line", i);
	ck_assert_uint_eq(journal_next(&journal, 0)->id, 8);
	ck_assert_uint_eq(journal_next(&journal, 3)->id, 8);
	ck_assert_uint_eq(journal_next(&journal, 8)->id, 9);
	ck_assert_uint_eq(journal_next(&journal, JOURNAL_MAX + 6)->id, JOURNAL_MAX + 7);
	ck_assert_ptr_null(journal_next(&journal, JOURNAL_MAX + 7));
}
END_TEST

START_TEST(every_line_that_is_logged_comes_here_but_debug)
{
	log_init("test", true);
	log_set_sink(silent, NULL);
	journal_start(&journal, on_line, NULL);
	log_err("edge: broken");
	log_debug("edge: nobody wants to know");
	log_info("edge: well");
	ck_assert_uint_eq(told, 2);
	ck_assert_str_eq(journal_next(&journal, 0)->text, "edge: broken");
	ck_assert_str_eq(journal_next(&journal, 1)->text, "edge: well");
}
END_TEST

UNIT_MAIN("journal", lines_come_back_in_order, the_oldest_make_room,
    every_line_that_is_logged_comes_here_but_debug)

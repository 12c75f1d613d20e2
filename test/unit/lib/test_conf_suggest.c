/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_suggest.h"

#include <string.h>

#include "unit.h"

static const char *
nearest(const char *word)
{
	static const char *const known[] = { "priority", "interface", "advert_int",
		"state", "version", "preempt", "nopreempt", "dev", "brd" };
	struct conf_suggest s;

	conf_suggest_init(&s, word);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		conf_suggest_offer(&s, known[i]);
	return s.best ? s.best : "";
}

START_TEST(the_nearest_word_is_suggested)
{
	static const struct {
		const char *word, *best;
	} cases[] = {
		{ "priorty", "priority" },
		{ "prioirty", "priority" },
		{ "priorityy", "priority" },
		{ "interfaec", "interface" },
		{ "advertint", "advert_int" },
		{ "no_preempt", "nopreempt" },
		{ "preemt", "preempt" },
		{ "dve", "dev" },
		{ "stat", "state" },
		{ "prio", "priority" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_str_eq(nearest(cases[i].word), cases[i].best);
}
END_TEST

START_TEST(what_is_far_from_all_has_no_suggestion)
{
	static const char *const words[] = { "", "x", "12", "flamingo",
		"zzzzzzzzzzzzzzzz",
		"priority_priority_priority_priority_priority_priority" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		ck_assert_msg(!*nearest(words[i]), "%s: %s", words[i], nearest(words[i]));
}
END_TEST

START_TEST(neighbours_that_changed_places_count_once)
{
	struct conf_suggest s;

	conf_suggest_init(&s, "abcdfe");
	conf_suggest_offer(&s, "abcdef");
	ck_assert_uint_eq(s.distance, 1);
	conf_suggest_init(&s, "abcd");
	conf_suggest_offer(&s, "abed");
	ck_assert_uint_eq(s.distance, 1);
	conf_suggest_init(&s, "abcdef");
	conf_suggest_offer(&s, "abXdeY");
	ck_assert_uint_eq(s.distance, 2);
}
END_TEST

START_TEST(of_equally_near_words_the_first_stays)
{
	struct conf_suggest s;

	conf_suggest_init(&s, "aaaaac");
	conf_suggest_offer(&s, "aaaaaa");
	conf_suggest_offer(&s, "aaaaab");
	ck_assert_str_eq(s.best, "aaaaaa");
}
END_TEST

UNIT_MAIN("conf_suggest", the_nearest_word_is_suggested,
    what_is_far_from_all_has_no_suggestion, neighbours_that_changed_places_count_once,
    of_equally_near_words_the_first_stays)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selector.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

/* app=web tier=front empty= */
static const struct label labels[] = {
	{ (char *)"app", (char *)"web" },
	{ (char *)"example.org/tier", (char *)"front" },
	{ (char *)"empty", (char *)"" },
};

START_TEST(a_selector_is_met_or_not_as_kubernetes_has_it)
{
	static const struct {
		const char *text;
		bool met;
	} cases[] = {
		{ "", true },
		{ "app=web", true },
		{ "app==web", true },
		{ " app = web ", true },
		{ "app=db", false },
		{ "app!=db", true },
		{ "app!=web", false },
		{ "missing!=x", true },
		{ "missing=x", false },
		{ "app in (db, web)", true },
		{ "app in(db,web)", true },
		{ "app in (db)", false },
		{ "app notin (db)", true },
		{ "app notin (web)", false },
		{ "missing notin (web)", true },
		{ "app", true },
		{ "missing", false },
		{ "!missing", true },
		{ "! app", false },
		{ "empty=", true },
		{ "empty in ()", true },
		{ "app=", false },
		{ "app=web,example.org/tier=front", true },
		{ "app=web example.org/tier=back", false },
		{ "app=web, missing", false },
		{ "app in (web) !missing", true },
		{ "in", false },
		{ "notin=x", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s = { 0 };
		const char *bad = selector_add(&s, cases[i].text);

		ck_assert_msg(!bad, "%s: at %s", cases[i].text, bad ? bad : "");
		ck_assert_msg(
		    selector_matches(&s, labels, ARRAY_LEN(labels)) == cases[i].met, "%s",
		    cases[i].text);
		selector_fini(&s);
	}
}
END_TEST

START_TEST(what_is_no_selector_is_named)
{
	static const struct {
		const char *text, *at;
	} cases[] = {
		{ "=web", "=web" },
		{ "app=web,", "," },
		{ ",app", ",app" },
		{ "app=web;tier", ";tier" },
		{ "app=we&b", "&b" },
		{ "a=b -x", "-x" },
		{ "a=b c in (d", "c in (d" },
		{ "c in (d e)", "c in (d e)" },
		{ "a-=b", "a-=b" },
		{ "!", "!" },
		{ "a=0123456789012345678901234567890123456789012345678901234567890123",
		    "a="
		    "0123456789012345678901234567890123456789012345678901234567890123" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s = { 0 };
		const char *bad = selector_add(&s, cases[i].text);

		ck_assert_msg(bad != NULL, "%s", cases[i].text);
		ck_assert_str_eq(bad, cases[i].at);
		selector_fini(&s);
	}
}
END_TEST

START_TEST(the_canonical_text_reads_back_as_the_same)
{
	static const char *const cases[] = { "a=b", "a!=b", "a in (b, c)",
		"a notin (b, c)", "a", "!a", "x.io/a=" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector s = { 0 };
		_free_ char *text = NULL;

		ck_assert_ptr_null(selector_add(&s, cases[i]));
		ck_assert_uint_eq(s.n, 1);
		text = selector_term_text(&s.terms[0]);
		ck_assert_str_eq(text, cases[i]);
		selector_fini(&s);
	}
}
END_TEST

UNIT_MAIN("selector", a_selector_is_met_or_not_as_kubernetes_has_it,
    what_is_no_selector_is_named, the_canonical_text_reads_back_as_the_same)

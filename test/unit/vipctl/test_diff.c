/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

static const char *
difference(const char *from, const char *to, bool *differs)
{
	static char *text;
	static size_t len;
	FILE *out;

	free(text);
	out = open_memstream(&text, &len);
	*differs = diff_write(from, to, out);
	fclose(out);
	return text;
}

struct diff_case {
	const char *from, *to, *want;
};

static const struct diff_case cases[] = {
	{ "", "", "" },
	{ "a\nb\n", "a\nb\n", "" },
	{ "", "a\n", "+ a\n" },
	{ "a\n", "", "- a\n" },
	{ "a", "a\n", "" },
	{ "a\nb\nc\n", "a\nX\nc\n", "  a\n- b\n+ X\n  c\n" },
	{ "a\nb\n", "b\nc\n", "- a\n  b\n+ c\n" },
	/* The fewest lines: of a block that is repeated one goes. */
	{ "x\ny\nx\ny\n", "x\ny\n", "  x\n  y\n- x\n- y\n" },
	/* Far from the change nothing is shown but the block's name. */
	{ "edge {\n 1\n 2\n 3\n 4\n 5\n 6\n}\n", "edge {\n 1\n 2\n 3\n 4\n 5\n 7\n}\n",
	    "...\n  edge {\n   3\n   4\n   5\n-  6\n+  7\n  }\n" },
	{ "a {\n 1\n 2\n 3\n 4\n}\nb {\n 1\n 2\n 3\n 4\n 5\n}\n",
	    "a {\n 0\n 2\n 3\n 4\n}\nb {\n 1\n 2\n 3\n 4\n 6\n}\n",
	    "  a {\n-  1\n+  0\n   2\n   3\n   4\n...\n  b {\n   2\n   3\n   4\n"
	    "-  5\n+  6\n  }\n" },
};

START_TEST(differences_are_as_expected)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool differs;

		ck_assert_str_eq(
		    difference(cases[i].from, cases[i].to, &differs), cases[i].want);
		ck_assert_int_eq(differs, *cases[i].want != '\0');
	}
}
END_TEST

/* What goes and comes makes the second text of the first. */
START_TEST(a_difference_applied_gives_the_other_text)
{
	unsigned seed = 1;

	for (int turn = 0; turn < 500; turn++) {
		char from[64] = "", to[64] = "", made[64] = "", *line, *rest;
		_free_ char *copy = NULL;
		bool differs;

		for (int i = 0; i < 8; i++) {
			if (rand_r(&seed) % 3)
				strcat(from,
				    (const char *[]){
					"a\n", "b\n", "c\n" }[rand_r(&seed) % 3]);
			if (rand_r(&seed) % 3)
				strcat(to,
				    (const char *[]){
					"a\n", "b\n", "c\n" }[rand_r(&seed) % 3]);
		}
		copy = xstrdup(difference(from, to, &differs));
		ck_assert_int_eq(differs, strcmp(from, to) != 0);
		if (!differs || strstr(copy, "..."))
			continue;
		rest = copy;
		while ((line = strsep(&rest, "\n")))
			if (*line == '+' || *line == ' ') {
				strcat(made, line + 2);
				strcat(made, "\n");
			}
		/* Lines far from a change are at the ends and were left out. */
		ck_assert_ptr_nonnull(strstr(to, made));
	}
}
END_TEST

UNIT_MAIN("diff", differences_are_as_expected, a_difference_applied_gives_the_other_text)

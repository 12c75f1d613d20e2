/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <string.h>

#include "unit.h"

START_TEST(a_command_is_taken_apart_as_a_shell_would_without_expanding)
{
	static const struct {
		const char *text;
		const char *argv[5];
	} cases[] = {
		{ "/bin/true", { "/bin/true" } },
		{ "  a  b\tc ", { "a", "b", "c" } },
		{ "a 'b c' d", { "a", "b c", "d" } },
		{ "a \"b \\\" c\"", { "a", "b \" c" } },
		{ "a b\\ c", { "a", "b c" } },
		{ "a 'b\\' c", { "a", "b\\", "c" } },
		{ "a '' b", { "a", "", "b" } },
		{ "a\"b\"'c'd", { "abcd" } },
		{ "a $B *", { "a", "$B", "*" } },
		{ "a \\", { "a", "\\" } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct command c;
		size_t n = 0;

		ck_assert_ptr_null(command_split(&c, cases[i].text));
		for (; cases[i].argv[n]; n++)
			ck_assert_str_eq(c.argv[n], cases[i].argv[n]);
		ck_assert_uint_eq(c.argc, n);
		ck_assert_ptr_null(c.argv[n]);
		command_free(&c);
	}
}
END_TEST

START_TEST(what_is_no_command_says_why)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ "", "is empty" },
		{ " \t", "is empty" },
		{ "''", "is empty" },
		{ "a 'b", "has a quote that is never closed" },
		{ "a \"b\\\"", "has a quote that is never closed" },
	};
	char many[2 * COMMAND_ARGS_MAX + 3];
	struct command c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_str_eq(command_split(&c, cases[i].text), cases[i].wrong);
	memset(many, 'a', sizeof(many));
	for (size_t i = 1; i < sizeof(many); i += 2)
		many[i] = ' ';
	many[sizeof(many) - 1] = '\0';
	ck_assert_str_eq(command_split(&c, many), "has too many arguments");
	many[2 * COMMAND_ARGS_MAX] = '\0';
	ck_assert_ptr_null(command_split(&c, many));
	ck_assert_uint_eq(c.argc, COMMAND_ARGS_MAX);
	command_free(&c);
}
END_TEST

UNIT_MAIN("command", a_command_is_taken_apart_as_a_shell_would_without_expanding,
    what_is_no_command_says_why)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "args.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

#define ARGV_MAX 8

static int
run(const struct args *args)
{
	(void)args;
	return 0;
}

static const struct args_command table[] = {
	{ "status", run, NULL, "all of it", 0 },
	{ "services", run, NULL, "the Services", 1u << ARGS_PROBLEMS },
	{ "explain", run, "NS/NAME", "why", 0 },
	{ 0 },
};

/* Splits line at blanks; complaint has room for what is said. */
static bool
parse(const char *line, struct args *args, char complaint[256])
{
	static char program[] = "vipctl", words[256];
	char *argv[ARGV_MAX + 1] = { program };
	FILE *err = fmemopen(complaint, 256, "w");
	int argc = 1;
	bool good;

	memset(complaint, 0, 256);
	strcpy(words, line);
	for (char *w = strtok(words, " "); w && argc < ARGV_MAX; w = strtok(NULL, " "))
		argv[argc++] = w;
	good = args_parse(argc, argv, table, args, err);
	fclose(err);
	return good;
}

START_TEST(options_may_stand_before_and_behind_the_command)
{
	static const char *const lines[] = {
		"--socket /s -o json --problems services",
		"services --problems --output=json --socket=/s",
		"-ojson services --socket /s --problems",
	};
	char complaint[256];
	struct args args;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		ck_assert_msg(parse(lines[i], &args, complaint), "%s", complaint);
		ck_assert_str_eq(args.command->word, "services");
		ck_assert_str_eq(args.socket_path, "/s");
		ck_assert_int_eq(args.format, FORMAT_JSON);
		ck_assert(args.option[ARGS_PROBLEMS]);
		ck_assert_ptr_null(args.arg);
	}
}
END_TEST

START_TEST(without_options_there_are_defaults)
{
	char complaint[256];
	struct args args;

	ck_assert(parse("explain default/web", &args, complaint));
	ck_assert_str_eq(args.arg, "default/web");
	ck_assert_str_eq(args.socket_path, "/run/vipd/control.sock");
	ck_assert_int_eq(args.format, FORMAT_TABLE);
	ck_assert(!args.option[ARGS_PROBLEMS] && !args.help && !args.version);
}
END_TEST

START_TEST(help_and_version_need_no_command)
{
	char complaint[256];
	struct args args;

	ck_assert(parse("--help", &args, complaint) && args.help);
	ck_assert(parse("-h nonsense", &args, complaint) && args.help);
	ck_assert(parse("--version", &args, complaint) && args.version);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "", "vipctl: no command given\n" },
		{ "frobnicate", "vipctl: unknown command 'frobnicate'\n" },
		{ "stauts",
		    "vipctl: unknown command 'stauts', did you mean 'status'?\n" },
		{ "status x", "vipctl: status: 'x' is one word too many\n" },
		{ "explain", "vipctl: explain needs NS/NAME\n" },
		{ "explain a/b c", "vipctl: explain: 'c' is one word too many\n" },
		{ "status --problems", "vipctl: status takes no --problems\n" },
		{ "services --follow", "vipctl: services takes no --follow\n" },
		{ "status -o xml",
		    "vipctl: -o xml: the formats are table, wide and json\n" },
		{ "status -zq", "vipctl: unknown option -z\n" },
		{ "status --zq", "vipctl: unknown option --zq\n" },
		{ "--socket", "vipctl: --socket needs a value\n" },
	};
	char complaint[256];
	struct args args;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert(!parse(cases[i].line, &args, complaint));
		ck_assert_str_eq(complaint, cases[i].complaint);
	}
}
END_TEST

UNIT_MAIN("args", options_may_stand_before_and_behind_the_command,
    without_options_there_are_defaults, help_and_version_need_no_command,
    what_is_wrong_is_named)

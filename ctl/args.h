/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipctl's command line. One table of commands (main.c) is what arguments are
 * checked against and what the usage text is printed from; completion reads
 * the usage text, and a test holds vipctl(8) against it.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum args_format { FORMAT_TABLE, FORMAT_WIDE, FORMAT_JSON };

/* Options of single commands. */
enum args_option {
	ARGS_PROBLEMS,
	ARGS_FOLLOW,
	ARGS_HTTP,
	ARGS_TO,
	ARGS_REASON,
	ARGS_KEEPALIVED,
	ARGS_CONFIG_ID,
	ARGS_OPTION_COUNT
};

struct args;

struct args_command {
	const char *word;
	int (*run)(const struct args *args); /* returns the exit code */
	const char *arg;                     /* "NS/NAME"; NULL: takes none */
	const char *help;
	unsigned options; /* 1 << enum args_option, of those it takes */
};

struct args {
	const struct args_command *command; /* NULL: --help or --version */
	const char *arg;                    /* NULL: the command takes none */
	const char *socket_path;
	enum args_format format;
	/* What was given: the value, "" of an option without one; NULL: not. */
	const char *option[ARGS_OPTION_COUNT];
	bool version;
	bool help;
};

/*
 * Options may stand before and behind the command. table ends with a NULL
 * word. Returns false with the complaint on err.
 */
bool args_parse(
    int argc, char **argv, const struct args_command *table, struct args *out, FILE *err);
void args_usage(const struct args_command *table, FILE *out);

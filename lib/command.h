/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command line as the configuration has it, taken apart into arguments:
 * blanks separate, '...' is literal, in "..." and outside of quotes a backslash
 * takes the next character's meaning away. No variables, no wildcards: no
 * shell is between vipd and a script.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define COMMAND_ARGS_MAX 64
/* Where commands are looked for, whatever the environment says. */
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct command {
	char *argv[COMMAND_ARGS_MAX + 1]; /* ends with NULL; points into buf */
	size_t argc;
	char *buf;
};

/* Returns NULL, or what is wrong with text; command_free() in the first case. */
const char *command_split(struct command *c, const char *text);
void command_free(struct command *c);
/* The file that a name stands for, as execvp(3) finds it; false: none. A path
 * stands for itself. */
bool command_find(const char *name, char path[PATH_MAX]);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for commands, users and weights: they read and print the field at the
 * row's offset. `COMMAND [USER [GROUP]]`; a command with arguments is one
 * quoted word.
 */
#pragma once

#include "conf_build.h"
#include "conf_watch.h"

void conf_read_command(
    struct conf_reader *r, const struct conf_statement *st, void *object);
/* Only `USER [GROUP]`. */
void conf_read_user(struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_print_command(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);

/* `weight N [reverse]`; the row's max is the largest absolute value. */
size_t conf_weight_more(
    const struct conf_table *t, const struct conf_word *words, size_t n);
void conf_read_weight(
    struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_print_weight(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);
/* A decimal number with an optional sign. */
bool conf_integer_parse(const char *text, int32_t *out);

/* Whoever has no user gets the default; nothing to run is nothing to change. */
void conf_command_complete(struct conf_command *c, const struct conf_command *user);

#define CONF_COMMAND_ROW(name, type, member, text)                                       \
	{                                                                                \
		(name), .args = "COMMAND [USER [GROUP]]", .kind = CONF_CUSTOM,           \
			.named = true, .more = conf_two_more,                            \
			.offset = offsetof(type, member), .read = conf_read_command,     \
			.print = conf_print_command, .help = (text)                      \
	}
#define CONF_WEIGHT_ROW(type, member, limit, text)                                       \
	{                                                                                \
		"weight", .args = "NUMBER [reverse]", .kind = CONF_CUSTOM,               \
			  .named = true, .more = conf_weight_more, .max = (limit),       \
			  .offset = offsetof(type, member), .read = conf_read_weight,    \
			  .print = conf_print_weight, .help = (text)                     \
	}

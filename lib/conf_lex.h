/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text -> words, braces and line ends. Knows comments (`#` and `!`), quotes
 * with escapes, and lines that hold only for one configuration id (`@id`,
 * `@^id`); knows no keyword. What keepalived would replace before it reads
 * (`$NAME`, `~SEQ`) is refused here, never taken for a word.
 */
#pragma once

#include <stdbool.h>

#include "conf_problem.h"

struct conf_word {
	const char *text; /* unquoted; lives as long as the lexer's out */
	struct conf_pos pos;
};

enum conf_token {
	CONF_TOKEN_WORD,
	CONF_TOKEN_OPEN,
	CONF_TOKEN_CLOSE,
	CONF_TOKEN_LINE_END,
	CONF_TOKEN_END,
};

struct conf_lexer {
	const char *text;
	size_t len;
	size_t at;
	struct conf_pos pos; /* of the next character */
	bool line_begins;
	const char *config_id;
	struct conf_problems *problems;
	char *out; /* words, each with its NUL */
};

/* Bytes that out needs for a text of len bytes. */
#define CONF_LEX_OUT(len) (2 * (len) + 1)

void conf_lexer_init(struct conf_lexer *lx, const char *file, const char *text,
    size_t len, char *out, unsigned first_order);
/* word->pos is set for every token, its text for CONF_TOKEN_WORD. */
enum conf_token conf_lex(struct conf_lexer *lx, struct conf_word *word);

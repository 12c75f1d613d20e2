/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text -> words, braces and line ends. Knows comments (`#` and `!`), quotes
 * with escapes, and lines that hold only for one configuration id (`@id`,
 * `@^id`); knows no keyword. Names are replaced by conf_expand.h.
 */
#pragma once

#include "conf_expand.h"

struct conf_word {
	const char *text; /* unquoted; lives as long as the scope's heap */
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
	struct conf_input input;
	struct conf_scope *scope;
	bool line_begins;
	/* Set by the reader: up to the end of the next word braces are plain
	 * characters, as in a pattern of file names. */
	bool takes_braces;
	char *word; /* under construction */
	size_t len;
	size_t cap;
};

void conf_lexer_init(struct conf_lexer *lx, struct conf_scope *scope, const char *file,
    const char *text, size_t len, unsigned first_order);
void conf_lexer_fini(struct conf_lexer *lx);
/* word->pos is set for every token, its text for CONF_TOKEN_WORD. */
enum conf_token conf_lex(struct conf_lexer *lx, struct conf_word *word);

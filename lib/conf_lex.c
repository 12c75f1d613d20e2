/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_lex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void
conf_lexer_init(struct conf_lexer *lx, struct conf_scope *scope, const char *file,
    const char *text, size_t len, unsigned first_order)
{
	*lx = (struct conf_lexer){ .scope = scope, .line_begins = true };
	conf_input_init(&lx->input, file, text, len, first_order);
}

void
conf_lexer_fini(struct conf_lexer *lx)
{
	free(lx->word);
}

static int
peek(struct conf_lexer *lx)
{
	return conf_input_peek(&lx->input);
}

static int
take(struct conf_lexer *lx)
{
	return conf_input_take(&lx->input);
}

static void
skip_line(struct conf_lexer *lx)
{
	while (peek(lx) >= 0 && peek(lx) != '\n')
		take(lx);
}

static bool
ends_word(const struct conf_lexer *lx, int c)
{
	const char *others = lx->takes_braces ? "#!" : "#!{}";

	return c < 0 || c == '\n' || conf_is_blank(c) || (c && strchr(others, c));
}

/* ---- words ---- */

static void
put(struct conf_lexer *lx, int c)
{
	lx->word = array_grow(lx->word, lx->len, &lx->cap, 1);
	lx->word[lx->len++] = (char)c;
}

static int
digit_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Up to max digits of base (8, 16). */
static unsigned
take_number(struct conf_lexer *lx, int base, int max)
{
	unsigned v = 0;

	for (; max && peek(lx) >= 0 && digit_value(peek(lx)) < base; max--)
		v = v * (unsigned)base + (unsigned)digit_value(take(lx));
	return v;
}

/* What stands behind a backslash in quotes, as keepalived.conf(5) has it. */
static int
take_escape(struct conf_lexer *lx)
{
	static const char from[] = "abEfnrtv", to[] = "\a\b\033\f\n\r\t\v";
	int c = peek(lx);
	const char *at;

	if (c >= '0' && c <= '7')
		return (int)(take_number(lx, 8, 3) & 0xff);
	take(lx);
	if (c == 'x')
		return (int)take_number(lx, 16, 2);
	if (c == 'c')
		return take(lx) & 0x1f;
	at = c > 0 ? strchr(from, c) : NULL;
	return at ? to[at - from] : c;
}

static void
take_quoted(struct conf_lexer *lx)
{
	struct conf_problems *ps = lx->scope->problems;
	struct conf_pos start = lx->input.pos;
	int quote = take(lx);

	for (;;) {
		struct conf_pos at = lx->input.pos;
		int c = peek(lx);

		if (c < 0 || c == '\n') {
			conf_error(ps, &start, "this quote is never closed");
			return;
		}
		if (c == '$') {
			c = conf_expand_name(&lx->input, lx->scope, quote);
			if (c >= 0)
				put(lx, c);
			continue;
		}
		take(lx);
		if (c == quote)
			return;
		if (c == '\\' && peek(lx) >= 0 && peek(lx) != '\n')
			c = take_escape(lx);
		if (!c)
			conf_error(ps, &at, "a NUL cannot be part of a word");
		else
			put(lx, c);
	}
}

static void
take_plain(struct conf_lexer *lx)
{
	struct conf_problems *ps = lx->scope->problems;
	struct conf_pos at = lx->input.pos;
	int c = take(lx);

	if (c == '\\')
		conf_error(
		    ps, &at, "a backslash is an escape only in quotes; quote the word");
	else if (c < ' ' || c == 0x7f)
		conf_error(ps, &at, "the byte 0x%02x is not part of a text", (unsigned)c);
	else
		put(lx, c);
}

static void
take_word(struct conf_lexer *lx, struct conf_word *word)
{
	while (!ends_word(lx, peek(lx))) {
		int c = peek(lx);

		if (c == '"' || c == '\'') {
			take_quoted(lx);
		} else if (c == '$') {
			c = conf_expand_name(&lx->input, lx->scope, 0);
			if (c >= 0)
				put(lx, c);
		} else {
			take_plain(lx);
		}
	}
	word->text = conf_heap_add(&lx->scope->heap, lx->word, lx->len);
	lx->len = 0;
	lx->takes_braces = false;
}

/* ---- lines ---- */

/* "@id words..." and "@^id words...": true if the line is for us. */
static bool
holds_here(struct conf_lexer *lx)
{
	const char *id = lx->scope->config_id ? lx->scope->config_id : "";
	struct conf_pos start = lx->input.pos;
	bool negated, equal = true;
	size_t len = 0;

	take(lx);
	negated = peek(lx) == '^';
	if (negated)
		take(lx);
	for (; !ends_word(lx, peek(lx)); len++)
		if (take(lx) != (len < strlen(id) ? (unsigned char)id[len] : -1))
			equal = false;
	if (!len)
		conf_error(lx->scope->problems, &start, "'@' needs a configuration id");
	return (equal && len == strlen(id)) != negated;
}

/* True if there is nothing left of this line, or something else came in its
 * place. */
static bool
begin_line(struct conf_lexer *lx)
{
	if (peek(lx) != '@')
		return conf_expand_line(&lx->input, lx->scope);
	if (!holds_here(lx))
		skip_line(lx);
	return true;
}

/* A name by itself: the line may begin with its value. False: it is a
 * character, put into the word. */
static bool
expand_between_words(struct conf_lexer *lx)
{
	int c = conf_expand_name(&lx->input, lx->scope, 0);

	if (c >= 0)
		put(lx, c);
	return c < 0;
}

enum conf_token
conf_lex(struct conf_lexer *lx, struct conf_word *word)
{
	for (;;) {
		int c = peek(lx);

		word->pos = lx->input.pos;
		word->text = "";
		lx->input.pos.order++;
		if (c < 0)
			return CONF_TOKEN_END;
		if (conf_is_blank(c)) {
			take(lx);
		} else if (c == '\n') {
			take(lx);
			lx->line_begins = true;
			lx->takes_braces = false;
			return CONF_TOKEN_LINE_END;
		} else if (c == '#' || c == '!') {
			skip_line(lx);
		} else if ((c == '{' || c == '}') && !lx->takes_braces) {
			take(lx);
			lx->line_begins = false;
			return c == '{' ? CONF_TOKEN_OPEN : CONF_TOKEN_CLOSE;
		} else if (lx->line_begins && begin_line(lx)) {
			continue;
		} else if (c != '$' || !expand_between_words(lx)) {
			lx->line_begins = false;
			take_word(lx, word);
			return CONF_TOKEN_WORD;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_lex.h"

#include <ctype.h>
#include <string.h>

void
conf_lexer_init(struct conf_lexer *lx, const char *file, const char *text, size_t len,
    char *out, unsigned first_order)
{
	*lx = (struct conf_lexer){
		.text = text,
		.len = len,
		.pos = { .file = file, .line = 1, .column = 1, .order = first_order },
		.line_begins = true,
		.out = out,
	};
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		lx->at = 3; /* a byte-order mark */
}

/* The next character or -1. */
static int
peek(const struct conf_lexer *lx)
{
	return lx->at < lx->len ? (unsigned char)lx->text[lx->at] : -1;
}

static int
take(struct conf_lexer *lx)
{
	int c = peek(lx);

	if (c < 0)
		return c;
	lx->at++;
	if (c == '\n') {
		lx->pos.line++;
		lx->pos.column = 1;
	} else if ((c & 0xc0) != 0x80) { /* not inside a UTF-8 sequence */
		lx->pos.column++;
	}
	return c;
}

static void
skip_line(struct conf_lexer *lx)
{
	while (peek(lx) >= 0 && peek(lx) != '\n')
		take(lx);
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool
ends_word(int c)
{
	return c < 0 || c == '\n' || is_blank(c) || (c && strchr("#!{}", c));
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

/* keepalived would put a definition's value here. */
static void
refuse_variable(struct conf_lexer *lx, const struct conf_pos *pos)
{
	conf_error(lx->problems, pos,
	    "'$' names a variable, which vipd does not support yet; "
	    "in single quotes it is a plain character");
	if (peek(lx) != '{')
		return;
	while (peek(lx) >= 0 && peek(lx) != '\n')
		if (take(lx) == '}')
			return;
}

static char *
take_quoted(struct conf_lexer *lx, char *out)
{
	struct conf_pos start = lx->pos;
	int quote = take(lx);

	for (;;) {
		struct conf_pos at = lx->pos;
		int c = peek(lx);

		if (c < 0 || c == '\n') {
			conf_error(lx->problems, &start, "this quote is never closed");
			return out;
		}
		take(lx);
		if (c == quote)
			return out;
		if (c == '$' && quote == '"')
			refuse_variable(lx, &at);
		else if (c == '\\' && peek(lx) >= 0 && peek(lx) != '\n')
			c = take_escape(lx);
		if (!c)
			conf_error(lx->problems, &at, "a NUL cannot be part of a word");
		else
			*out++ = (char)c;
	}
}

static void
take_word(struct conf_lexer *lx, struct conf_word *word)
{
	char *out = lx->out;

	word->text = out;
	while (!ends_word(peek(lx))) {
		struct conf_pos at = lx->pos;
		int c = peek(lx);

		if (c == '"' || c == '\'') {
			out = take_quoted(lx, out);
			continue;
		}
		take(lx);
		if (c == '$')
			refuse_variable(lx, &at);
		else if (c == '\\')
			conf_error(lx->problems, &at,
			    "a backslash is an escape only in quotes; quote the word");
		else if (c < ' ' || c == 0x7f)
			conf_error(lx->problems, &at,
			    "the byte 0x%02x is not part of a text", (unsigned)c);
		else
			*out++ = (char)c;
	}
	*out++ = '\0';
	lx->out = out;
}

/* "@id words..." and "@^id words...": true if the line is for us. */
static bool
holds_here(struct conf_lexer *lx)
{
	const char *id = lx->text + lx->at + 1;
	struct conf_pos start = lx->pos;
	bool negated, equal;
	size_t len = 0;

	take(lx);
	negated = peek(lx) == '^';
	if (negated) {
		take(lx);
		id++;
	}
	while (!ends_word(peek(lx))) {
		take(lx);
		len++;
	}
	if (!len)
		conf_error(lx->problems, &start, "'@' needs a configuration id");
	equal = lx->config_id && strlen(lx->config_id) == len &&
	    !memcmp(lx->config_id, id, len);
	return equal != negated;
}

/* At the first word of a line; true if the line is to be skipped. */
static bool
line_is_skipped(struct conf_lexer *lx)
{
	const unsigned char *rest = (const unsigned char *)lx->text + lx->at;
	size_t n = 0;

	switch (peek(lx)) {
	case '@':
		return !holds_here(lx);
	case '~':
		conf_error(lx->problems, &lx->pos,
		    "~SEQ and ~LST are not supported; write the lines out");
		return true;
	case '$':
		while (n < lx->len - lx->at && !ends_word(rest[n]) && rest[n] != '=')
			n++;
		if (n == lx->len - lx->at || rest[n] != '=')
			return false;
		conf_error(lx->problems, &lx->pos,
		    "definitions ($NAME=VALUE) are not supported yet");
		return true;
	}
	return false;
}

enum conf_token
conf_lex(struct conf_lexer *lx, struct conf_word *word)
{
	for (;;) {
		int c = peek(lx);

		word->pos = lx->pos;
		word->text = "";
		lx->pos.order++;
		if (c < 0)
			return CONF_TOKEN_END;
		if (is_blank(c)) {
			take(lx);
		} else if (c == '\n') {
			take(lx);
			lx->line_begins = true;
			return CONF_TOKEN_LINE_END;
		} else if (c == '#' || c == '!') {
			skip_line(lx);
		} else if (c == '{' || c == '}') {
			take(lx);
			lx->line_begins = false;
			return c == '{' ? CONF_TOKEN_OPEN : CONF_TOKEN_CLOSE;
		} else if (lx->line_begins && line_is_skipped(lx)) {
			skip_line(lx);
		} else if (lx->line_begins && c == '@') {
			lx->line_begins = false;
		} else {
			lx->line_begins = false;
			take_word(lx, word);
			return CONF_TOKEN_WORD;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_lex.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* The tokens of a text, a blank apart: words in [], line ends as "/". */
static char *
tokens(const char *text, size_t len, const char *id, struct conf_problems *ps)
{
	static char out[4096];
	char words[CONF_LEX_OUT(1024)];
	struct conf_lexer lx;
	struct conf_word word;
	size_t at = 0;

	out[0] = '\0';
	ck_assert_uint_le(len, 1024);
	conf_lexer_init(&lx, "f", text, len, words, 1);
	lx.config_id = id;
	lx.problems = ps;
	for (;;) {
		enum conf_token token = conf_lex(&lx, &word);

		if (token == CONF_TOKEN_END)
			return out;
		at += (size_t)snprintf(out + at, sizeof(out) - at,
		    token == CONF_TOKEN_WORD        ? "[%s]"
			: token == CONF_TOKEN_OPEN  ? "{"
			: token == CONF_TOKEN_CLOSE ? "}"
						    : "/",
		    word.text);
		ck_assert_uint_le((size_t)(lx.out - words), CONF_LEX_OUT(len));
	}
}

START_TEST(text_becomes_words_braces_and_line_ends)
{
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{ "", "" },
		{ "priority 100\n", "[priority][100]/" },
		{ "a{b}c", "[a]{[b]}[c]" },
		{ "\xef\xbb\xbf"
		  "a",
		    "[a]" },
		{ "a\r\n\tb \f c", "[a]/[b][c]" },
		{ "a # b { }\nc ! d\ne#f", "[a]/[c]/[e]" },
		{ "\"a b\" 'c # d' \"{\"", "[a b][c # d][{]" },
		{ "x\"y z\"'w'", "[xy zw]" },
		{ "\"\" ''", "[][]" },
		{ "\"a\\\"b\\\\c\\'d\"", "[a\"b\\c'd]" },
		{ "'a\\'b'", "[a'b]" },
		{ "\"\\t\\101\\x42\\cA\\E\\q\"", "[\tAB\001\033q]" },
		{ "\"\\1234\"", "[S4]" },
		{ "'$NAME ${X}'", "[$NAME ${X}]" },
		{ "\"\\$NAME\"", "[$NAME]" },
		{ "\303\244b", "[\303\244b]" },
		{ "a @b", "[a][@b]" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_problems ps = { 0 };

		ck_assert_str_eq(tokens(cases[i].text, strlen(cases[i].text), "id", &ps),
		    cases[i].tokens);
		ck_assert_uint_eq(ps.count, 0);
	}
}
END_TEST

START_TEST(lines_hold_for_the_ids_they_name)
{
	static const struct {
		const char *id, *text, *tokens;
	} cases[] = {
		{ "one", "@one a\n@two b\nc", "[a]//[c]" },
		{ "two", "@one a\n@two b\nc", "/[b]/[c]" },
		{ "one", "@^one a\n@^two b", "/[b]" },
		{ "one", "  @two a { b }\n{ c }", "/{[c]}" },
		{ "one", "@on a\n@onee b", "/" },
		{ "", "@one a\n@^one b", "/[b]" },
		{ NULL, "@one a", "" },
		{ "one", "@one { a\n@one }", "{[a]/}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_problems ps = { 0 };

		ck_assert_str_eq(
		    tokens(cases[i].text, strlen(cases[i].text), cases[i].id, &ps),
		    cases[i].tokens);
		ck_assert_uint_eq(ps.count, 0);
	}
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error_at_its_place)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned line, column;
		const char *says, *tokens;
	} cases[] = {
		{ "a \"b\nc", 6, 1, 3, "never closed", "[a][b]/[c]" },
		{ "'a", 2, 1, 1, "never closed", "[a]" },
		{ "\n$A=b { c\nd", 11, 2, 1, "definitions", "//[d]" },
		{ "a $B c", 6, 1, 3, "variable", "[a][B][c]" },
		{ "a ${B c} d", 10, 1, 3, "variable", "[a][][d]" },
		{ "\"x ${Y}\"", 8, 1, 4, "variable", "[x $]" },
		{ "~SEQ(a, 1) b\nc", 14, 1, 1, "~SEQ", "/[c]" },
		{ "a\\b", 3, 1, 2, "backslash", "[ab]" },
		{ "a\0b", 3, 1, 2, "0x00", "[ab]" },
		{ "a\001b", 3, 1, 2, "0x01", "[ab]" },
		{ "\"\\0\"", 4, 1, 2, "NUL", "[]" },
		{ "\303\244\303\244 \001", 6, 1, 4, "0x01", "[\303\244\303\244][]" },
		{ "@ a", 3, 1, 1, "configuration id", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_problems ps = { 0 };

		ck_assert_str_eq(
		    tokens(cases[i].text, cases[i].len, "id", &ps), cases[i].tokens);
		ck_assert_msg(ps.count == 1, "%s: %zu", cases[i].text, ps.count);
		ck_assert_uint_eq(ps.items[0].line, cases[i].line);
		ck_assert_uint_eq(ps.items[0].column, cases[i].column);
		ck_assert_ptr_nonnull(strstr(ps.items[0].text, cases[i].says));
		conf_problems_free(&ps);
	}
}
END_TEST

START_TEST(positions_count_characters_and_never_go_back)
{
	static const char text[] = "a\n\t\303\244 bb # c\n  { \"d\ne";
	static const struct {
		unsigned line, column;
	} want[] = { { 1, 1 }, { 1, 2 }, { 2, 2 }, { 2, 4 }, { 2, 10 }, { 3, 3 },
		{ 3, 5 }, { 3, 7 }, { 4, 1 } };
	char words[CONF_LEX_OUT(sizeof(text))];
	struct conf_problems ps = { 0 };
	struct conf_word word;
	struct conf_lexer lx;
	unsigned order = 0;
	size_t n = 0;

	conf_lexer_init(&lx, "f", text, strlen(text), words, 1);
	lx.problems = &ps;
	while (conf_lex(&lx, &word) != CONF_TOKEN_END) {
		ck_assert_uint_lt(n, sizeof(want) / sizeof(*want));
		ck_assert_uint_eq(word.pos.line, want[n].line);
		ck_assert_uint_eq(word.pos.column, want[n].column);
		ck_assert_uint_gt(word.pos.order, order);
		order = word.pos.order;
		n++;
	}
	ck_assert_uint_eq(n, sizeof(want) / sizeof(*want));
	conf_problems_free(&ps);
}
END_TEST

UNIT_MAIN("conf_lex", text_becomes_words_braces_and_line_ends,
    lines_hold_for_the_ids_they_name, what_cannot_be_read_is_an_error_at_its_place,
    positions_count_characters_and_never_go_back)

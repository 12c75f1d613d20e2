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
	struct conf_scope scope = { .config_id = id, .problems = ps };
	struct conf_lexer lx;
	struct conf_word word;
	size_t at = 0;

	out[0] = '\0';
	conf_lexer_init(&lx, &scope, "f", text, len, 1);
	for (;;) {
		enum conf_token token = conf_lex(&lx, &word);

		if (token == CONF_TOKEN_END)
			break;
		at += (size_t)snprintf(out + at, sizeof(out) - at,
		    token == CONF_TOKEN_WORD        ? "[%s]"
			: token == CONF_TOKEN_OPEN  ? "{"
			: token == CONF_TOKEN_CLOSE ? "}"
						    : "/",
		    word.text);
	}
	conf_lexer_fini(&lx);
	conf_vars_free(&scope.vars);
	conf_heap_free(&scope.heap);
	return out;
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

/* Several line ends in a row are one, at the beginning none. */
static const char *
squeezed(const char *text)
{
	static char out[4096];
	size_t at = 0;

	for (; *text; text++)
		if (*text != '/' || (at && out[at - 1] != '/'))
			out[at++] = *text;
	out[at] = '\0';
	return out;
}

START_TEST(names_are_replaced_where_they_are_used)
{
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{ "$A=1\npriority $A\n", "/[priority][1]/" },
		{ "  $A=10.0.0  # x\n${A}.1/32", "/[10.0.0.1/32]" },
		{ "$A=\na $A b", "/[a][b]" },
		{ "$A=x y\n${A}z", "/[x][yz]" },
		{ "$A=\"x y\"\nb $A", "/[b][x y]" },
		{ "$A=y\n\"x ${A} z\" '${A}'", "/[x y z][y]" },
		{ "$B=10.2.${S}\n$S=0\n${B}.1\n$S=10\n${B}.1",
		    "//[10.2.0.1]//[10.2.10.1]" },
		{ "@here $P=240\n@^here $P=200\np $P", "//[p][240]" },
		{ "$M=@here\n$M p 1\n$N=@there\n$N p 2", "/[p][1]//" },
		{ "$A=1\n$A=2\n$A", "//[2]" },
		{ "\"${_INSTANCE}\" a${_HASH}b${_BANG}c", "[here][a#b!c]" },
		{ "$I=\\\n a ${N} { \\\n  @here b $N \\\n\n @no c \\\n }\n"
		  "$N=1\n$I\n$N=2\n$I # twice\n",
		    "//[a][1]{/[b][1]//}//[a][2]{/[b][2]//}/" },
		{ "$R=\\\nr $K\\\nend\n$V=\\\n$K=1\\\n$R\\\n$K=2\\\n$R\n$V",
		    "///[r][1]/[end]//[r][2]/[end]" },
		{ "~SEQ(N, 0, 3) a${N}\nb", "[a0]/[a1]/[a2]/[a3]//[b]" },
		{ "~SEQ(N, 2) a $N", "[a][1]/[a][2]/" },
		{ "~SEQ(N, 4, -2, 0) a${N}", "[a4]/[a2]/[a0]/" },
		{ "~SEQx(N, 144, 0x10, 0xa0) ::${N}", "[::90]/[::a0]/" },
		{ "~SEQ(A,1,2) ~SEQ(B,1,2) ${A}.${B}", "[1.1]/[1.2]//[2.1]/[2.2]//" },
		{ "~LST(A, x, y) a $A { }", "[a][x]{}/[a][y]{}/" },
		{ "~LST({A, B}, {1, 2},{3,4}) ${A}-${B}", "[1-2]/[3-4]/" },
		{ "$V=\\\na $N\\\nb\n~SEQ(N,1,2) $V", "/[a][1]/[b]/[a][2]/[b]/" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_problems ps = { 0 };
		char found[1024];

		snprintf(found, sizeof(found), "%s",
		    squeezed(tokens(cases[i].text, strlen(cases[i].text), "here", &ps)));
		ck_assert_msg(ps.count == 0, "%s: %s", cases[i].text,
		    ps.count ? ps.items[0].text : "");
		ck_assert_str_eq(squeezed(cases[i].tokens), found);
	}
}
END_TEST

START_TEST(what_a_text_may_become_is_bounded)
{
	static const char text[] = "$A=xxxxxxxxxxxxxxxx\n"
				   "$B=${A}${A}${A}${A}${A}${A}${A}${A}${A}${A}\n"
				   "$C=${B}${B}${B}${B}${B}${B}${B}${B}${B}${B}\n"
				   "$D=${C}${C}${C}${C}${C}${C}${C}${C}${C}${C}\n"
				   "$E=${D}${D}${D}${D}${D}${D}${D}${D}${D}${D}\n"
				   "$F=${E}${E}${E}${E}${E}${E}${E}${E}${E}${E}\n"
				   "${F}${F}${F}${F}${F}${F}${F}${F}${F}\n";
	struct conf_problems ps = { 0 };
	struct conf_scope scope = { .problems = &ps };
	struct conf_lexer lx;
	struct conf_word word;

	conf_lexer_init(&lx, &scope, "f", text, strlen(text), 1);
	while (conf_lex(&lx, &word) != CONF_TOKEN_END)
		ck_assert_uint_le(strlen(word.text), CONF_EXPAND_MAX);
	ck_assert_uint_gt(ps.errors, 0);
	ck_assert_ptr_nonnull(strstr(ps.items[0].text, "4 MiB"));
	ck_assert_uint_eq(ps.items[0].line, 7);
	conf_lexer_fini(&lx);
	conf_vars_free(&scope.vars);
	conf_heap_free(&scope.heap);
	conf_problems_free(&ps);
}
END_TEST

START_TEST(what_is_replaced_has_the_place_of_its_name)
{
	static const char text[] = "$A=b c\nx $A d\n$M=\\\ne\\\nf\n  $M\ng";
	static const struct {
		const char *word;
		unsigned line, column;
	} want[] = { { "x", 2, 1 }, { "b", 2, 3 }, { "c", 2, 3 }, { "d", 2, 6 },
		{ "e", 6, 3 }, { "f", 6, 3 }, { "g", 7, 1 } };
	struct conf_problems ps = { 0 };
	struct conf_scope scope = { .problems = &ps };
	enum conf_token token;
	struct conf_lexer lx;
	struct conf_word word;
	size_t n = 0;

	conf_lexer_init(&lx, &scope, "f", text, strlen(text), 1);
	while ((token = conf_lex(&lx, &word)) != CONF_TOKEN_END) {
		if (token != CONF_TOKEN_WORD)
			continue;
		ck_assert_uint_lt(n, sizeof(want) / sizeof(*want));
		ck_assert_str_eq(word.text, want[n].word);
		ck_assert_uint_eq(word.pos.line, want[n].line);
		ck_assert_uint_eq(word.pos.column, want[n].column);
		n++;
	}
	ck_assert_uint_eq(n, sizeof(want) / sizeof(*want));
	conf_lexer_fini(&lx);
	conf_vars_free(&scope.vars);
	conf_heap_free(&scope.heap);
	conf_problems_free(&ps);
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
		{ "a $B c", 6, 1, 3, "B is not defined", "[a][c]" },
		{ "a ${B} c", 8, 1, 3, "B is not defined", "[a][c]" },
		{ "a $1 b", 6, 1, 3, "begins no name", "[a][1][b]" },
		{ "\"x ${Y}\"", 8, 1, 4, "stays as it is", "[x ${Y}]" },
		{ "$A=1\na $A/2", 11, 2, 3, "write ${A}", "/[a][/2]" },
		{ "$A=1\n\"$A\"", 9, 2, 2, "only ${A} is replaced", "/[$A]" },
		{ "$A=${A}\na ${A}\n", 15, 2, 3, "nested too deeply", "/[a]/" },
		{ "$A=\\\nb\\\nc\n${A} d\n", 17, 4, 1, "several lines", "/[d]/" },
		{ "$A=b \\\nc\n", 9, 1, 1, "begin below", "/" },
		{ "$A=b\0c\nd", 8, 1, 1, "NUL", "/[d]" },
		{ "a ${_ENV NOT_THERE}", 19, 1, 3, "no NOT_THERE", "[a]" },
		{ "a ${_RANDOM}", 12, 1, 3, "_RANDOM", "[a]" },
		{ "~SEQ(1, 1) b\nc", 14, 1, 1, "~SEQ takes", "/[c]" },
		{ "~SEQ(A, 1, 1, 0) b", 18, 1, 1, "leads away", "" },
		{ "~SEQ(A, 1, 0, 5) b", 18, 1, 1, "STEP", "" },
		{ "~SEQ(A, x) b", 12, 1, 1, "END", "" },
		{ "~LST({A, B}, {1}) b", 19, 1, 1, "as many values", "" },
		{ "~LST(A, 1 b", 11, 1, 1, "no ')'", "" },
		{ "~X(A) b", 7, 1, 1, "begins with '~'", "" },
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
		ck_assert_msg(strstr(ps.items[0].text, cases[i].says) != NULL, "%s: %s",
		    cases[i].text, ps.items[0].text);
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
	struct conf_problems ps = { 0 };
	struct conf_scope scope = { .problems = &ps };
	struct conf_word word;
	struct conf_lexer lx;
	unsigned order = 0;
	size_t n = 0;

	conf_lexer_init(&lx, &scope, "f", text, strlen(text), 1);
	while (conf_lex(&lx, &word) != CONF_TOKEN_END) {
		ck_assert_uint_lt(n, sizeof(want) / sizeof(*want));
		ck_assert_uint_eq(word.pos.line, want[n].line);
		ck_assert_uint_eq(word.pos.column, want[n].column);
		ck_assert_uint_gt(word.pos.order, order);
		order = word.pos.order;
		n++;
	}
	ck_assert_uint_eq(n, sizeof(want) / sizeof(*want));
	conf_lexer_fini(&lx);
	conf_heap_free(&scope.heap);
	conf_problems_free(&ps);
}
END_TEST

UNIT_MAIN("conf_lex", text_becomes_words_braces_and_line_ends,
    lines_hold_for_the_ids_they_name, names_are_replaced_where_they_are_used,
    what_a_text_may_become_is_bounded, what_is_replaced_has_the_place_of_its_name,
    what_cannot_be_read_is_an_error_at_its_place,
    positions_count_characters_and_never_go_back)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables themselves, their values, and the man page that describes them. */
#include "conf_words.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conf_build.h"
#include "conf_keepalived.h"
#include "conf_value.h"
#include "mem.h"
#include "unit.h"

/* As large as any object that a table describes. */
union object {
	struct conf_draft draft;
	struct conf_globals globals;
	struct conf_services_draft services;
};

#define EACH_ROW(t, kw)                                                                  \
	const struct conf_table *t;                                                      \
	for (size_t i_ = 0; (t = conf_table_at(i_)); i_++)                               \
		for (const struct conf_keyword *kw = t->words;                           \
		     kw < t->words + t->n_words; kw++)

START_TEST(a_table_has_each_word_once_and_a_place_for_it)
{
	EACH_ROW(t, kw)
	{
		ck_assert_ptr_nonnull(kw->word);
		ck_assert_ptr_eq(conf_find_keyword(t, kw->word), kw);
		ck_assert_uint_le(t->first_id + t->n_words, CONF_SEEN_MAX);
		ck_assert_uint_lt(kw->offset + kw->size, sizeof(union object));
	}
}
END_TEST

START_TEST(a_row_has_what_its_kind_needs)
{
	EACH_ROW(t, kw)
	{
		bool custom = kw->kind == CONF_CUSTOM;

		if (kw->kind == CONF_LATER)
			continue;
		ck_assert_msg(kw->help && *kw->help, "%s", kw->word);
		ck_assert_msg(kw->args || kw->kind == CONF_FLAG, "%s", kw->word);
		ck_assert_msg(custom == (kw->read != NULL), "%s", kw->word);
		ck_assert_msg(
		    custom || kw->kind == CONF_BLOCK || kw->size, "%s", kw->word);
		ck_assert_msg(
		    (kw->kind == CONF_CHOICE) == (kw->choices != NULL), "%s", kw->word);
		if (kw->kind == CONF_NUMBER || kw->kind == CONF_SECONDS)
			ck_assert_msg(kw->max > kw->min, "%s", kw->word);
		if (kw->kind == CONF_NUMBER && kw->size == 1)
			ck_assert_msg(kw->max <= UINT8_MAX, "%s", kw->word);
	}
}
END_TEST

START_TEST(every_default_is_a_value_that_the_row_allows)
{
	EACH_ROW(t, kw)
	{
		union object object = { 0 };

		if (kw->def)
			ck_assert_msg(
			    conf_value_read(kw, kw->def, "", &object), "%s", kw->word);
	}
}
END_TEST

START_TEST(no_word_of_keepalived_hides_one_of_ours)
{
	for (size_t i = 0; i < conf_foreign_count(); i++) {
		const struct conf_foreign *f = conf_foreign_at(i);
		const struct conf_table *t;

		ck_assert_uint_eq(conf_foreign_index(f), i);
		for (size_t k = 0; (t = conf_table_at(k)); k++)
			if (t->context & f->contexts)
				ck_assert_msg(
				    !conf_find_keyword(t, f->word), "%s", f->word);
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(!(conf_foreign_at(k)->contexts & f->contexts) ||
				strcmp(conf_foreign_at(k)->word, f->word),
			    "%s", f->word);
	}
}
END_TEST

START_TEST(seconds_are_decimal_and_exact)
{
	static const struct {
		const char *text;
		uint64_t us;
	} good[] = { { "0", 0 }, { "1", 1000000 }, { "0.01", 10000 },
		{ "40.95", 40950000 }, { "0.000001", 1 }, { "0.0000010", 1 },
		{ "3600", 3600000000 }, { "007.5", 7500000 }, { ".5", 500000 } };
	static const char *const bad[] = { "", ".", "1.", "-1", "+1", "1e3", "0x1",
		"1.2.3", "1s", " 1", "0.0000001", "99999999999999999999999" };
	uint64_t us;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		ck_assert_msg(conf_seconds_parse(good[i].text, &us), "%s", good[i].text);
		ck_assert_uint_eq(us, good[i].us);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!conf_seconds_parse(bad[i], &us), "%s", bad[i]);
}
END_TEST

START_TEST(numbers_are_plain_decimal)
{
	static const char *const bad[] = { "", "-1", "+1", "0x10", "1 ", "4294967296",
		"99999999999", "1.0", "a" };
	uint32_t n;

	ck_assert(conf_number_parse("4294967295", &n) && n == UINT32_MAX);
	ck_assert(conf_number_parse("0", &n) && n == 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!conf_number_parse(bad[i], &n), "%s", bad[i]);
}
END_TEST

START_TEST(interface_names_are_what_the_kernel_takes)
{
	static const char *const good[] = { "eth0", "eth0.100", "a", "br-ex", "vlan@x",
		"123456789012345" };
	static const char *const bad[] = { "", ".", "..", "a/b", "a b", "eth0:1",
		"1234567890123456", "a\n", "\303\244" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ck_assert_msg(conf_ifname_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!conf_ifname_ok(bad[i]), "%s", bad[i]);
}
END_TEST

struct sample {
	uint8_t number;
	bool flag;
	uint32_t us;
	char path[32];
	struct ipaddr addr;
};

START_TEST(values_outside_their_range_are_refused)
{
	const struct conf_keyword number = { .kind = CONF_NUMBER,
		CONF_FIELD(struct sample, number),
		.min = 5,
		.max = 200 };
	const struct conf_keyword us = { .kind = CONF_SECONDS,
		CONF_FIELD(struct sample, us),
		.min = 10000,
		.max = 2000000 };
	char buf[CONF_VALUE_STRLEN];
	struct sample s = { 0 };

	ck_assert(conf_value_read(&number, "5", "", &s) && s.number == 5);
	ck_assert(conf_value_read(&number, "200", "", &s) && s.number == 200);
	ck_assert(!conf_value_read(&number, "4", "", &s));
	ck_assert(!conf_value_read(&number, "201", "", &s));
	ck_assert_uint_eq(s.number, 200);
	ck_assert(conf_value_read(&us, "0.01", "", &s) && s.us == 10000);
	ck_assert(!conf_value_read(&us, "0.009999", "", &s));
	ck_assert(!conf_value_read(&us, "2.000001", "", &s));
	ck_assert_str_eq(
	    conf_value_allowed(&number, buf), "a whole number from 5 to 200");
	ck_assert_str_eq(conf_value_allowed(&us, buf), "seconds from 0.01 to 2");
}
END_TEST

START_TEST(booleans_have_six_words)
{
	const struct conf_keyword kw = { .kind = CONF_BOOL,
		CONF_FIELD(struct sample, flag) };
	static const char *const yes[] = { "yes", "on", "true" };
	static const char *const no[] = { "no", "off", "false" };
	static const char *const bad[] = { "Yes", "1", "0", "", "y" };
	struct sample s = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		ck_assert(conf_value_read(&kw, yes[i], "", &s) && s.flag);
		ck_assert(conf_value_read(&kw, no[i], "", &s) && !s.flag);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!conf_value_read(&kw, bad[i], "", &s), "%s", bad[i]);
}
END_TEST

START_TEST(paths_are_seen_from_the_file_that_says_them)
{
	const struct conf_keyword kw = { .kind = CONF_PATH,
		CONF_FIELD(struct sample, path) };
	struct sample s = { 0 };

	ck_assert(conf_value_read(&kw, "/a/b", "/etc/x/vipd.conf", &s));
	ck_assert_str_eq(s.path, "/a/b");
	ck_assert(conf_value_read(&kw, "a/b", "/etc/x/vipd.conf", &s));
	ck_assert_str_eq(s.path, "/etc/x/a/b");
	ck_assert(!conf_value_read(&kw, "/01234567890123456789012345678901", "", &s));
	ck_assert(!conf_value_read(&kw, "/a\nb", "", &s));
	ck_assert(!conf_value_read(&kw, "", "/etc/x", &s));
}
END_TEST

START_TEST(a_printed_word_reads_back)
{
	static const char *const words[] = { "a", "", "a b", "a#b", "!a", "a{b}", "\"",
		"'", "$x", "a${x}b", "${_HASH}", "a\\b", "@a", "~SEQ", "a\nb", "\0011",
		"\177", "\303\244" };
	char *text;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct conf_problems ps = { 0 };
		struct conf_scope scope = { .problems = &ps };
		struct conf_word word;
		struct conf_lexer lx;
		FILE *f = open_memstream(&text, &len);

		conf_print_word(f, words[i]);
		fclose(f);
		conf_lexer_init(&lx, &scope, "f", text, len, 1);
		ck_assert_int_eq(conf_lex(&lx, &word), CONF_TOKEN_WORD);
		ck_assert_str_eq(word.text, words[i]);
		ck_assert_int_eq(conf_lex(&lx, &word), CONF_TOKEN_END);
		ck_assert_uint_eq(ps.count, 0);
		conf_lexer_fini(&lx);
		conf_heap_free(&scope.heap);
		free(text);
	}
}
END_TEST

/* ---- man/vipd.conf.5 ---- */

static char *
read_manual(void)
{
	FILE *in = fopen("man/vipd.conf.5", "r");
	char *text = xcalloc(200000, 1);

	ck_assert_msg(in != NULL, "run from the top of the tree");
	ck_assert_uint_gt(fread(text, 1, 199999, in), 0);
	fclose(in);
	return text;
}

/* The entry of a word: from its ".It Ic WORD" to the next, in its table's
 * section if it has one. */
static char *
find_entry(const char *manual, const char *section, const char *word)
{
	_free_ char *title = xasprintf("\n.Sh %s\n", section);
	_free_ char *head = xasprintf("\n.It Ic %s", word);
	const char *at = strstr(manual, title), *end;

	if (!at)
		at = manual;
	while ((at = strstr(at, head)) && !strchr(" \n", at[strlen(head)]))
		at++;
	if (!at)
		return NULL;
	end = strstr(at + 1, "\n.It ");
	if (!end)
		end = strstr(at + 1, "\n.El");
	return xasprintf("%.*s", end ? (int)(end - at) : 4000, at);
}

START_TEST(the_manual_has_every_word_with_its_range_and_default)
{
	_free_ char *manual = read_manual();

	EACH_ROW(t, kw)
	{
		_free_ char *entry = find_entry(manual, t->name, kw->word);
		char allowed[CONF_VALUE_STRLEN];
		const char *range;

		if (kw->kind == CONF_LATER)
			continue;
		ck_assert_msg(entry != NULL, "%s of %s", kw->word, t->name);
		if (t->context == CONF_IN_GLOBAL)
			continue; /* ranges are told of the instance's word */
		range = strstr(conf_value_allowed(kw, allowed), "from ");
		if (range)
			ck_assert_msg(strstr(entry, range + strlen("from ")) != NULL,
			    "%s: %s", kw->word, range);
		for (const struct conf_choice *c = kw->choices; c && c->word; c++)
			ck_assert_msg(
			    strstr(entry, c->word) != NULL, "%s: %s", kw->word, c->word);
		if (kw->def) {
			_free_ char *def = xasprintf("default %s", kw->def);

			ck_assert_msg(
			    strstr(entry, def) != NULL, "%s: no %s", kw->word, def);
		}
	}
}
END_TEST

START_TEST(the_manual_names_what_keepalived_has_and_vipd_does_anyway)
{
	_free_ char *manual = read_manual();

	for (size_t i = 0; i < conf_foreign_count(); i++) {
		const struct conf_foreign *f = conf_foreign_at(i);

		if (f->class == CONF_FOREIGN_IMPLIED)
			ck_assert_msg(strstr(manual, f->word) != NULL, "%s", f->word);
	}
}
END_TEST

UNIT_MAIN("conf_words", a_table_has_each_word_once_and_a_place_for_it,
    a_row_has_what_its_kind_needs, every_default_is_a_value_that_the_row_allows,
    no_word_of_keepalived_hides_one_of_ours, seconds_are_decimal_and_exact,
    numbers_are_plain_decimal, interface_names_are_what_the_kernel_takes,
    values_outside_their_range_are_refused, booleans_have_six_words,
    paths_are_seen_from_the_file_that_says_them, a_printed_word_reads_back,
    the_manual_has_every_word_with_its_range_and_default,
    the_manual_names_what_keepalived_has_and_vipd_does_anyway)

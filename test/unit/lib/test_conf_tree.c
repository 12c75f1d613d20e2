/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

/* "a b { c; } d;": a tree on one line. */
static void
write_nodes(FILE *out, const struct conf_node *node)
{
	for (; node; node = node->next) {
		for (size_t i = 0; i < node->n_words; i++)
			fprintf(out, "%s%s", i ? " " : "", node->words[i].text);
		if (node->has_block) {
			fputs(" { ", out);
			write_nodes(out, node->block);
			fputs("} ", out);
		} else {
			fputs("; ", out);
		}
	}
}

static char *
tree_text(const struct conf_tree *tree)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	write_nodes(out, tree->nodes);
	fclose(out);
	return text;
}

static void
expect_text(const char *text, const char *want, const char *problem)
{
	struct conf_problems ps = { 0 };
	struct conf_tree tree;
	char *got;

	conf_tree_read_text(&tree, "f", text, strlen(text), "id", &ps);
	got = tree_text(&tree);
	ck_assert_str_eq(got, want);
	if (problem) {
		ck_assert_msg(ps.count == 1, "%s: %zu problems", text, ps.count);
		ck_assert_msg(strstr(ps.items[0].text, problem), "%s", ps.items[0].text);
	} else {
		ck_assert_msg(
		    !ps.count, "%s: %s", text, ps.count ? ps.items[0].text : "");
	}
	free(got);
	conf_tree_free(&tree);
	conf_problems_free(&ps);
}

START_TEST(a_block_may_stand_on_one_line_or_begin_on_the_next)
{
	static const char *const forms[] = { "a b {\n c d\n e { f }\n}\ng\n",
		"a b\n{\n c d\n e\n\n { f\n }\n}\ng", "a b { c d\n e { f } } g",
		"a b { # x\n c d ! y\n e { f }}\ng" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		expect_text(forms[i], "a b { c d; e { f; } } g; ", NULL);
	expect_text("a { b c { d } e f { } }", "a { b c { d; } e f { } } ", NULL);
	expect_text("", "", NULL);
}
END_TEST

START_TEST(unbalanced_braces_are_errors)
{
	expect_text("a {\n b", "a { b; } ", "never closed");
	expect_text("a\n}\nb", "a; b; ", "closes nothing");
	expect_text("{ a }\nb", "b; ", "no keyword");
	expect_text("a { b }\n{ c }\nd", "a { b; } d; ", "no keyword");
	expect_text("include x", "", "not possible");
	expect_text("include", "", "one FILE");
}
END_TEST

START_TEST(blocks_are_not_nested_without_end)
{
	char text[4 * 1000 + 1];
	struct conf_problems ps = { 0 };
	struct conf_tree tree;

	for (size_t i = 0; i < 1000; i++) {
		memcpy(text + 2 * i, "a{", 2);
		memcpy(text + 2000 + 2 * i, "} ", 2);
	}
	conf_tree_read_text(&tree, "f", text, 4000, "id", &ps);
	ck_assert_uint_eq(ps.count, 1);
	ck_assert_ptr_nonnull(strstr(ps.items[0].text, "deeper than 16"));
	conf_tree_free(&tree);
	conf_problems_free(&ps);
}
END_TEST

/* ---- files ---- */

static char dir[] = "/tmp/vipd-test-XXXXXX";

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void __attribute__((format(printf, 2, 3)))
put(const char *name, const char *fmt, ...)
{
	_free_ char *path = path_of(name);
	FILE *out = fopen(path, "w");
	va_list ap;

	ck_assert_ptr_nonnull(out);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fclose(out);
}

static void
make_dir(const char *name)
{
	_free_ char *path = path_of(name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	make_dir("sub");
	make_dir("sub/d.conf");
}

static void
teardown(void)
{
	_free_ char *command = xasprintf("rm -rf '%s'", dir);

	ck_assert_int_eq(system(command), 0);
}

/* Reads "main" of the directory. */
static void
expect_file(const char *want, size_t n_problems, const char *problem)
{
	_free_ char *path = path_of("main");
	struct conf_problems ps = { 0 };
	struct conf_tree tree;
	char *got;

	conf_tree_read(&tree, path, "id", &ps);
	got = tree_text(&tree);
	ck_assert_str_eq(got, want);
	ck_assert_msg(ps.count == n_problems, "%zu problems, first %s", ps.count,
	    ps.count ? ps.items[0].text : "");
	if (n_problems)
		ck_assert_msg(strstr(ps.items[0].text, problem), "%s", ps.items[0].text);
	free(got);
	conf_tree_free(&tree);
	conf_problems_free(&ps);
}

START_TEST(includes_are_relative_to_the_file_that_names_them)
{
	setup();
	put("main", "a\ninclude sub/x.conf\nb { include %s/sub/y.conf }\n{ }", dir);
	put("sub/x.conf", "x\ninclude y.conf");
	put("sub/y.conf", "y");
	expect_file("a; x; y; b { y; } ", 1, "no keyword");
	teardown();
}
END_TEST

START_TEST(wildcards_include_files_in_order_of_names)
{
	setup();
	put("main", "include sub/*.conf\ninclude none/*.conf\nz");
	put("sub/20.conf", "b");
	put("sub/10.conf", "a {\n}");
	put("sub/30.txt", "c");
	expect_file("a { } b; z; ", 0, NULL);
	put("main", "includew none/*.conf\nz");
	expect_file("z; ", 1, "nothing matches");
	put("main", "includer \"sub/{20,30}.*\"");
	expect_file("b; c; ", 0, NULL);
	teardown();
}
END_TEST

START_TEST(a_file_that_is_named_must_be_there)
{
	setup();
	put("main", "include sub/none.conf\nz");
	expect_file("z; ", 1, "No such file");
	put("main", "include sub\nz");
	expect_file("z; ", 1, "Is a directory");
	put("main", "include /dev/zero\nz");
	expect_file("z; ", 1, "not a regular file");
	teardown();
}
END_TEST

START_TEST(a_file_cannot_include_itself)
{
	setup();
	put("main", "a\ninclude main\nb");
	expect_file("a; b; ", 1, "includes itself");
	put("main", "a\ninclude x\nb");
	put("x", "include sub/../main\nx");
	expect_file("a; x; b; ", 1, "includes itself");
	teardown();
}
END_TEST

START_TEST(includes_are_bounded_in_depth_number_and_size)
{
	char name[16];

	setup();
	put("main", "include f0");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(name, "include f%d", i + 1);
	}
	expect_file("", 1, "nested deeper than 16");

	/* Each file includes the next one twice: 2^12 files. */
	put("main", "include f0");
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		put(name, "include f%d\ninclude f%d", i + 1, i + 1);
	}
	put("f12", "#");
	put("sub/big", "%*s", CONF_FILE_MAX + 1, "");
	{
		_free_ char *path = path_of("main");
		struct conf_problems ps = { 0 };
		struct conf_tree tree;

		conf_tree_read(&tree, path, "id", &ps);
		ck_assert_uint_ge(ps.errors, 1);
		ck_assert_ptr_nonnull(strstr(ps.items[0].text, "more than 1000 files"));
		conf_tree_free(&tree);
		conf_problems_free(&ps);
	}
	put("main", "include sub/big");
	expect_file("", 1, "too large");
	put("sub/big", "%*s", CONF_FILE_MAX, "");
	put("main", "include sub/big\ninclude sub/big\ninclude sub/big\ninclude sub/big");
	expect_file("", 1, "too large");
	teardown();
}
END_TEST

START_TEST(the_main_file_must_be_readable)
{
	_free_ char *path = NULL;
	struct conf_problems ps = { 0 };
	struct conf_tree tree;
	char line[600];

	setup();
	path = path_of("none");
	conf_tree_read(&tree, path, "id", &ps);
	ck_assert_uint_eq(ps.errors, 1);
	conf_problem_format(&ps.items[0], line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "none: error: cannot read: No such file"));
	conf_tree_free(&tree);
	conf_problems_free(&ps);
	teardown();
}
END_TEST

UNIT_MAIN("conf_tree", a_block_may_stand_on_one_line_or_begin_on_the_next,
    unbalanced_braces_are_errors, blocks_are_not_nested_without_end,
    includes_are_relative_to_the_file_that_names_them,
    wildcards_include_files_in_order_of_names, a_file_that_is_named_must_be_there,
    a_file_cannot_include_itself, includes_are_bounded_in_depth_number_and_size,
    the_main_file_must_be_readable)

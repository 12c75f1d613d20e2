/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/yamljson.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char out[4096];
static struct yaml_fault fault;

static void
on_document(void *arg, json_t *value, unsigned line)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	(void)arg;
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "%u:%s\n", line, text);
	free(text);
	json_decref(value);
}

static int
read_text(const char *text)
{
	out[0] = '\0';
	return yamljson_read(text, strlen(text), on_document, NULL, &fault);
}

static const struct {
	const char *yaml;
	const char *json;
} good[] = {
	{ "", "" },
	{ "# nothing\n", "" },
	{ "---\n---\n", "" },
	{ "port: 80", "1:{\"port\":80}\n" },
	{ "port: \"80\"", "1:{\"port\":\"80\"}\n" },
	{ "port: '80'", "1:{\"port\":\"80\"}\n" },
	{ "port: +80", "1:{\"port\":80}\n" },
	{ "port: -1", "1:{\"port\":-1}\n" },
	{ "port: 080", "1:{\"port\":\"080\"}\n" },
	{ "port: 0x50", "1:{\"port\":\"0x50\"}\n" },
	{ "a: 1.5", "1:{\"a\":1.5}\n" },
	{ "a: 1.2.3.4", "1:{\"a\":\"1.2.3.4\"}\n" },
	{ "a: 99999999999999999999", "1:{\"a\":\"99999999999999999999\"}\n" },
	{ "a: true\nb: False\nc: yes", "1:{\"a\":true,\"b\":false,\"c\":\"yes\"}\n" },
	{ "a: ~\nb:\nc: null", "1:{\"a\":null,\"b\":null,\"c\":null}\n" },
	{ "a: 2026-01-01T00:00:00Z", "1:{\"a\":\"2026-01-01T00:00:00Z\"}\n" },
	{ "a: fe80::1", "1:{\"a\":\"fe80::1\"}\n" },
	{ "a: |\n  80\n", "1:{\"a\":\"80\\n\"}\n" },
	{ "- 1\n- [a, {b: c}]", "1:[1,[\"a\",{\"b\":\"c\"}]]\n" },
	{ "a: 1\n---\n\nb: 2\n...\n---\nc: 3",
	    "1:{\"a\":1}\n4:{\"b\":2}\n7:{\"c\":3}\n" },
	{ "{\"a\": [1, \"x\"], \"b\": {\"c\": null}}",
	    "1:{\"a\":[1,\"x\"],\"b\":{\"c\":null}}\n" },
	{ "a: &x [1]\nb: *x", "1:{\"a\":[1],\"b\":[1]}\n" },
};

START_TEST(scalars_follow_the_core_schema)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_msg(
		    read_text(good[i].yaml) == 0, "%s: %s", good[i].yaml, fault.text);
		ck_assert_str_eq(out, good[i].json);
	}
}
END_TEST

static const struct {
	const char *yaml;
	unsigned line, column;
	const char *text; /* its beginning */
} bad[] = {
	{ "a: [1", 2, 1, "did not find expected" },
	{ "a: 1\n b: 2", 2, 3, "mapping values are not allowed" },
	{ "a: 1\n\tb: 2", 2, 1, "found a tab character" },
	{ "a: *nowhere", 1, 4, "found undefined alias" },
	{ "a: 1\nb: 2\na: 3", 3, 1, "the key occurs twice" },
	{ "[a]: 1", 1, 1, "a key has to be a plain word" },
	{ "a: !!binary AAAA", 1, 4, "tags are not supported" },
	{ "a: \"x\\0y\"", 1, 4, "a NUL character" },
	{ "a: \xff\xfe", 1, 1, "" },
	{ "a: &x [*x]", 1, 4, "nested too deeply" },
};

START_TEST(faults_are_named_with_line_and_column)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(read_text(bad[i].yaml), -EINVAL);
		ck_assert_msg(strncmp(fault.text, bad[i].text, strlen(bad[i].text)) == 0,
		    "%s", fault.text);
		if (!*bad[i].text)
			continue;
		ck_assert_msg(fault.line == bad[i].line && fault.column == bad[i].column,
		    "%s: %u:%u", bad[i].yaml, fault.line, fault.column);
	}
}
END_TEST

START_TEST(a_billion_laughs_are_not_funny)
{
	char text[1024] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";

	for (int i = 1; i < 10; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
		    i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
		    i - 1);
	ck_assert_int_eq(read_text(text), -EINVAL);
	ck_assert_str_eq(fault.text, "too large, with its aliases");
}
END_TEST

START_TEST(brackets_without_end_are_refused)
{
	char text[5000];

	memset(text, '[', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(read_text(text), -EINVAL);
	memset(text + 2500, ']', 2499);
	ck_assert_int_eq(read_text(text), -EINVAL);
}
END_TEST

UNIT_MAIN("yamljson", scalars_follow_the_core_schema,
    faults_are_named_with_line_and_column, a_billion_laughs_are_not_funny,
    brackets_without_end_are_refused)

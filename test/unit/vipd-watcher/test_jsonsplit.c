/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/jsonsplit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#define MAX 200

/* What came out, one part a line: "o" objects, "r" the rest, "!" oversize. */
static char out[4096];

static void
on_object(void *arg, const char *text, size_t len)
{
	(void)arg;
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "o%.*s\n", (int)len, text);
}

static void
on_rest(void *arg, const char *text, size_t len)
{
	(void)arg;
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "r%.*s\n", (int)len, text);
}

static void
on_oversize(void *arg, size_t len)
{
	(void)arg;
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "!%zu\n", len);
}

static const struct jsonsplit_ops ops = { on_object, on_rest, on_oversize };

/* Feeds text in pieces of `step` bytes; adds "?" for a refusal, "~" for an
 * input that ended too early. */
static const char *
split(enum jsonsplit_mode mode, const char *text, size_t len, size_t step)
{
	struct jsonsplit js;
	int error = 0;

	out[0] = '\0';
	jsonsplit_init(&js, mode, MAX, &ops, NULL);
	for (size_t at = 0; at < len && !error; at += step)
		error = jsonsplit_feed(&js, text + at, len - at < step ? len - at : step);
	if (error) {
		ck_assert_int_eq(error, -EBADMSG);
		ck_assert_int_eq(jsonsplit_feed(&js, "{}", 2), -EBADMSG);
		strcat(out, "?");
	} else if (!jsonsplit_complete(&js)) {
		strcat(out, "~");
	}
	jsonsplit_fini(&js);
	return out;
}

static const struct {
	enum jsonsplit_mode mode;
	const char *text;
	const char *want;
} cases[] = {
	{ JSONSPLIT_STREAM, "", "" },
	{ JSONSPLIT_STREAM, " \n", "" },
	{ JSONSPLIT_STREAM, "{\"a\":1}\n{\"b\":[{}]}\n", "o{\"a\":1}\no{\"b\":[{}]}\n" },
	{ JSONSPLIT_STREAM, "{}{}", "o{}\no{}\n" },
	{ JSONSPLIT_STREAM, "{\"a\":\"}{\\\"}\"}", "o{\"a\":\"}{\\\"}\"}\n" },
	{ JSONSPLIT_STREAM, "{\"a\":\"\\\\\"}{}", "o{\"a\":\"\\\\\"}\no{}\n" },
	{ JSONSPLIT_STREAM, "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}",
	    "o{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}\n" },
	{ JSONSPLIT_STREAM, "{\"a\":\"\xff\xfe\"}{}", "o{\"a\":\"\xff\xfe\"}\no{}\n" },
	{ JSONSPLIT_STREAM, "{}{\"a\":", "o{}\n~" },
	{ JSONSPLIT_STREAM, "{}<html>", "o{}\n?" },
	{ JSONSPLIT_STREAM, "[{}]", "?" },
	{ JSONSPLIT_STREAM, "null", "?" },
	{ JSONSPLIT_STREAM, "{},{}", "o{}\n?" },
	{ JSONSPLIT_LIST, "{\"kind\":\"L\",\"items\":[{\"a\":[1]},{\"b\":{}}],\"z\":1}",
	    "o{\"a\":[1]}\no{\"b\":{}}\nr{\"kind\":\"L\",\"items\":[],\"z\":1}\n" },
	{ JSONSPLIT_LIST, "{\"items\" : [ ] }", "r{\"items\" : [] }\n" },
	{ JSONSPLIT_LIST, "{\"items\":null,\"kind\":\"L\"}",
	    "r{\"items\":null,\"kind\":\"L\"}\n" },
	{ JSONSPLIT_LIST, "{}", "r{}\n" },
	{ JSONSPLIT_LIST, "{\"metadata\":{\"items\":[{}]},\"items\":[{}]}",
	    "o{}\nr{\"metadata\":{\"items\":[{}]},\"items\":[]}\n" },
	{ JSONSPLIT_LIST, "{\"x\":\"items\",\"y\":[{}]}",
	    "r{\"x\":\"items\",\"y\":[{}]}\n" },
	{ JSONSPLIT_LIST, "{\"item\":[{}],\"itemss\":[{}]}",
	    "r{\"item\":[{}],\"itemss\":[{}]}\n" },
	{ JSONSPLIT_LIST, "{\"a\":[{}],\"items\":[{}]}",
	    "o{}\nr{\"a\":[{}],\"items\":[]}\n" },
	{ JSONSPLIT_LIST, "{\"items\":[{}", "o{}\n~" },
	{ JSONSPLIT_LIST, "{\"items\":[1]}", "?" },
	{ JSONSPLIT_LIST, "{\"items\":[{}]}{}", "o{}\nr{\"items\":[]}\n?" },
	{ JSONSPLIT_LIST, "{\"items\":[]}\n\n", "r{\"items\":[]}\n" },
	{ JSONSPLIT_LIST, "{\"items\":1[{}]}", "r{\"items\":1[{}]}\n" },
	{ JSONSPLIT_LIST, "{\"items\\\"\":[{}],\"\\\"items\":[{}]}",
	    "r{\"items\\\"\":[{}],\"\\\"items\":[{}]}\n" },
	{ JSONSPLIT_LIST, "[]", "?" },
	{ JSONSPLIT_LIST, "", "~" },
};

START_TEST(any_chunking_gives_the_same_parts)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = strlen(cases[i].text);

		for (size_t step = 1; step <= len + 1; step++)
			ck_assert_str_eq(split(cases[i].mode, cases[i].text, len, step),
			    cases[i].want);
	}
}
END_TEST

START_TEST(an_object_that_is_too_large_is_skipped_and_told)
{
	char text[1000];

	snprintf(text, sizeof(text),
	    "{\"items\":[{\"a\":1},{\"b\":\"%0300d\"},{\"c\":2}]}", 0);
	for (size_t step = 1; step < 400; step += 7)
		ck_assert_str_eq(split(JSONSPLIT_LIST, text, strlen(text), step),
		    "o{\"a\":1}\n!308\no{\"c\":2}\nr{\"items\":[]}\n");
	snprintf(text, sizeof(text), "{\"b\":\"%0300d\"}{\"c\":2}", 0);
	for (size_t step = 1; step < 400; step += 7)
		ck_assert_str_eq(split(JSONSPLIT_STREAM, text, strlen(text), step),
		    "!308\no{\"c\":2}\n");
}
END_TEST

START_TEST(a_body_that_is_too_large_without_its_items_is_refused)
{
	char text[1000];

	snprintf(text, sizeof(text), "{\"x\":\"%0300d\",\"items\":[]}", 0);
	ck_assert_str_eq(split(JSONSPLIT_LIST, text, strlen(text), 1), "?");
	ck_assert_str_eq(split(JSONSPLIT_LIST, text, strlen(text), strlen(text)), "?");
}
END_TEST

UNIT_MAIN("jsonsplit", any_chunking_gives_the_same_parts,
    an_object_that_is_too_large_is_skipped_and_told,
    a_body_that_is_too_large_without_its_items_is_refused)

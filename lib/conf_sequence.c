/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_sequence.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_input.h"
#include "conf_vars.h"
#include "mem.h"

#define ARGS_MAX 1024
#define NAMES_MAX 16

/* A piece of the line. */
struct span {
	const char *at;
	size_t len;
};

static struct span
trimmed(const char *from, const char *to)
{
	while (from < to && conf_is_blank((unsigned char)*from))
		from++;
	while (to > from && conf_is_blank((unsigned char)to[-1]))
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

/*
 * "A, {B, C}, D" up to the end character; braces keep their commas. Returns
 * what stands behind it, or NULL.
 */
static const char *
split(const char *at, char end, struct span list[ARGS_MAX], size_t *n)
{
	const char *from = at;
	bool braces = false;

	for (*n = 0; *at; at++) {
		if (*at == '{' || *at == '}')
			braces = *at == '{';
		if (braces || (*at != ',' && *at != end))
			continue;
		if (*n == ARGS_MAX)
			return NULL;
		list[(*n)++] = trimmed(from, at);
		if (*at == end)
			return at + 1;
		from = at + 1;
	}
	return NULL;
}

/* "{A, B}" or "A": its members. */
static bool
members(struct span s, struct span list[ARGS_MAX], size_t *n)
{
	*n = 1;
	list[0] = s;
	if (!s.len || s.at[0] != '{')
		return true;
	return split(s.at + 1, '}', list, n) == s.at + s.len && *n <= NAMES_MAX;
}

static bool
is_name(struct span s)
{
	if (!s.len || s.len > CONF_VAR_NAME_MAX || !conf_var_begins(s.at[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!conf_var_goes_on(s.at[i]))
			return false;
	return true;
}

/* The text under construction; bounded. */
struct output {
	FILE *file;
	size_t len;
	size_t max;
};

/* False when it is full. */
static bool
put(struct output *o, const char *text, size_t len)
{
	if (len > o->max - o->len)
		return false;
	o->len += len;
	return fwrite(text, 1, len, o->file) == len;
}

static bool
put_definition(struct output *o, struct span name, struct span value)
{
	return put(o, "$", 1) && put(o, name.at, name.len) && put(o, "=", 1) &&
	    put(o, value.at, value.len) && put(o, "\n", 1);
}

static bool
put_rest(struct output *o, const char *rest)
{
	return put(o, rest, strlen(rest)) && put(o, "\n", 1);
}

static bool
number(struct span s, long *out)
{
	char text[32], *end;

	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	errno = 0;
	*out = strtol(text, &end, 0);
	return !errno && !*end && *out >= INT32_MIN && *out <= INT32_MAX;
}

/* (NAME, [START, [STEP,]] END) */
static const char *
write_seq(struct output *o, const struct span *args, size_t n, bool hex, const char *rest)
{
	long start, step, end;
	char text[32];

	if (n < 2 || n > 4 || !is_name(args[0]))
		return "~SEQ takes (NAME, START, STEP, END); START and STEP may be "
		       "left out";
	if (!number(args[n - 1], &end))
		return "~SEQ: END is not a number";
	start = end < 0 ? -1 : 1;
	if (n > 2 && !number(args[1], &start))
		return "~SEQ: START is not a number";
	step = end < start ? -1 : 1;
	if (n == 4 && (!number(args[2], &step) || !step))
		return "~SEQ: STEP is not a number, or 0";
	if (step > 0 ? start > end : start < end)
		return "~SEQ: STEP leads away from END";
	for (; step > 0 ? start <= end : start >= end; start += step) {
		snprintf(text, sizeof(text),
		    !hex            ? "%ld"
			: start < 0 ? "-%lx"
				    : "%lx",
		    hex && start < 0 ? -start : start);
		if (!put_definition(o, args[0], (struct span){ text, strlen(text) }) ||
		    !put_rest(o, rest))
			return "this makes more than 4 MiB of text";
	}
	return NULL;
}

/* (NAME, VALUE...) or ({NAME, NAME}, {VALUE, VALUE}...) */
static const char *
write_lst(struct output *o, const struct span *args, size_t n, const char *rest)
{
	static const char usage[] =
	    "~LST takes (NAME, VALUE...) or ({NAME, NAME}, {VALUE, VALUE}...)";
	struct span names[ARGS_MAX], values[ARGS_MAX];
	size_t n_names, n_values;

	if (n < 2 || !members(args[0], names, &n_names))
		return usage;
	for (size_t i = 0; i < n_names; i++)
		if (!is_name(names[i]))
			return usage;
	for (size_t i = 1; i < n; i++) {
		if (!members(args[i], values, &n_values) || n_values != n_names)
			return "~LST: not as many values as names";
		for (size_t k = 0; k < n_names; k++)
			if (!put_definition(o, names[k], values[k]))
				return "this makes more than 4 MiB of text";
		if (!put_rest(o, rest))
			return "this makes more than 4 MiB of text";
	}
	return NULL;
}

static const char *
write_line(struct output *o, const char *line)
{
	bool is_list = !strncmp(line, "~LST(", 5), hex = !strncmp(line, "~SEQx(", 6);
	struct span args[ARGS_MAX];
	const char *rest;
	size_t n;

	if (!is_list && !hex && strncmp(line, "~SEQ(", 5) != 0)
		return "a line that begins with '~' is ~SEQ(...), ~SEQx(...) or "
		       "~LST(...)";
	rest = split(strchr(line, '(') + 1, ')', args, &n);
	if (!rest)
		return "no ')' ends this, or it has too many members";
	return is_list ? write_lst(o, args, n, rest) : write_seq(o, args, n, hex, rest);
}

char *
conf_sequence(const char *line, size_t max, const char **why)
{
	struct output o = { .max = max };
	char *text;
	size_t len;

	o.file = xmemstream(&text, &len);
	*why = write_line(&o, line);
	xmemstream_close(o.file);
	if (!*why)
		return text;
	free(text);
	return NULL;
}

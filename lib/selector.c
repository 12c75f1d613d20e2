/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "selector.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define KEY_MAX (253 + 1 + 63) /* prefix/name */
#define VALUE_MAX 63

static void
skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

/* True, and behind it, if the text goes on with c. */
static bool
take(const char **at, char c)
{
	skip_blanks(at);
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "in" and "notin" are operators only before a list. */
static bool
take_word(const char **at, const char *word)
{
	const char *p;

	skip_blanks(at);
	if (strncmp(*at, word, strlen(word)))
		return false;
	p = *at + strlen(word);
	skip_blanks(&p);
	if (*p != '(')
		return false;
	*at = p;
	return true;
}

/* A key or a value; NULL: there is none. */
static char *
take_name(const char **at, const char *more, size_t max)
{
	size_t len = 0;
	char *name;

	skip_blanks(at);
	while (isalnum((unsigned char)(*at)[len]) ||
	    ((*at)[len] && strchr(more, (*at)[len])))
		len++;
	if (!len || len > max || !isalnum((unsigned char)(*at)[0]) ||
	    !isalnum((unsigned char)(*at)[len - 1]))
		return NULL;
	name = xcalloc(len + 1, 1);
	memcpy(name, *at, len);
	*at += len;
	return name;
}

/* A value may be empty: `a=`. */
static bool
take_value(struct selector_term *t, const char **at)
{
	char *value = take_name(at, "-_.", VALUE_MAX);

	if (!value && **at && !strchr(",) \t", **at))
		return false;
	t->values =
	    array_grow(t->values, t->n_values, &t->cap_values, sizeof(*t->values));
	t->values[t->n_values++] = value ? value : xstrdup("");
	return true;
}

static bool
take_list(struct selector_term *t, const char **at)
{
	if (!take(at, '('))
		return false;
	do {
		skip_blanks(at);
		if (!take_value(t, at))
			return false;
	} while (take(at, ','));
	return take(at, ')');
}

static bool
take_term(struct selector_term *t, const char **at)
{
	bool absent = take(at, '!');

	t->key = take_name(at, "-_./", KEY_MAX);
	t->op = absent ? SELECTOR_ABSENT : SELECTOR_EXISTS;
	if (!t->key || absent)
		return t->key != NULL;
	if (take_word(at, "in")) {
		t->op = SELECTOR_IN;
		return take_list(t, at);
	}
	if (take_word(at, "notin")) {
		t->op = SELECTOR_NOT_IN;
		return take_list(t, at);
	}
	skip_blanks(at);
	if (!strncmp(*at, "!=", 2)) {
		t->op = SELECTOR_NOT_IN;
		(*at)++;
	} else if (**at == '=') {
		t->op = SELECTOR_IN;
	} else {
		return true;
	}
	(*at)++;
	take(at, '=');
	skip_blanks(at);
	return take_value(t, at);
}

static void
term_fini(struct selector_term *t)
{
	free(t->key);
	for (size_t i = 0; i < t->n_values; i++)
		free(t->values[i]);
	free(t->values);
}

void
selector_fini(struct selector *s)
{
	for (size_t i = 0; i < s->n; i++)
		term_fini(&s->terms[i]);
	free(s->terms);
	*s = (struct selector){ 0 };
}

const char *
selector_add(struct selector *s, const char *text)
{
	const char *at = text;

	for (skip_blanks(&at); *at; skip_blanks(&at)) {
		struct selector_term t = { 0 };
		const char *begin = at;

		if (!take_term(&t, &at)) {
			term_fini(&t);
			return begin;
		}
		s->terms = array_grow(s->terms, s->n, &s->cap, sizeof(*s->terms));
		s->terms[s->n++] = t;
		begin = at;
		if (take(&at, ',')) {
			skip_blanks(&at);
			if (!*at)
				return begin;
		} else if (*at && at == begin) {
			return begin; /* nothing between it and the next */
		}
	}
	return NULL;
}

char *
selector_term_text(const struct selector_term *t)
{
	char *text;
	size_t len;
	FILE *out;

	if (t->op == SELECTOR_EXISTS)
		return xstrdup(t->key);
	if (t->op == SELECTOR_ABSENT)
		return xasprintf("!%s", t->key);
	if (t->n_values == 1)
		return xasprintf(
		    "%s%s%s", t->key, t->op == SELECTOR_IN ? "=" : "!=", t->values[0]);
	out = xmemstream(&text, &len);
	fprintf(out, "%s %s (", t->key, t->op == SELECTOR_IN ? "in" : "notin");
	for (size_t i = 0; i < t->n_values; i++)
		fprintf(out, "%s%s", i ? ", " : "", t->values[i]);
	fputc(')', out);
	xmemstream_close(out);
	return text;
}

static const char *
value_of(const struct label *labels, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(labels[i].key, key))
			return labels[i].value;
	return NULL;
}

static bool
term_matches(const struct selector_term *t, const struct label *labels, size_t n)
{
	const char *value = value_of(labels, n, t->key);
	bool listed = false;

	for (size_t i = 0; value && i < t->n_values; i++)
		listed |= !strcmp(t->values[i], value);
	switch (t->op) {
	case SELECTOR_IN:
		return listed;
	case SELECTOR_NOT_IN:
		return !listed; /* also where the label is absent, as kubectl */
	case SELECTOR_EXISTS:
		return value != NULL;
	case SELECTOR_ABSENT:
		return value == NULL;
	}
	return false;
}

bool
selector_matches(const struct selector *s, const struct label *labels, size_t n)
{
	for (size_t i = 0; i < s->n; i++)
		if (!term_matches(&s->terms[i], labels, n))
			return false;
	return true;
}

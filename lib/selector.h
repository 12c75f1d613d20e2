/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Label selectors as Kubernetes writes them (`a=b`, `a!=b`, `a in (b, c)`,
 * `a notin (b)`, `a`, `!a`; a comma or a blank between two means "and"), and
 * whether an object's labels meet one. Pure; owns copies of its words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct label {
	char *key;
	char *value;
};

enum selector_op { SELECTOR_IN, SELECTOR_NOT_IN, SELECTOR_EXISTS, SELECTOR_ABSENT };

struct selector_term {
	char *key;
	enum selector_op op;
	char **values;
	size_t n_values;
	size_t cap_values;
};

/* No terms: everything meets it. */
struct selector {
	struct selector_term *terms;
	size_t n;
	size_t cap;
};

/*
 * Adds the terms of text. NULL, or where in text what is no selector begins;
 * the terms before it have been added.
 */
const char *selector_add(struct selector *s, const char *text);
void selector_fini(struct selector *s);
/* One term in canonical form; the caller frees it. */
char *selector_term_text(const struct selector_term *t);
bool selector_matches(const struct selector *s, const struct label *labels, size_t n);

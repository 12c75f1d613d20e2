/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of keywords: text -> a field of an object and back, as a row of
 * a table describes it.
 */
#pragma once

#include "conf_words.h"

/* NULL: text is no word of the list. */
const struct conf_choice *conf_choice_find(const struct conf_choice *c, const char *text);

/*
 * Stores text; false if it is not what the row allows. from is the file that
 * says it (for relative paths).
 */
bool conf_value_read(
    const struct conf_keyword *kw, const char *text, const char *from, void *object);
/* What is allowed, for messages: "a number from 1 to 255". */
#define CONF_VALUE_STRLEN 160
const char *conf_value_allowed(
    const struct conf_keyword *kw, char buf[CONF_VALUE_STRLEN]);
/* False if the field holds nothing: no name, no address, the other flag. */
bool conf_value_present(const struct conf_keyword *kw, const void *object);
void conf_value_print(FILE *out, const struct conf_keyword *kw, const void *object);
/* One row's field, from one object to another of its kind. */
void conf_value_copy(const struct conf_keyword *kw, void *to, const void *from);
bool conf_value_eq(const struct conf_keyword *kw, const void *a, const void *b);

/* Gives the object the default of each word that was not seen. */
void conf_value_defaults(
    const struct conf_table *t, const struct conf_seen *seen, void *object);

/* A word as the lexer would read it back: quoted where needed. */
void conf_print_word(FILE *out, const char *text);

bool conf_ifname_ok(const char *text);
bool conf_number_parse(const char *text, uint32_t *out);
/* Decimal seconds without sign or exponent, down to a microsecond. */
bool conf_seconds_parse(const char *text, uint64_t *us);

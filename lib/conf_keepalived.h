/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of keepalived.conf(5) that vipd has no row for, so that a file
 * that served keepalived is understood: each is named as what it is, never as
 * a misspelling.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf_words.h"

enum conf_foreign_class {
	CONF_FOREIGN_IMPLIED,  /* vipd works so anyway */
	CONF_FOREIGN_SIDE_JOB, /* mail, SNMP, tuning: skipped with a warning */
	CONF_FOREIGN_REFUSED,  /* elections, addresses or routing would differ */
	CONF_FOREIGN_LVS,      /* an error unless ignore_lvs says otherwise */
};

struct conf_foreign {
	const char *word;
	enum conf_foreign_class class;
	unsigned contexts; /* enum conf_context, or'ed */
	const char *why;   /* for operators; NULL: there is nothing to say */
};

/* A word that both have, and what is not the same; for whoever moves over. */
struct conf_difference {
	const char *word;
	bool remark; /* the word does the same, what is around it does not */
	const char *text;
};

/* NULL: it is the same. */
const struct conf_difference *conf_difference_find(
    const char *word, const struct conf_table *table);

/* NULL: keepalived has no such word there. */
const struct conf_foreign *conf_foreign_find(const char *word, unsigned contexts);
/* Whether with this argument the word says what vipd does anyway. */
bool conf_foreign_asks_nothing(const struct conf_foreign *f, const char *arg);
/* For arrays with a member for each word. */
size_t conf_foreign_count(void);
size_t conf_foreign_index(const struct conf_foreign *f);
const struct conf_foreign *conf_foreign_at(size_t i);

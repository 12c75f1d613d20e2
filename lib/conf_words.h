/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of keywords: one row says what a word takes, where its value goes,
 * what is allowed, what holds without it and what it means. Reading, its
 * errors and suggestions, the canonical print and the list in the man page
 * all come from the rows; a word that no row describes does not exist.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf_tree.h"

enum conf_kind {
	CONF_NUMBER,  /* min..max -> an unsigned integer of size bytes */
	CONF_SECONDS, /* decimal; min..max in microseconds -> uint32_t */
	CONF_BOOL,    /* yes|no; alone it means yes -> bool */
	CONF_FLAG,    /* alone; stores min -> bool */
	CONF_CHOICE,  /* one of choices -> an integer of size bytes */
	CONF_NAME,    /* printable ASCII that fits into size bytes */
	CONF_IFNAME,  /* an interface name */
	CONF_PATH,    /* made absolute; relative to the file that says it */
	CONF_ADDRESS, /* struct ipaddr */
	CONF_BLOCK,   /* a block of words for the same object */
	CONF_CUSTOM,  /* read and print do it all */
	CONF_LATER,   /* vipd will have it; an error now */
};

/* Which of keepalived's words may stand in a table (conf_keepalived.h). */
enum conf_context {
	CONF_IN_NONE = 0,
	CONF_IN_ROOT = 1,
	CONF_IN_GLOBAL = 2,
	CONF_IN_INSTANCE = 4,
	CONF_IN_ADDRESS = 8,
	CONF_IN_GROUP = 16,
	CONF_IN_ROUTE = 32,
};

struct conf_choice {
	const char *word; /* NULL ends a list */
	uint32_t value;
};

enum conf_takes_block { CONF_NO_BLOCK, CONF_MAY_BLOCK, CONF_MUST_BLOCK };

struct conf_reader;
struct conf_keyword;

/* One keyword with what belongs to it. */
struct conf_statement {
	const struct conf_keyword *keyword;
	const struct conf_word *word;
	const struct conf_word *arg; /* NULL: none */
	const struct conf_node *block;
	const struct conf_word *more; /* further words of the line */
	size_t n_more;
	const struct conf_pos *open; /* of the block's '{'; NULL: no block */
};

struct conf_keyword {
	const char *word;
	const char *args; /* as the man page writes them; NULL: none */
	enum conf_kind kind;
	enum conf_takes_block takes_block;
	bool named;   /* CUSTOM: has one argument */
	bool repeats; /* may stand again */
	size_t offset;
	size_t size;
	uint32_t min;
	uint32_t max;
	const struct conf_choice *choices;
	const struct conf_table *table;
	void (*read)(struct conf_reader *, const struct conf_statement *, void *object);
	void (*print)(FILE *, unsigned indent, const struct conf_keyword *, const void *);
	/* How many of the n words behind the argument belong to it; NULL: none. */
	size_t (*more)(const struct conf_table *, const struct conf_word *, size_t n);
	/* Takes arg beside what the kind allows; false: it is none of those. */
	bool (*special)(const char *arg, void *object);
	const char *refused; /* an argument that keepalived has, vipd never */
	const char *def;     /* read like an argument; NULL: none, or it depends */
	const char *help;
};

struct conf_table {
	const char *name; /* of the block */
	enum conf_context context;
	const struct conf_keyword *words;
	size_t n_words;
	size_t first_id; /* of the words, in struct conf_seen */
	bool of_items;   /* options: what follows may be the next item */
	bool come_first; /* options: an item may begin with one */
};

/* Where each word of an object stood; NULL: not said. */
#define CONF_SEEN_MAX 96
struct conf_seen {
	const struct conf_word *at[CONF_SEEN_MAX];
};

/* The places of a list's items, in the list's order. */
struct conf_places {
	const struct conf_word **items;
	size_t count;
	size_t cap;
};
void conf_places_add(struct conf_places *places, const struct conf_word *word);

struct conf_trace;
struct conf_reader {
	struct conf_problems *problems;
	struct conf_trace *trace; /* NULL: nobody asks (conf_trace.h) */
	bool *foreign_told;       /* one for each of keepalived's words */
	struct conf_places lvs;   /* its words for LVS, to be judged at the end */
};

/* Every table, for whoever looks for a word in all of them; NULL behind the
 * last. */
const struct conf_table *conf_table_at(size_t i);
const struct conf_keyword *conf_find_keyword(
    const struct conf_table *t, const char *word);

/* Whether the word is a keyword there, vipd's or keepalived's. */
bool conf_begins_statement(const struct conf_table *t, const struct conf_word *word);
/* For rows: one word more, two, or all that begin no statement. */
size_t conf_one_more(const struct conf_table *t, const struct conf_word *words, size_t n);
size_t conf_two_more(const struct conf_table *t, const struct conf_word *words, size_t n);
size_t conf_all_more(const struct conf_table *t, const struct conf_word *words, size_t n);

/*
 * Reads statements into object. seen lasts over several blocks of one object:
 * a scalar that is said twice is an error.
 */
void conf_read(struct conf_reader *r, const struct conf_table *t,
    const struct conf_node *nodes, void *object, struct conf_seen *seen);

/*
 * Reads a block of items: each begins with a word that `begin` takes, followed
 * by words of the table `options` (NULL: none). begin is told the item's word
 * and returns its object, or NULL after it reported an error; options that
 * follow go into that object. Where options may come first, begin is told such
 * a word, too, and what it returns takes the option; it may return that object
 * again for the item's word.
 */
struct conf_items {
	const struct conf_table *options;
	void *(*begin)(struct conf_reader *, const struct conf_word *, void *arg);
	void *arg;
};
void conf_read_items(
    struct conf_reader *r, const struct conf_items *items, const struct conf_node *nodes);

/* Reports that word is none of t's, with the nearest one. */
void conf_unknown(struct conf_reader *r, const struct conf_table *t,
    const struct conf_word *word, const char *what);

/* Writes the object's words in canonical form, one line each. */
void conf_print_words(
    FILE *out, unsigned indent, const struct conf_table *t, const void *object);

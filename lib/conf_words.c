/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_words.h"

#include <string.h>

#include "conf_keepalived.h"
#include "conf_suggest.h"
#include "conf_trace.h"
#include "conf_value.h"
#include "mem.h"

void
conf_places_add(struct conf_places *places, const struct conf_word *word)
{
	places->items = array_grow(
	    places->items, places->count, &places->cap, sizeof(const struct conf_word *));
	places->items[places->count++] = word;
}

const struct conf_keyword *
conf_find_keyword(const struct conf_table *t, const char *word)
{
	for (size_t i = 0; t && i < t->n_words; i++)
		if (!strcmp(t->words[i].word, word))
			return &t->words[i];
	return NULL;
}

/* ---- words that no row describes ---- */

static const struct conf_table *
find_home(const char *word)
{
	const struct conf_table *t;

	for (size_t i = 0; (t = conf_table_at(i)); i++)
		if (conf_find_keyword(t, word))
			break;
	return t;
}

/* NULL too when nobody would read it: a file may consist of misspelt words. */
static const char *
find_nearest(const struct conf_reader *r, const struct conf_table *t, const char *word)
{
	struct conf_suggest s;

	if (r->problems->count == CONF_PROBLEMS_MAX)
		return NULL;
	conf_suggest_init(&s, word);
	for (size_t i = 0; t && i < t->n_words; i++)
		conf_suggest_offer(&s, t->words[i].word);
	for (size_t i = 0; t && i < conf_foreign_count(); i++)
		if (conf_foreign_at(i)->contexts & t->context)
			conf_suggest_offer(&s, conf_foreign_at(i)->word);
	return s.best;
}

void
conf_unknown(struct conf_reader *r, const struct conf_table *t,
    const struct conf_word *word, const char *what)
{
	const struct conf_table *home = find_home(word->text);
	const char *nearest = find_nearest(r, t, word->text);

	if (home)
		conf_error(r->problems, &word->pos, "%s \"%.60s\"; it belongs in %s",
		    what, word->text, home->name);
	else if (conf_foreign_find(word->text, ~0U))
		conf_error(r->problems, &word->pos,
		    "%s \"%.60s\"; keepalived has it elsewhere", what, word->text);
	else if (nearest)
		conf_error(r->problems, &word->pos, "%s \"%.60s\"; did you mean %s?",
		    what, word->text, nearest);
	else
		conf_error(r->problems, &word->pos, "%s \"%.60s\"", what, word->text);
}

bool
conf_begins_statement(const struct conf_table *t, const struct conf_word *word)
{
	return conf_find_keyword(t, word->text) ||
	    conf_foreign_find(word->text, t->context);
}

static size_t
count_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	size_t i = 0;

	while (i < n && !conf_begins_statement(t, &words[i]))
		i++;
	return i;
}

size_t
conf_one_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	return count_more(t, words, n < 1 ? n : 1);
}

size_t
conf_two_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	return count_more(t, words, n < 2 ? n : 2);
}

size_t
conf_all_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	return count_more(t, words, n);
}

/* The index of the next statement's word in the node, or its end. */
static size_t
skip_statement(const struct conf_table *t, const struct conf_node *node, size_t i)
{
	for (i++; i < node->n_words; i++)
		if (conf_begins_statement(t, &node->words[i]))
			break;
	return i;
}

static void
judge_foreign(struct conf_reader *r, const struct conf_foreign *f,
    const struct conf_word *word, bool off)
{
	bool *told = &r->foreign_told[conf_foreign_index(f)];

	switch (f->class) {
	case CONF_FOREIGN_IMPLIED:
		return;
	case CONF_FOREIGN_SIDE_JOB:
		if (!off && !*told)
			conf_warning(r->problems, &word->pos,
			    "vipd does not implement %s; skipped", word->text);
		break;
	case CONF_FOREIGN_REFUSED:
		if (!off)
			conf_error(r->problems, &word->pos,
			    "vipd does not support keepalived's %s%s%s", word->text,
			    f->why ? ": " : "", f->why ? f->why : "");
		break;
	case CONF_FOREIGN_LVS:
		conf_places_add(&r->lvs, word);
		break;
	}
	*told = true;
}

/* Returns the index of the next statement. */
static size_t
read_unknown(struct conf_reader *r, const struct conf_table *t,
    const struct conf_node *node, size_t i)
{
	const struct conf_word *word = &node->words[i];
	const struct conf_foreign *f = conf_foreign_find(word->text, t->context);

	bool off = f && i + 1 < node->n_words &&
	    conf_foreign_asks_nothing(f, node->words[i + 1].text);

	conf_trace_foreign(r->trace, t, word, f, off);
	if (!f) {
		conf_unknown(r, t, word, "unknown keyword");
		return node->n_words;
	}
	judge_foreign(r, f, word, off);
	return skip_statement(t, node, i);
}

/* ---- one statement ---- */

/* How many arguments the keyword at node's i-th word has. */
static size_t
count_args(const struct conf_keyword *kw, const struct conf_table *t,
    const struct conf_word *next)
{
	char scratch[sizeof(bool)];
	struct conf_keyword boolean = { .kind = CONF_BOOL, .size = sizeof(bool) };

	switch (kw->kind) {
	case CONF_FLAG:
	case CONF_BLOCK:
		return 0;
	case CONF_BOOL:
		/* Optional: what is no yes or no begins the next statement. */
		return next &&
		    (conf_value_read(&boolean, next->text, "", scratch) ||
			!conf_begins_statement(t, next));
	case CONF_NUMBER:
	case CONF_SECONDS:
	case CONF_CHOICE:
	case CONF_NAME:
	case CONF_IFNAME:
	case CONF_PATH:
	case CONF_ADDRESS:
		return 1;
	case CONF_LATER:
		return 0;
	case CONF_CUSTOM:
		break;
	}
	return kw->named;
}

static const struct conf_word **
said_at(
    const struct conf_table *t, const struct conf_statement *st, struct conf_seen *seen)
{
	return &seen->at[t->first_id + (size_t)(st->keyword - t->words)];
}

/* A scalar said twice; blocks and lists add up. */
static bool
note_place(struct conf_reader *r, const struct conf_table *t,
    const struct conf_statement *st, struct conf_seen *seen)
{
	const struct conf_word **at = said_at(t, st, seen), *before = *at;
	char buf[CONF_POS_STRLEN];

	if (!before)
		*at = st->word;
	if (!before || st->open || st->keyword->repeats ||
	    st->keyword->takes_block == CONF_MAY_BLOCK)
		return true;
	conf_error(r->problems, &st->word->pos, "%s is set twice, first at %s",
	    st->keyword->word, conf_pos_format(&before->pos, &st->word->pos, buf));
	return false;
}

static bool
check_block(struct conf_reader *r, const struct conf_statement *st)
{
	bool must = st->keyword->kind == CONF_BLOCK ||
	    st->keyword->takes_block == CONF_MUST_BLOCK;
	bool may = must || st->keyword->takes_block == CONF_MAY_BLOCK;

	if (st->open && !may)
		conf_error(r->problems, st->open, "%s takes no block", st->keyword->word);
	else if (!st->open && must)
		conf_error(r->problems, &st->word->pos, "%s needs a block: %s%s { ... }",
		    st->keyword->word, st->keyword->word,
		    st->keyword->named ? " NAME" : "");
	else
		return true;
	return false;
}

static void
read_value(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	const char *text = st->arg ? st->arg->text : "yes";
	char allowed[CONF_VALUE_STRLEN];

	if (st->keyword->special && st->keyword->special(text, object))
		return;
	if (conf_value_read(st->keyword, text, st->word->pos.file, object))
		return;
	if (st->keyword->refused && !strcmp(st->keyword->refused, text)) {
		conf_error(r->problems, &st->arg->pos, "%s %s is not supported",
		    st->keyword->word, text);
		return;
	}
	conf_error(r->problems, &st->arg->pos, "%s: \"%.60s\" is not %s",
	    st->keyword->word, text, conf_value_allowed(st->keyword, allowed));
}

static void
read_statement(struct conf_reader *r, const struct conf_table *t,
    const struct conf_statement *st, void *object, struct conf_seen *seen)
{
	const struct conf_keyword *kw = st->keyword;

	if (kw->kind == CONF_LATER) {
		conf_error(
		    r->problems, &st->word->pos, "%s is not supported yet", kw->word);
		return;
	}
	if (!check_block(r, st) || !note_place(r, t, st, seen))
		return;
	if (kw->kind == CONF_BLOCK)
		conf_read(r, kw->table, st->block, object, seen);
	else if (kw->kind == CONF_CUSTOM)
		kw->read(r, st, object);
	else
		read_value(r, st, object);
}

/* Words that are left behind a statement and begin no other. */
static bool
check_rest(struct conf_reader *r, const struct conf_table *t,
    const struct conf_keyword *kw, const struct conf_node *node, size_t i)
{
	if (i >= node->n_words || t->of_items ||
	    conf_begins_statement(t, &node->words[i]))
		return true;
	if (find_nearest(r, t, node->words[i].text))
		conf_unknown(r, t, &node->words[i], "unknown keyword");
	else if (kw->args && kw->takes_block == CONF_NO_BLOCK)
		conf_error(r->problems, &node->words[i].pos,
		    "unexpected \"%.60s\": %s takes one %s%s", node->words[i].text,
		    kw->word, kw->args,
		    strcmp(kw->args, "COMMAND") ? "" : "; quote it with its arguments");
	else
		conf_error(r->problems, &node->words[i].pos,
		    "unexpected \"%.60s\" after %s", node->words[i].text, kw->word);
	return false;
}

/* Reads the statement at node's i-th word; returns the index behind it. */
static size_t
read_at(struct conf_reader *r, const struct conf_table *t, const struct conf_node *node,
    size_t i, void *object, struct conf_seen *seen)
{
	const struct conf_keyword *kw = conf_find_keyword(t, node->words[i].text);
	struct conf_statement st = { .keyword = kw, .word = &node->words[i] };
	const struct conf_word *next;
	size_t n;

	if (!kw)
		return read_unknown(r, t, node, i);
	conf_trace_note(r->trace, t, st.word);
	i++;
	next = i < node->n_words ? &node->words[i] : NULL;
	n = count_args(kw, t, next);
	if (n && !next) {
		conf_error(
		    r->problems, &st.word->pos, "%s needs a %s", kw->word, kw->args);
		return i;
	}
	if (n)
		st.arg = &node->words[i++];
	if (kw->more && i < node->n_words) {
		st.more = &node->words[i];
		st.n_more = kw->more(t, st.more, node->n_words - i);
		i += st.n_more;
	}
	if (kw->kind == CONF_LATER)
		i = skip_statement(t, node, i - 1);
	if (!check_rest(r, t, kw, node, i)) {
		*said_at(t, &st, seen) = st.word; /* wrong, but not missing */
		return node->n_words;
	}
	if (i == node->n_words && node->has_block) {
		st.open = &node->open;
		st.block = node->block;
	}
	read_statement(r, t, &st, object, seen);
	return i;
}

void
conf_read(struct conf_reader *r, const struct conf_table *t,
    const struct conf_node *nodes, void *object, struct conf_seen *seen)
{
	for (const struct conf_node *node = nodes; node; node = node->next)
		for (size_t i = 0; i < node->n_words;)
			i = read_at(r, t, node, i, object, seen);
}

/* ---- lists ---- */

static void
read_item(
    struct conf_reader *r, const struct conf_items *items, const struct conf_node *node)
{
	struct conf_seen seen = { 0 };
	void *object = NULL, *next;

	for (size_t i = 0; i < node->n_words;) {
		const struct conf_word *word = &node->words[i];
		bool is_option =
		    items->options && conf_begins_statement(items->options, word);

		if (is_option && !object && items->options->come_first)
			object = items->begin(r, word, items->arg);
		if (is_option && object) {
			i = read_at(r, items->options, node, i, object, &seen);
			continue;
		}
		next = items->begin(r, word, items->arg);
		if (!next)
			return;
		if (next != object)
			seen = (struct conf_seen){ 0 };
		object = next;
		i++;
	}
}

void
conf_read_items(
    struct conf_reader *r, const struct conf_items *items, const struct conf_node *nodes)
{
	for (const struct conf_node *node = nodes; node; node = node->next) {
		if (node->has_block)
			conf_error(r->problems, &node->open, "no block belongs here");
		else
			read_item(r, items, node);
	}
}

/* ---- canonical form ---- */

static void
indent_by(FILE *out, unsigned indent)
{
	for (; indent; indent--)
		fputs("    ", out);
}

static bool
has_content(const struct conf_table *t, const void *object)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (conf_value_present(&t->words[i], object))
			return true;
	return false;
}

static void
print_word(FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	if (kw->kind == CONF_CUSTOM) {
		kw->print(out, indent, kw, object);
	} else if (kw->kind == CONF_BLOCK) {
		if (!has_content(kw->table, object))
			return;
		indent_by(out, indent);
		fprintf(out, "%s {\n", kw->word);
		conf_print_words(out, indent + 1, kw->table, object);
		indent_by(out, indent);
		fputs("}\n", out);
	} else if (conf_value_present(kw, object)) {
		indent_by(out, indent);
		fputs(kw->word, out);
		if (kw->kind != CONF_FLAG)
			fputc(' ', out);
		conf_value_print(out, kw, object);
		fputc('\n', out);
	}
}

void
conf_print_words(
    FILE *out, unsigned indent, const struct conf_table *t, const void *object)
{
	for (size_t i = 0; i < t->n_words; i++)
		print_word(out, indent, &t->words[i], object);
}

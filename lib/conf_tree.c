/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_tree.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "conf_file.h"
#include "mem.h"

/* A file on the way from the main one to where the reader is. */
struct include {
	const struct include *from;
	dev_t dev;
	ino_t ino;
	unsigned depth;
};

struct loader {
	struct conf_tree *tree;
	struct conf_problems *problems;
	struct conf_scope scope;
	size_t bytes_left;
	unsigned files_left;
	bool may_include;
};

/* The words of the statement that is being read, and where it will go. */
struct level {
	struct loader *loader;
	struct conf_lexer *lx;
	const struct include *file;
	struct conf_node **tail;
	struct conf_node *last; /* may still get a block from the next line */
	struct conf_word *words;
	size_t n_words;
	size_t cap;
	unsigned depth;
};

static void read_block(struct level *above, struct conf_node *owner);
static struct conf_node **read_text(struct loader *ld, struct conf_node **tail,
    const struct include *file, const char *name, const char *text, size_t len,
    unsigned *order);

/* ---- include ---- */

static bool
is_open(const struct include *file, const struct conf_file *f)
{
	for (; file; file = file->from)
		if (file->dev == f->dev && file->ino == f->ino)
			return true;
	return false;
}

/* Reads path as what the word at pos includes; false if it cannot be read. */
static void
include_file(struct level *lv, const struct conf_pos *pos, const char *path, bool matched)
{
	struct loader *ld = lv->loader;
	size_t max = ld->bytes_left < CONF_FILE_MAX ? ld->bytes_left : CONF_FILE_MAX;
	struct include file = { .from = lv->file };
	struct conf_file f;
	int r = conf_file_read(path, max, &f);

	if (r == -EISDIR && matched)
		return;
	if (r < 0) {
		conf_error(
		    ld->problems, pos, "cannot include %s: %s", path, conf_file_error(r));
		return;
	}
	file.dev = f.dev;
	file.ino = f.ino;
	file.depth = lv->file->depth + 1;
	if (is_open(lv->file, &f))
		conf_error(ld->problems, pos, "%s includes itself", path);
	else if (file.depth > CONF_INCLUDE_DEPTH)
		conf_error(ld->problems, pos, "includes are nested deeper than %d",
		    CONF_INCLUDE_DEPTH);
	else
		lv->tail = read_text(
		    ld, lv->tail, &file, path, f.text, f.len, &lv->lx->input.pos.order);
	free(f.text);
}

static void
include_matches(struct level *lv, const struct conf_pos *pos, const glob_t *g, bool wild)
{
	struct loader *ld = lv->loader;

	for (size_t i = 0; i < g->gl_pathc; i++) {
		if (!ld->files_left) {
			conf_error(ld->problems, pos, "more than %d files are included",
			    CONF_FILES_MAX);
			return;
		}
		ld->files_left--;
		include_file(lv, pos, g->gl_pathv[i], wild);
	}
}

/* keepalived's variants of `include`; those that demand a match for wildcards
 * differ, the others mean what vipd does anyway. */
static bool
is_include(const char *word, bool *must_match)
{
	size_t len = strlen("include");

	if (strncmp(word, "include", len) || strlen(word) > len + 1)
		return false;
	*must_match = word[len] && strchr("wba", word[len]);
	return !word[len] || strchr("rmwba", word[len]);
}

static void
include(struct level *lv, bool must_match)
{
	struct conf_problems *ps = lv->loader->problems;
	const struct conf_word *pattern = &lv->words[1];
	_free_ char *path = NULL;
	glob_t g = { 0 };
	bool wild;
	int r;

	if (lv->n_words != 2) {
		conf_error(ps, &lv->words[0].pos, "%s takes one FILE", lv->words[0].text);
		return;
	}
	if (!lv->loader->may_include) {
		conf_error(ps, &lv->words[0].pos, "include is not possible here");
		return;
	}
	path = conf_file_beside(pattern->pos.file, pattern->text);
	wild = strpbrk(path, "*?[{") != NULL;
	r = glob(path, GLOB_BRACE, NULL, &g);
	if (r && r != GLOB_NOMATCH)
		conf_error(ps, &pattern->pos, "cannot look for %s", path);
	else if (r && (!wild || must_match))
		conf_error(ps, &pattern->pos, "cannot include %s: %s", path,
		    wild ? "nothing matches" : strerror(ENOENT));
	include_matches(lv, &pattern->pos, &g, wild);
	globfree(&g);
}

/* ---- statements and blocks ---- */

static struct conf_node *
end_statement(struct level *lv)
{
	struct conf_node *node;
	bool must_match;

	if (!lv->n_words)
		return NULL;
	lv->last = NULL;
	if (is_include(lv->words[0].text, &must_match)) {
		include(lv, must_match);
		lv->n_words = 0;
		return NULL;
	}
	node = xcalloc(1, sizeof(*node));
	node->words = xcalloc(lv->n_words, sizeof(*node->words));
	memcpy(node->words, lv->words, lv->n_words * sizeof(*node->words));
	node->n_words = lv->n_words;
	*lv->tail = node;
	lv->tail = &node->next;
	lv->last = node;
	lv->n_words = 0;
	return node;
}

/* Reads on to the '}' that belongs to a '{' just read. */
static void
skip_block(struct conf_lexer *lx)
{
	struct conf_word word;
	unsigned open = 1;

	while (open) {
		switch (conf_lex(lx, &word)) {
		case CONF_TOKEN_OPEN:
			open++;
			break;
		case CONF_TOKEN_CLOSE:
			open--;
			break;
		case CONF_TOKEN_END:
			return;
		case CONF_TOKEN_WORD:
		case CONF_TOKEN_LINE_END:
			break;
		}
	}
}

/* '{' belongs to the words before it or to the line before. */
static void
open_block(struct level *lv, const struct conf_pos *pos)
{
	struct conf_problems *ps = lv->loader->problems;
	struct conf_node *owner = lv->n_words ? end_statement(lv) : lv->last;

	lv->last = NULL;
	if (!owner) {
		conf_error(ps, pos, "no keyword stands before this '{'");
		skip_block(lv->lx);
	} else if (lv->depth == CONF_BLOCK_DEPTH) {
		conf_error(ps, pos, "blocks are nested deeper than %d", CONF_BLOCK_DEPTH);
		skip_block(lv->lx);
	} else {
		owner->has_block = true;
		owner->open = *pos;
		read_block(lv, owner);
	}
}

static void
add_word(struct level *lv, const struct conf_word *word)
{
	bool must_match;

	lv->words = array_grow(lv->words, lv->n_words, &lv->cap, sizeof(*lv->words));
	lv->words[lv->n_words++] = *word;
	if (lv->n_words == 1 && is_include(word->text, &must_match))
		lv->lx->takes_braces = true;
}

/* Reads statements up to the end of the block or, at depth 0, of the file. */
static void
read_statements(struct level *lv, const struct conf_pos *open)
{
	struct conf_problems *ps = lv->loader->problems;
	struct conf_word word;

	for (;;) {
		switch (conf_lex(lv->lx, &word)) {
		case CONF_TOKEN_WORD:
			add_word(lv, &word);
			break;
		case CONF_TOKEN_LINE_END:
			end_statement(lv);
			break;
		case CONF_TOKEN_OPEN:
			open_block(lv, &word.pos);
			break;
		case CONF_TOKEN_CLOSE:
			end_statement(lv);
			if (open)
				return;
			conf_error(ps, &word.pos, "this '}' closes nothing");
			break;
		case CONF_TOKEN_END:
			end_statement(lv);
			if (open)
				conf_error(ps, open, "this '{' is never closed");
			return;
		}
	}
}

static void
read_block(struct level *above, struct conf_node *owner)
{
	struct level lv = {
		.loader = above->loader,
		.lx = above->lx,
		.file = above->file,
		.tail = &owner->block,
		.depth = above->depth + 1,
	};

	read_statements(&lv, &owner->open);
	free(lv.words);
}

/* Returns the new tail of the list that the text's statements went to. */
static struct conf_node **
read_text(struct loader *ld, struct conf_node **tail, const struct include *file,
    const char *name, const char *text, size_t len, unsigned *order)
{
	struct conf_lexer lx;
	struct level lv = { .loader = ld, .lx = &lx, .file = file, .tail = tail };

	ld->bytes_left -= len;
	conf_lexer_init(&lx, &ld->scope,
	    conf_heap_add(&ld->scope.heap, name, strlen(name)), text, len, *order);
	read_statements(&lv, NULL);
	free(lv.words);
	*order = lx.input.pos.order;
	conf_lexer_fini(&lx);
	return lv.tail;
}

/* ---- */

/* The words stay with the tree; definitions have done their work. */
static void
finish(struct loader *ld)
{
	conf_vars_free(&ld->scope.vars);
	ld->tree->heap = ld->scope.heap;
}

void
conf_tree_read(struct conf_tree *tree, const char *path, const char *config_id,
    struct conf_problems *problems)
{
	struct loader ld = {
		.tree = tree,
		.problems = problems,
		.scope = { .config_id = config_id, .problems = problems },
		.bytes_left = CONF_TOTAL_MAX,
		.files_left = CONF_FILES_MAX,
		.may_include = true,
	};
	struct conf_pos whole = { .file = path };
	struct include file = { 0 };
	struct conf_file f;
	unsigned order = 1;
	int r = conf_file_read(path, CONF_FILE_MAX, &f);

	*tree = (struct conf_tree){ 0 };
	if (r < 0) {
		conf_error(problems, &whole, "cannot read: %s", conf_file_error(r));
		return;
	}
	file.dev = f.dev;
	file.ino = f.ino;
	read_text(&ld, &tree->nodes, &file, path, f.text, f.len, &order);
	free(f.text);
	finish(&ld);
}

void
conf_tree_read_text(struct conf_tree *tree, const char *name, const char *text,
    size_t len, const char *config_id, struct conf_problems *problems)
{
	struct loader ld = {
		.tree = tree,
		.problems = problems,
		.scope = { .config_id = config_id, .problems = problems },
		.bytes_left = len,
	};
	struct include file = { 0 };
	unsigned order = 1;

	*tree = (struct conf_tree){ 0 };
	read_text(&ld, &tree->nodes, &file, name, text, len, &order);
	finish(&ld);
}

static void
free_nodes(struct conf_node *node)
{
	while (node) {
		struct conf_node *next = node->next;

		free_nodes(node->block);
		free(node->words);
		free(node);
		node = next;
	}
}

void
conf_tree_free(struct conf_tree *tree)
{
	free_nodes(tree->nodes);
	conf_heap_free(&tree->heap);
	tree->nodes = NULL;
}

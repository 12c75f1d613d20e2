/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax tree of a configuration: statements, each the words of one line
 * and perhaps a block. A line inside braces may hold several statements; only
 * the tables know where one ends, so the tree keeps them together. Includes
 * are resolved here. Knows no keyword but `include`.
 *
 * Everything is bounded: the size of a file and of all, the depth of blocks
 * and of includes, the number of files.
 */
#pragma once

#include "conf_lex.h"

#define CONF_FILE_MAX (1024 * 1024)
#define CONF_TOTAL_MAX (4 * CONF_FILE_MAX)
#define CONF_FILES_MAX 1000
#define CONF_INCLUDE_DEPTH 16
#define CONF_BLOCK_DEPTH 16

struct conf_node {
	struct conf_node *next;
	struct conf_word *words;
	size_t n_words; /* at least 1 */
	bool has_block;
	struct conf_pos open; /* of the block's '{' */
	struct conf_node *block;
};

/* Owns nodes and words. */
struct conf_tree {
	struct conf_node *nodes;
	struct conf_heap heap;
};

/* Findings go to problems; what could be read is in tree either way. */
void conf_tree_read(struct conf_tree *tree, const char *path, const char *config_id,
    struct conf_problems *problems);
/* From memory, under a name; includes are refused. */
void conf_tree_read_text(struct conf_tree *tree, const char *name, const char *text,
    size_t len, const char *config_id, struct conf_problems *problems);
void conf_tree_free(struct conf_tree *tree);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of rows of the same kind, described column by column, printed by
 * libsmartcols. On a terminal the last column is folded to its width; elsewhere
 * every row is one line and nothing is cut.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct model;
struct model_instance;
struct model_node;
struct model_service;
struct migrate_row;
struct msg_pool;
struct msg_service_address;

enum table_flag {
	TABLE_RIGHT = 1, /* numbers */
	TABLE_WIDE = 2,  /* only with -o wide */
};

/* What a row is about; of instance, service, node and keyword one is set. */
struct table_row {
	const struct model *model;
	const struct model_instance *instance;
	const struct model_service *service;
	const struct model_node *node;
	const struct migrate_row *keyword;
	const char *path;                          /* of the file it stands in */
	const struct msg_pool *pool;               /* with `family`: 0 IPv4, 1 IPv6 */
	const struct msg_service_address *address; /* of service, of pool */
	unsigned family;
};

struct table_column {
	const char *name; /* NULL ends the table */
	unsigned flags;   /* enum table_flag */
	/* Writes the cell; one that stays empty is shown as "-". */
	void (*cell)(const struct table_row *row, FILE *out);
};

struct table;

struct table *table_new(const struct table_column *columns, bool wide);
void table_add(struct table *t, const struct table_row *row);
/* Prints and frees it. */
void table_finish(struct table *t, FILE *out);

/*
 * text with newlines in place of spaces and behind commas, so that no line is
 * longer than room where that can be. The caller frees it.
 */
char *table_fold(const char *text, size_t room);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "migrate.h"

#include <stdlib.h>
#include <string.h>

#include "conf_trace.h"
#include "json.h"
#include "mem.h"
#include "table.h"

/* Places that a table shows; JSON has all of them. */
#define PLACES_SHOWN 4

/* All facts that say the same of one keyword in one block. */
struct migrate_row {
	const struct conf_fact *first;
	const struct conf_fact **facts;
	size_t n;
	size_t cap;
};

struct rows {
	struct migrate_row *list;
	size_t n;
	size_t cap;
};

static bool
alike(const struct conf_fact *a, const struct conf_fact *b)
{
	return a->fate == b->fate && !strcmp(a->keyword, b->keyword) &&
	    !strcmp(a->block, b->block) && !strcmp(a->text, b->text);
}

static void
collect(struct rows *rows, const struct conf_fact *fact)
{
	struct migrate_row *row = NULL;

	for (size_t i = 0; i < rows->n && !row; i++)
		if (alike(rows->list[i].first, fact))
			row = &rows->list[i];
	if (!row) {
		rows->list =
		    array_grow(rows->list, rows->n, &rows->cap, sizeof(*rows->list));
		row = &rows->list[rows->n++];
		*row = (struct migrate_row){ .first = fact };
	}
	row->facts =
	    array_grow(row->facts, row->n, &row->cap, sizeof(const struct conf_fact *));
	row->facts[row->n++] = fact;
}

/* How much a person has to look at it: what is ignored is only missed. */
static int
rank(enum conf_fate fate)
{
	switch (fate) {
	case CONF_FATE_SAME:
	case CONF_FATE_COUNT:
		break;
	case CONF_FATE_IGNORED:
		return 1;
	case CONF_FATE_DIFFERS:
		return 2;
	case CONF_FATE_REFUSED:
		return 3;
	}
	return 0;
}

/* What needs a hand first, then in reading order. */
static int
by_need(const void *a, const void *b)
{
	const struct conf_fact *x = ((const struct migrate_row *)a)->first;
	const struct conf_fact *y = ((const struct migrate_row *)b)->first;

	if (x->fate != y->fate)
		return rank(y->fate) - rank(x->fate);
	return x->order < y->order ? -1 : x->order > y->order;
}

static enum conf_fate
worst(const struct rows *rows)
{
	enum conf_fate fate = CONF_FATE_SAME;

	for (size_t i = 0; i < rows->n; i++)
		if (rows->list[i].first->fate > fate)
			fate = rows->list[i].first->fate;
	return fate;
}

static size_t
count(const struct rows *rows, enum conf_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += rows->list[i].first->fate == fate;
	return n;
}

/* ---- table ---- */

static void
keyword_cell(const struct table_row *r, FILE *out)
{
	fputs(r->keyword->first->keyword, out);
}

static void
block_cell(const struct table_row *r, FILE *out)
{
	fputs(r->keyword->first->block, out);
}

/* Lines; of an included file with its name. */
static void
lines_cell(const struct table_row *r, FILE *out)
{
	const struct migrate_row *row = r->keyword;
	const struct conf_fact *before = NULL;
	size_t n = 0;

	for (size_t i = 0; i < row->n; i++) {
		const struct conf_fact *fact = row->facts[i];

		/* A definition may stand there more than once. */
		if (before && before->line == fact->line &&
		    !strcmp(before->file, fact->file))
			continue;
		before = fact;
		if (n++ >= PLACES_SHOWN)
			continue;
		fputs(n > 1 ? "," : "", out);
		if (strcmp(fact->file, r->path) != 0)
			fprintf(out, "%s:", fact->file);
		fprintf(out, "%u", fact->line);
	}
	if (n > PLACES_SHOWN)
		fprintf(out, "+%zu", n - PLACES_SHOWN);
}

static void
fate_cell(const struct table_row *r, FILE *out)
{
	fputs(conf_fate_name(r->keyword->first->fate), out);
}

static void
note_cell(const struct table_row *r, FILE *out)
{
	fputs(r->keyword->first->text, out);
}

static const struct table_column columns[] = {
	{ "KEYWORD", 0, keyword_cell },
	{ "IN", TABLE_WIDE, block_cell },
	{ "LINES", 0, lines_cell },
	{ "VIPD", 0, fate_cell },
	{ "NOTE", 0, note_cell },
	{ NULL, 0, NULL },
};

static void
write_summary(const struct rows *rows, const char *path, FILE *out)
{
	static const struct {
		enum conf_fate fate;
		const char *word;
	} parts[] = {
		{ CONF_FATE_REFUSED, "refused" },
		{ CONF_FATE_DIFFERS, "differ" },
		{ CONF_FATE_IGNORED, "ignored" },
		{ CONF_FATE_SAME, "the same" },
	};
	const char *before = ": ";

	fprintf(out, "%s: vipd %s", path,
	    worst(rows) == CONF_FATE_REFUSED ? "does not start with it" : "runs it");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t n = count(rows, parts[i].fate);

		if (!n)
			continue;
		fprintf(out, "%s%zu %s", before, n, parts[i].word);
		before = ", ";
	}
	fputs("\n\n", out);
}

static void
write_next_step(const struct rows *rows, FILE *out)
{
	if (worst(rows) == CONF_FATE_REFUSED)
		fputs(
		    "\nNext: mend what is refused, as its note says, and check again.\n",
		    out);
	else
		fputs("\nNext: on a router that is BACKUP stop keepalived, copy the file "
		      "to\n/etc/vipd/vipd.conf, start vipd, see vipctl status; then the "
		      "next router.\n",
		    out);
	fputs("More: vipd.conf(5), FROM KEEPALIVED\n", out);
}

static void
write_table(const struct rows *rows, const char *path, bool wide, FILE *out)
{
	struct table *t = table_new(columns, wide);

	write_summary(rows, path, out);
	for (size_t i = 0; i < rows->n; i++) {
		struct table_row row = { .keyword = &rows->list[i], .path = path };

		table_add(t, &row);
	}
	table_finish(t, out);
	write_next_step(rows, out);
}

/* ---- JSON ---- */

static json_t *
places(const struct migrate_row *row)
{
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < row->n; i++)
		json_array_append_new(list,
		    JSON_PACK("{s:s, s:i}", "file", row->facts[i]->file, "line",
			(int)row->facts[i]->line));
	return list;
}

static void
write_json(const struct rows *rows, const char *path, FILE *out)
{
	json_t *list = json_packed(json_array()), *counts = json_packed(json_object());
	json_t *all;

	for (size_t i = 0; i < rows->n; i++) {
		const struct conf_fact *f = rows->list[i].first;

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:s, s:s, s:o}", "keyword", f->keyword, "block",
			f->block, "verdict", conf_fate_name(f->fate), "note", f->text,
			"places", places(&rows->list[i])));
	}
	for (int fate = 0; fate < CONF_FATE_COUNT; fate++)
		json_object_set_new(counts, conf_fate_name((enum conf_fate)fate),
		    json_integer((json_int_t)count(rows, (enum conf_fate)fate)));
	all = JSON_PACK("{s:s, s:s, s:o, s:o}", "file", path, "verdict",
	    conf_fate_name(worst(rows)), "counts", counts, "keywords", list);
	json_dumpf(all, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(all);
}

/* ---- */

/* What belongs to no keyword: a file that cannot be read, a brace. */
static bool
write_rest(
    const struct conf_problems *problems, const struct conf_trace *trace, FILE *err)
{
	char line[sizeof(struct conf_problem) + 64];
	bool refused = false;

	for (size_t i = 0; i < problems->count; i++) {
		const struct conf_problem *p = &problems->items[i];

		if (trace->count && trace->facts[0].order <= p->order >> 32)
			continue;
		conf_problem_format(p, line, sizeof(line));
		fprintf(err, "%s\n", line);
		refused |= p->severity == CONF_ERROR;
	}
	return refused;
}

int
migrate_show(const char *path, const char *id, bool json, bool wide, FILE *out, FILE *err)
{
	struct conf_problems problems = { 0 };
	struct conf_trace trace = { 0 };
	struct rows rows = { 0 };
	bool refused;
	int code;

	conf_trace_file(path, id, &trace, &problems);
	for (size_t i = 0; i < trace.count; i++)
		collect(&rows, &trace.facts[i]);
	if (rows.n)
		qsort(rows.list, rows.n, sizeof(*rows.list), by_need);
	refused = write_rest(&problems, &trace, err);
	if (json)
		write_json(&rows, path, out);
	else if (trace.count)
		write_table(&rows, path, wide, out);
	code = refused || problems.errors ? 2 : worst(&rows) != CONF_FATE_SAME;
	for (size_t i = 0; i < rows.n; i++)
		free(rows.list[i].facts);
	free(rows.list);
	conf_trace_free(&trace);
	conf_problems_free(&problems);
	return code;
}

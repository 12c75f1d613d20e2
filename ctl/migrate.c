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

static enum conf_fate
worst(const struct rows *rows)
{
	enum conf_fate fate = CONF_FATE_SAME;

	for (size_t i = 0; i < rows->n; i++)
		if (rows->list[i].first->fate > fate)
			fate = rows->list[i].first->fate;
	return fate;
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

	for (size_t i = 0; i < row->n && i < PLACES_SHOWN; i++) {
		const struct conf_fact *fact = row->facts[i];

		fputs(i ? "," : "", out);
		if (strcmp(fact->file, r->path) != 0)
			fprintf(out, "%s:", fact->file);
		fprintf(out, "%u", fact->line);
	}
	if (row->n > PLACES_SHOWN)
		fprintf(out, "+%zu", row->n - PLACES_SHOWN);
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
	{ "IN", 0, block_cell },
	{ "LINES", 0, lines_cell },
	{ "VIPD", 0, fate_cell },
	{ "NOTE", 0, note_cell },
	{ NULL, 0, NULL },
};

static void
write_table(const struct rows *rows, const char *path, bool wide, FILE *out)
{
	static const char *const verdicts[CONF_FATE_COUNT] = {
		[CONF_FATE_SAME] = "vipd runs it as it is",
		[CONF_FATE_DIFFERS] = "vipd runs it; something differs",
		[CONF_FATE_IGNORED] = "vipd runs it; something is ignored",
		[CONF_FATE_REFUSED] = "vipd does not start with it",
	};
	struct table *t = table_new(columns, wide);

	for (size_t i = 0; i < rows->n; i++) {
		struct table_row row = { .keyword = &rows->list[i], .path = path };

		table_add(t, &row);
	}
	if (rows->n)
		fputc('\n', out);
	table_finish(t, out);
	fprintf(out, "\n%s: %s\n", path, verdicts[worst(rows)]);
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
	json_t *list = json_packed(json_array()), *all;

	for (size_t i = 0; i < rows->n; i++) {
		const struct conf_fact *f = rows->list[i].first;

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:s, s:s, s:o}", "keyword", f->keyword, "block",
			f->block, "verdict", conf_fate_name(f->fate), "note", f->text,
			"places", places(&rows->list[i])));
	}
	all = JSON_PACK("{s:s, s:s, s:o}", "file", path, "verdict",
	    conf_fate_name(worst(rows)), "keywords", list);
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
migrate_show(const char *path, bool json, bool wide, FILE *out, FILE *err)
{
	struct conf_problems problems = { 0 };
	struct conf_trace trace = { 0 };
	struct rows rows = { 0 };
	bool refused;
	int code;

	conf_trace_file(path, NULL, &trace, &problems);
	for (size_t i = 0; i < trace.count; i++)
		collect(&rows, &trace.facts[i]);
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

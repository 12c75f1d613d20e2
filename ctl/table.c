/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

/* A last column with less room is left to the terminal. */
#define ROOM_MIN 20

struct table {
	const struct table_column *columns;
	bool wide;
	size_t n_columns; /* shown ones */
	char **cells;     /* rows of n_columns */
	size_t n_rows;
	size_t cap_rows;
};

static bool
shown(const struct table *t, const struct table_column *c)
{
	return t->wide || !(c->flags & TABLE_WIDE);
}

struct table *
table_new(const struct table_column *columns, bool wide)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->columns = columns;
	t->wide = wide;
	for (const struct table_column *c = columns; c->name; c++)
		t->n_columns += shown(t, c);
	return t;
}

static char *
cell_text(const struct table_column *c, const struct table_row *row)
{
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	c->cell(row, f);
	xmemstream_close(f);
	if (len)
		return text;
	free(text);
	return xstrdup("-");
}

void
table_add(struct table *t, const struct table_row *row)
{
	char **cells;

	t->cells = array_grow(
	    t->cells, t->n_rows, &t->cap_rows, t->n_columns * sizeof(*t->cells));
	cells = t->cells + t->n_rows++ * t->n_columns;
	for (const struct table_column *c = t->columns; c->name; c++)
		if (shown(t, c))
			*cells++ = cell_text(c, row);
}

/* What is left for the last column of a terminal's line; 0: no limit. */
static size_t
last_column_room(const struct table *t, FILE *out)
{
	struct winsize ws = { 0 };
	const struct table_column *c = t->columns;
	size_t used = 0;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &ws))
		return 0;
	for (size_t k = 0; k + 1 < t->n_columns; k++, c++) {
		size_t width;

		while (!shown(t, c))
			c++;
		width = strlen(c->name);
		for (size_t r = 0; r < t->n_rows; r++) {
			size_t len = strlen(t->cells[r * t->n_columns + k]);

			width = len > width ? len : width;
		}
		used += width + 1;
	}
	return used + ROOM_MIN <= ws.ws_col ? ws.ws_col - used : 0;
}

char *
table_fold(const char *text, size_t room)
{
	/* In the worst case every comma gets a newline behind it. */
	char *folded = xcalloc(2 * strlen(text) + 1, 1), *to = folded;
	const char *line = text, *fold = NULL;

	for (const char *p = text; *p; p++) {
		if (fold && (size_t)(p - line) >= room && p > fold) {
			to -= p - fold;
			if (*fold != ' ')
				*to++ = *fold;
			*to++ = '\n';
			memcpy(to, fold + 1, (size_t)(p - fold - 1));
			to += p - fold - 1;
			line = fold + 1;
			fold = NULL;
		}
		if (*p == ' ' || *p == ',')
			fold = p;
		*to++ = *p;
	}
	*to = '\0';
	return folded;
}

static struct libscols_table *
scols_of(struct table *t, bool terminal)
{
	struct libscols_table *scols = scols_new_table();
	struct libscols_column *last = NULL;

	if (!scols)
		fatalx("out of memory");
	for (const struct table_column *c = t->columns; c->name; c++) {
		int flags = c->flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0;

		if (!shown(t, c))
			continue;
		last = scols_table_new_column(scols, c->name, 0, flags);
		if (!last)
			fatalx("out of memory");
	}
	if (!terminal) {
		scols_table_set_termforce(scols, SCOLS_TERMFORCE_NEVER);
		return scols;
	}
	scols_column_set_flags(last, SCOLS_FL_WRAP);
	scols_column_set_safechars(last, "\n");
	scols_column_set_wrapfunc(
	    last, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	return scols;
}

void
table_finish(struct table *t, FILE *out)
{
	size_t room = last_column_room(t, out);
	struct libscols_table *scols = scols_of(t, room);

	for (size_t r = 0; r < t->n_rows; r++) {
		struct libscols_line *line = scols_table_new_line(scols, NULL);
		char **cells = t->cells + r * t->n_columns;

		if (!line)
			fatalx("out of memory");
		if (room) {
			char *folded = table_fold(cells[t->n_columns - 1], room);

			free(cells[t->n_columns - 1]);
			cells[t->n_columns - 1] = folded;
		}
		for (size_t k = 0; k < t->n_columns; k++)
			if (scols_line_refer_data(line, k, cells[k]))
				fatalx("out of memory");
	}
	scols_table_set_stream(scols, out);
	if (scols_print_table(scols))
		fatalx("out of memory");
	scols_unref_table(scols);
	free(t->cells);
	free(t);
}

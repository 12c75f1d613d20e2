/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

struct table {
	const struct table_column *columns;
	struct libscols_table *scols;
	bool wide;
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
	t->scols = scols_new_table();
	if (!t->scols)
		fatalx("out of memory");
	for (const struct table_column *c = columns; c->name; c++) {
		int flags = (c->flags & TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
		    (c->flags & TABLE_WRAP ? SCOLS_FL_WRAP : 0);

		if (shown(t, c) && !scols_table_new_column(t->scols, c->name, 0, flags))
			fatalx("out of memory");
	}
	return t;
}

static char *
cell_text(const struct table_column *c, const struct table_row *row)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		fatal("open_memstream");
	c->cell(row, f);
	if (fclose(f))
		fatal("open_memstream");
	if (len)
		return text;
	free(text);
	return xstrdup("-");
}

void
table_add(struct table *t, const struct table_row *row)
{
	struct libscols_line *line = scols_table_new_line(t->scols, NULL);
	size_t n = 0;

	if (!line)
		fatalx("out of memory");
	for (const struct table_column *c = t->columns; c->name; c++)
		if (shown(t, c) && scols_line_refer_data(line, n++, cell_text(c, row)))
			fatalx("out of memory");
}

void
table_finish(struct table *t, FILE *out)
{
	if (!isatty(fileno(out)))
		scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER);
	scols_table_set_stream(t->scols, out);
	if (scols_print_table(t->scols))
		fatalx("out of memory");
	scols_unref_table(t->scols);
	free(t);
}

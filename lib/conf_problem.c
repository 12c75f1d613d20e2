/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_problem.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Words of the file come back in messages; a terminal must not obey them. */
static void
make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static void __attribute__((format(printf, 4, 0))) add(struct conf_problems *ps,
    enum conf_severity severity, const struct conf_pos *pos, const char *fmt, va_list ap)
{
	struct conf_problem *p;

	if (severity == CONF_ERROR)
		ps->errors++;
	if (ps->count >= CONF_PROBLEMS_MAX)
		return;
	ps->items = array_grow(ps->items, ps->count, &ps->cap, sizeof(*ps->items));
	p = &ps->items[ps->count];
	*p = (struct conf_problem){
		.severity = severity,
		.line = pos->line,
		.column = pos->column,
		.order = (uint64_t)pos->order << 32 | ps->count,
	};
	ps->count++;
	str_copy(p->file, sizeof(p->file), pos->file);
	vsnprintf(p->text, sizeof(p->text), fmt, ap);
	make_printable(p->text);
}

void
conf_error(
    struct conf_problems *problems, const struct conf_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(problems, CONF_ERROR, pos, fmt, ap);
	va_end(ap);
}

void
conf_warning(
    struct conf_problems *problems, const struct conf_pos *pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(problems, CONF_WARNING, pos, fmt, ap);
	va_end(ap);
}

void
conf_alike(
    struct conf_problems *problems, const struct conf_pos *pos, const char *fmt, ...)
{
	size_t n = problems->count;
	va_list ap;

	va_start(ap, fmt);
	add(problems, CONF_WARNING, pos, fmt, ap);
	va_end(ap);
	if (problems->count > n)
		problems->items[n].alike = true;
}

const char *
conf_pos_format(
    const struct conf_pos *pos, const struct conf_pos *from, char buf[CONF_POS_STRLEN])
{
	if (!strcmp(pos->file, from->file))
		snprintf(
		    buf, CONF_POS_STRLEN, "line %u, column %u", pos->line, pos->column);
	else
		snprintf(
		    buf, CONF_POS_STRLEN, "%s:%u:%u", pos->file, pos->line, pos->column);
	return buf;
}

static int
by_order(const void *a, const void *b)
{
	const struct conf_problem *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

void
conf_problems_finish(struct conf_problems *ps)
{
	size_t kept = 0;

	if (!ps->count)
		return;
	qsort(ps->items, ps->count, sizeof(*ps->items), by_order);
	for (size_t i = 0; i < ps->count; i++)
		kept += ps->items[i].severity == CONF_ERROR;
	if (ps->errors > kept) {
		struct conf_problem *last = &ps->items[ps->count - 1];

		last->severity = CONF_ERROR;
		snprintf(last->text, sizeof(last->text), "%zu more errors are not shown",
		    ps->errors - kept);
	}
}

void
conf_problem_format(const struct conf_problem *p, char *buf, size_t size)
{
	const char *kind = p->severity == CONF_ERROR ? "error" : "warning";

	if (p->line)
		snprintf(buf, size, "%s:%u:%u: %s: %s", p->file, p->line, p->column, kind,
		    p->text);
	else
		snprintf(buf, size, "%s: %s: %s", p->file, kind, p->text);
}

void
conf_problems_free(struct conf_problems *problems)
{
	free(problems->items);
	*problems = (struct conf_problems){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define AROUND 3

struct line {
	const char *text;
	size_t len;
};

struct text {
	struct line *lines;
	size_t n;
	size_t cap;
};

/* One line of the result. */
struct edit {
	char mark; /* ' ', '-', '+' */
	struct line line;
};

struct edits {
	struct edit *list;
	size_t n;
	size_t cap;
};

static struct text
split(const char *s)
{
	struct text t = { 0 };

	while (*s) {
		size_t len = strcspn(s, "\n");

		t.lines = array_grow(t.lines, t.n, &t.cap, sizeof(*t.lines));
		t.lines[t.n++] = (struct line){ s, len };
		s += len + (s[len] == '\n');
	}
	return t;
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

static void
add(struct edits *e, char mark, struct line line)
{
	e->list = array_grow(e->list, e->n, &e->cap, sizeof(*e->list));
	e->list[e->n++] = (struct edit){ mark, line };
}

/*
 * The longest common subsequence by the table of its lengths, from the ends:
 * length[i][j] of a[i..] and b[j..]. What both begin and end with is left out,
 * so the table is as large as what differs.
 */
static void
compare(struct edits *e, const struct line *a, size_t n, const struct line *b, size_t m)
{
	uint32_t *length = xcalloc((n + 1) * (m + 1), sizeof(*length));
	size_t i = 0, j = 0, w = m + 1;

	for (size_t x = n; x-- > 0;)
		for (size_t y = m; y-- > 0;) {
			uint32_t skip_a = length[(x + 1) * w + y];
			uint32_t skip_b = length[x * w + y + 1];

			length[x * w + y] = same(&a[x], &b[y])
			    ? length[(x + 1) * w + y + 1] + 1
			    : skip_a > skip_b ? skip_a
					      : skip_b;
		}
	while (i < n || j < m) {
		if (i < n && j < m && same(&a[i], &b[j])) {
			add(e, ' ', a[i++]);
			j++;
		} else if (j == m ||
		    (i < n && length[(i + 1) * w + j] >= length[i * w + j + 1])) {
			add(e, '-', a[i++]);
		} else {
			add(e, '+', b[j++]);
		}
	}
	free(length);
}

static struct edits
edits_of(const struct text *a, const struct text *b)
{
	size_t head = 0, tail = 0, less = a->n < b->n ? a->n : b->n;
	struct edits e = { 0 };

	while (head < less && same(&a->lines[head], &b->lines[head]))
		add(&e, ' ', a->lines[head++]);
	while (tail < less - head &&
	    same(&a->lines[a->n - 1 - tail], &b->lines[b->n - 1 - tail]))
		tail++;
	compare(
	    &e, a->lines + head, a->n - head - tail, b->lines + head, b->n - head - tail);
	for (size_t i = a->n - tail; i < a->n; i++)
		add(&e, ' ', a->lines[i]);
	return e;
}

static bool
is_near_a_change(const struct edits *e, size_t i)
{
	size_t from = i > AROUND ? i - AROUND : 0;

	for (size_t k = from; k < e->n && k <= i + AROUND; k++)
		if (e->list[k].mark != ' ')
			return true;
	return false;
}

/* A block's opening line: it begins at the margin. */
static bool
opens(const struct line *l)
{
	return l->len && l->text[0] != ' ' && l->text[0] != '}';
}

static void
write_gap(const struct edits *e, size_t from, size_t to, FILE *out)
{
	fputs("...\n", out);
	while (to-- > from) {
		const struct line *l = &e->list[to].line;

		if (!opens(l))
			continue;
		fprintf(out, "  %.*s\n", (int)l->len, l->text);
		return;
	}
}

bool
diff_write(const char *from, const char *to, FILE *out)
{
	struct text a = split(from), b = split(to);
	struct edits e = edits_of(&a, &b);
	bool differs = false;
	size_t next = 0;

	for (size_t i = 0; i < e.n; i++) {
		if (!is_near_a_change(&e, i))
			continue;
		if (i > next)
			write_gap(&e, next, i, out);
		differs = true;
		next = i + 1;
		fprintf(out, "%c %.*s\n", e.list[i].mark, (int)e.list[i].line.len,
		    e.list[i].line.text);
	}
	free(a.lines);
	free(b.lines);
	free(e.list);
	return differs;
}

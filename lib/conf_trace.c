/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_trace.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

const char *
conf_fate_name(enum conf_fate fate)
{
	static const char *const names[CONF_FATE_COUNT] = {
		[CONF_FATE_SAME] = "same",
		[CONF_FATE_DIFFERS] = "differs",
		[CONF_FATE_IGNORED] = "ignored",
		[CONF_FATE_REFUSED] = "refused",
	};

	return names[fate];
}

static enum conf_fate
fate_of(const struct conf_foreign *f, bool off)
{
	if (!f || f->class == CONF_FOREIGN_IMPLIED || off)
		return CONF_FATE_SAME;
	if (f->class == CONF_FOREIGN_SIDE_JOB)
		return CONF_FATE_IGNORED;
	return CONF_FATE_REFUSED;
}

static struct conf_fact *
add(struct conf_trace *t, const struct conf_table *table, const struct conf_word *word)
{
	struct conf_fact *fact;

	t->facts = array_grow(t->facts, t->count, &t->cap, sizeof(*t->facts));
	fact = &t->facts[t->count++];
	*fact = (struct conf_fact){ .line = word->pos.line, .order = word->pos.order };
	str_copy(fact->keyword, sizeof(fact->keyword), word->text);
	str_copy(fact->block, sizeof(fact->block),
	    table->context == CONF_IN_ROOT ? "" : table->name);
	str_copy(fact->file, sizeof(fact->file), word->pos.file);
	return fact;
}

void
conf_trace_note(
    struct conf_trace *t, const struct conf_table *table, const struct conf_word *word)
{
	const struct conf_difference *d;
	struct conf_fact *fact;

	if (!t)
		return;
	fact = add(t, table, word);
	d = conf_difference_find(word->text, table);
	if (!d)
		return;
	fact->fate = d->remark ? CONF_FATE_SAME : CONF_FATE_DIFFERS;
	str_copy(fact->text, sizeof(fact->text), d->text);
}

void
conf_trace_foreign(struct conf_trace *t, const struct conf_table *table,
    const struct conf_word *word, const struct conf_foreign *f, bool off)
{
	struct conf_fact *fact;

	if (!t)
		return;
	fact = add(t, table, word);
	fact->fate = fate_of(f, off);
	fact->is_lvs = f && f->class == CONF_FOREIGN_LVS;
	fact->foreign = f;
	if (f && f->why && !off)
		str_copy(fact->text, sizeof(fact->text), f->why);
}

/* The last fact that is not behind the order; NULL: none. */
static struct conf_fact *
fact_before(struct conf_trace *t, uint64_t order)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->facts[middle].order <= order)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &t->facts[low - 1] : NULL;
}

/* False: something else of the same weight is said of it already. */
static bool
judge(struct conf_fact *fact, const struct conf_problem *p)
{
	enum conf_fate fate = p->severity == CONF_ERROR ? CONF_FATE_REFUSED
	    : p->alike                                  ? CONF_FATE_SAME
							: CONF_FATE_DIFFERS;

	/* What is ignored or refused as a keyword has its reason already. */
	if (fact->fate > fate || (fact->fate == CONF_FATE_REFUSED && fact->foreign))
		return true;
	if (fact->fate == fate && (fact->judged || (fate && fact->text[0])))
		return !strcmp(fact->text, p->text);
	fact->fate = fate;
	fact->judged = true;
	str_copy(fact->text, sizeof(fact->text), p->text);
	return true;
}

void
conf_trace_judge(
    struct conf_trace *t, const struct conf_problems *problems, bool ignore_lvs)
{
	struct conf_fact *more = NULL; /* their keywords have a text already */
	size_t n_more = 0, cap = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->facts[i].is_lvs && ignore_lvs) {
			t->facts[i].fate = CONF_FATE_IGNORED;
			str_copy(t->facts[i].text, sizeof(t->facts[i].text),
			    "as ignore_lvs says");
		}
	for (size_t i = 0; i < problems->count; i++) {
		const struct conf_problem *p = &problems->items[i];
		struct conf_fact *fact = fact_before(t, p->order >> 32);

		if (fact && !judge(fact, p)) {
			more = array_grow(more, n_more, &cap, sizeof(*more));
			more[n_more] = *fact;
			str_copy(more[n_more].text, sizeof(more->text), p->text);
			n_more++;
		}
	}
	for (size_t i = 0; i < n_more; i++) {
		t->facts = array_grow(t->facts, t->count, &t->cap, sizeof(*t->facts));
		t->facts[t->count++] = more[i];
	}
	free(more);
}

void
conf_trace_free(struct conf_trace *t)
{
	free(t->facts);
	*t = (struct conf_trace){ 0 };
}

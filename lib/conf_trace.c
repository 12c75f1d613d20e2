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

void
conf_trace_note(struct conf_trace *t, const struct conf_table *table,
    const struct conf_word *word, const struct conf_foreign *f, bool off)
{
	struct conf_fact *fact;

	if (!t)
		return;
	t->facts = array_grow(t->facts, t->count, &t->cap, sizeof(*t->facts));
	fact = &t->facts[t->count++];
	*fact = (struct conf_fact){
		.line = word->pos.line,
		.order = word->pos.order,
		.fate = fate_of(f, off),
		.is_lvs = f && f->class == CONF_FOREIGN_LVS,
	};
	str_copy(fact->keyword, sizeof(fact->keyword), word->text);
	str_copy(fact->block, sizeof(fact->block),
	    table->context == CONF_IN_ROOT ? "" : table->name);
	str_copy(fact->file, sizeof(fact->file), word->pos.file);
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

static void
judge(struct conf_fact *fact, const struct conf_problem *p)
{
	enum conf_fate fate =
	    p->severity == CONF_ERROR ? CONF_FATE_REFUSED : CONF_FATE_DIFFERS;

	/* What is ignored or refused as a keyword has its reason already. */
	if (fact->text[0] && fact->fate >= fate)
		return;
	if (fact->fate == CONF_FATE_IGNORED && fate == CONF_FATE_DIFFERS)
		return;
	fact->fate = fate;
	str_copy(fact->text, sizeof(fact->text), p->text);
}

void
conf_trace_judge(
    struct conf_trace *t, const struct conf_problems *problems, bool ignore_lvs)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->facts[i].is_lvs && ignore_lvs) {
			t->facts[i].fate = CONF_FATE_IGNORED;
			str_copy(t->facts[i].text, sizeof(t->facts[i].text),
			    "as ignore_lvs says");
		}
	for (size_t i = 0; i < problems->count; i++) {
		const struct conf_problem *p = &problems->items[i];
		struct conf_fact *fact = fact_before(t, p->order >> 32);

		if (fact)
			judge(fact, p);
	}
}

void
conf_trace_free(struct conf_trace *t)
{
	free(t->facts);
	*t = (struct conf_trace){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "conf_track.h"
#include "conf_value.h"
#include "mem.h"

#define SECONDS(member, from, to)                                                        \
	.args = "SECONDS", .kind = CONF_SECONDS, CONF_FIELD(struct conf_script, member), \
	.min = (from), .max = (to)
#define NUMBER(member, from, to)                                                         \
	.args = "NUMBER", .kind = CONF_NUMBER, CONF_FIELD(struct conf_script, member),   \
	.min = (from), .max = (to)

/* Printed with the command. */
static void
print_nothing(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	(void)out;
	(void)indent;
	(void)kw;
	(void)object;
}

static void
print_script(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_script *s = object;

	fprintf(out, "%*s%s ", (int)(4 * indent), "", kw->word);
	conf_print_word(out, s->command.text);
	fputc('\n', out);
	if (!s->command.user[0])
		return;
	fprintf(out, "%*suser ", (int)(4 * indent), "");
	conf_print_word(out, s->command.user);
	if (s->command.group[0]) {
		fputc(' ', out);
		conf_print_word(out, s->command.group);
	}
	fputc('\n', out);
}

static const struct conf_keyword rows[] = {
	[CONF_C_SCRIPT] = { "script", .args = "COMMAND", .kind = CONF_CUSTOM,
	    .named = true, .offset = offsetof(struct conf_script, command),
	    .read = conf_read_command, .print = print_script,
	    .help = "what is run; it succeeds if it exits with 0" },
	[CONF_C_INTERVAL] = { "interval", SECONDS(interval_us, 10000, 4200000000),
	    .def = "1", .help = "from one start to the next" },
	[CONF_C_TIMEOUT] = { "timeout", SECONDS(timeout_us, 10000, 4200000000),
	    .help = "how long a run may take before it counts as failed" },
	[CONF_C_WEIGHT] = CONF_WEIGHT_ROW(struct conf_script, weight, 254,
	    "what it adds to a priority; 0: its failure is a FAULT"),
	[CONF_C_RISE] = { "rise", NUMBER(rise, 1, 1000000), .def = "1",
	    .help = "successes in a row that end a failure" },
	[CONF_C_FALL] = { "fall", NUMBER(fall, 1, 1000000), .def = "1",
	    .help = "failures in a row that make it fail" },
	[CONF_C_USER] = { "user", .args = "USER [GROUP]", .kind = CONF_CUSTOM,
	    .named = true, .more = conf_one_more,
	    .offset = offsetof(struct conf_script, command), .read = conf_read_user,
	    .print = print_nothing, .help = "who runs it; else script_user" },
	[CONF_C_INIT_FAIL] = { "init_fail", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_script, init_fail), .min = true,
	    .help = "it counts as failed until it has succeeded" },
};
_Static_assert(ARRAY_LEN(rows) == CONF_C_COUNT, "a row for each word");

static const struct conf_table table = {
	.name = "vrrp_script",
	.words = rows,
	.n_words = ARRAY_LEN(rows),
};

const struct conf_table *
conf_script_table(void)
{
	return &table;
}

void
conf_read_script(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;
	struct conf_watch *w = &b->watch;
	struct conf_seen seen = { 0 };
	struct conf_script *s;

	w->scripts =
	    array_grow(w->scripts, w->n_scripts, &w->cap_scripts, sizeof(*w->scripts));
	s = &w->scripts[w->n_scripts++];
	*s = (struct conf_script){ .at = st->arg };
	conf_read_block_name(r, st, s->name);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].def)
			conf_value_read(&rows[i], rows[i].def, "", s);
	conf_read(r, &table, st->block, s, &seen);
	if (!seen.at[CONF_C_TIMEOUT])
		s->timeout_us = s->interval_us;
	if (!seen.at[CONF_C_SCRIPT])
		conf_error(
		    r->problems, &st->arg->pos, "vrrp_script %s has no script", s->name);
}

/* ---- notify_deleted ---- */

void
conf_read_deleted(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_notify *n =
	    (struct conf_notify *)((char *)object + st->keyword->offset);
	struct conf_keyword command = {
		.word = st->keyword->word,
		.offset = offsetof(struct conf_notify, commands[NOTIFY_DELETED]),
	};
	struct conf_statement inner = {
		.keyword = &command,
		.word = st->word,
		.arg = st->more,
		.more = st->n_more > 1 ? st->more + 1 : NULL,
		.n_more = st->n_more > 1 ? st->n_more - 1 : 0,
	};

	n->deleted = true;
	if (st->n_more)
		conf_read_command(r, &inner, n);
}

void
conf_print_deleted(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_notify *n =
	    (const struct conf_notify *)((const char *)object + kw->offset);
	struct conf_keyword command = {
		.word = kw->word,
		.offset = offsetof(struct conf_notify, commands[NOTIFY_DELETED]),
	};

	if (n->commands[NOTIFY_DELETED].text)
		conf_print_command(out, indent, &command, n);
	else if (n->deleted)
		fprintf(out, "%*s%s\n", (int)(4 * indent), "", kw->word);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "conf_track.h"
#include "conf_value.h"
#include "mem.h"

static void
apply_defaults(const struct conf_keyword *words, size_t n, void *object)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].def)
			conf_value_read(&words[i], words[i].def, "", object);
}

static const struct conf_choice matches[] = {
	{ "initial", MATCH_INITIAL },
	{ "partial", MATCH_PARTIAL },
	{ NULL, 0 },
};

static void
append_word(struct conf_track_process *p, const char *text)
{
	size_t len = strlen(text) + 1;

	p->command = xreallocarray(p->command, p->command_len + len, 1);
	memcpy(p->command + p->command_len, text, len);
	p->command_len += len;
}

static void
read_process(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_track_process *p = object;

	if (!*st->arg->text)
		conf_error(r->problems, &st->arg->pos, "process: it is empty");
	append_word(p, st->arg->text);
	for (size_t i = 0; i < st->n_more; i++)
		append_word(p, st->more[i].text);
}

static void
print_process(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_track_process *p = object;

	fprintf(out, "%*s%s", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < p->command_len; i += strlen(p->command + i) + 1) {
		fputc(' ', out);
		conf_print_word(out, p->command + i);
	}
	fputc('\n', out);
}

static void
read_match(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_track_process *p = object;

	p->match_said = true;
	for (const struct conf_choice *c = matches; c->word; c++)
		if (!strcmp(c->word, st->arg->text)) {
			p->match = (uint8_t)c->value;
			return;
		}
	conf_error(r->problems, &st->arg->pos,
	    "param_match: \"%.60s\" is not initial or partial", st->arg->text);
}

static void
print_match(FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_track_process *p = object;

	if (p->match_said)
		fprintf(out, "%*s%s %s\n", (int)(4 * indent), "", kw->word,
		    p->match == MATCH_INITIAL ? "initial" : "partial");
}

static void
read_delay(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_track_process *p = object;
	uint64_t us;

	if (!conf_seconds_parse(st->arg->text, &us) || us > 3600000000)
		conf_error(r->problems, &st->arg->pos,
		    "delay: \"%.60s\" is not seconds from 0 to 3600", st->arg->text);
	else
		p->fork_delay_us = p->terminate_delay_us = (uint32_t)us;
}

/* It is printed as the two that it stands for. */
static void
print_delay(FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	(void)out;
	(void)indent;
	(void)kw;
	(void)object;
}

#define NUMBER(member, from, to)                                                         \
	.args = "NUMBER", .kind = CONF_NUMBER,                                           \
	CONF_FIELD(struct conf_track_process, member), .min = (from), .max = (to)
#define SECONDS(member)                                                                  \
	.args = "SECONDS", .kind = CONF_SECONDS,                                         \
	CONF_FIELD(struct conf_track_process, member), .min = 0, .max = 3600000000

enum {
	P_PROCESS,
	P_MATCH,
	P_WEIGHT,
	P_QUORUM,
	P_QUORUM_MAX,
	P_DELAY,
	P_FORK_DELAY,
	P_TERMINATE_DELAY,
	P_FULL_COMMAND,
	P_COUNT
};

static const struct conf_keyword process_words[] = {
	[P_PROCESS] = { "process", .args = "NAME [ARGUMENT...]", .kind = CONF_CUSTOM,
	    .named = true, .more = conf_all_more, .read = read_process,
	    .print = print_process, .help = "the name, or the command line" },
	[P_MATCH] = { "param_match", .args = "initial|partial", .kind = CONF_CUSTOM,
	    .named = true, .read = read_match, .print = print_match,
	    .help = "how arguments compare; without it exactly" },
	[P_WEIGHT] = CONF_WEIGHT_ROW(struct conf_track_process, weight, 254,
	    "what it adds to a priority; 0: its failure is a FAULT"),
	[P_QUORUM] = { "quorum", NUMBER(quorum, 0, 1000000), .def = "1",
	    .help = "processes that have to be there" },
	[P_QUORUM_MAX] = { "quorum_max", NUMBER(quorum_max, 0, UINT32_MAX),
	    .def = "4294967295", .help = "processes that may be there" },
	[P_DELAY] = { "delay", .args = "SECONDS", .kind = CONF_CUSTOM, .named = true,
	    .read = read_delay, .print = print_delay,
	    .help = "fork_delay and terminate_delay" },
	[P_FORK_DELAY] = { "fork_delay", SECONDS(fork_delay_us),
	    .help = "how long a quorum has to last before it counts" },
	[P_TERMINATE_DELAY] = { "terminate_delay", SECONDS(terminate_delay_us),
	    .help = "how long its loss has to last before it counts" },
	[P_FULL_COMMAND] = { "full_command", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_track_process, full_command), .min = true,
	    .help = "compare the command line, not the name" },
};

static const struct conf_table process_table = {
	.name = "vrrp_track_process",
	.words = process_words,
	.n_words = ARRAY_LEN(process_words),
};

const struct conf_table *
conf_track_process_table(void)
{
	return &process_table;
}

void
conf_read_track_process(
    struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;
	struct conf_watch *w = &b->watch;
	struct conf_seen seen = { 0 };
	struct conf_track_process *p;

	w->processes = array_grow(
	    w->processes, w->n_processes, &w->cap_processes, sizeof(*w->processes));
	p = &w->processes[w->n_processes++];
	*p = (struct conf_track_process){ .weight.value = 1, .at = st->arg };
	conf_read_block_name(r, st, p->name);
	apply_defaults(process_words, ARRAY_LEN(process_words), p);
	conf_read(r, &process_table, st->block, p, &seen);
	if (!seen.at[P_PROCESS])
		conf_error(r->problems, &st->arg->pos,
		    "vrrp_track_process %s has no process", p->name);
	if (p->quorum > p->quorum_max && seen.at[P_QUORUM])
		conf_error(r->problems, &seen.at[P_QUORUM]->pos,
		    "quorum %u is above quorum_max %u", p->quorum, p->quorum_max);
	else if (p->quorum > p->quorum_max)
		p->quorum = p->quorum_max;
}

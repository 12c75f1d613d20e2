/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_track.h"

#include <stdlib.h>
#include <string.h>

#include "conf_value.h"
#include "mem.h"

void
conf_read_block_name(
    struct conf_reader *r, const struct conf_statement *st, char name[NAME_LEN])
{
	if (!*st->arg->text || !str_copy(name, NAME_LEN, st->arg->text))
		conf_error(r->problems, &st->arg->pos,
		    "%s: not a name of at most %d characters", st->keyword->word,
		    NAME_LEN - 1);
}

/* ---- vrrp_track_file ---- */

static void
read_init_file(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_track_file *f = object;

	f->init = true;
	for (size_t i = 0; i < st->n_more; i++) {
		const struct conf_word *word = &st->more[i];

		if (!strcmp(word->text, "overwrite"))
			f->overwrite = true;
		else if (i || !conf_integer_parse(word->text, &f->init_value))
			conf_error(r->problems, &word->pos,
			    "init_file: \"%.60s\" is not a whole number or overwrite",
			    word->text);
	}
}

static void
print_init_file(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_track_file *f = object;

	if (f->init)
		fprintf(out, "%*s%s %d%s\n", (int)(4 * indent), "", kw->word,
		    f->init_value, f->overwrite ? " overwrite" : "");
}

enum { F_FILE, F_WEIGHT, F_INIT, F_COUNT };

static const struct conf_keyword file_words[] = {
	[F_FILE] = { "file", .args = "FILE", .kind = CONF_PATH,
	    CONF_FIELD(struct conf_track_file, path),
	    .help = "holds a whole number; no file is 0" },
	[F_WEIGHT] = CONF_WEIGHT_ROW(struct conf_track_file, weight, INT32_MAX,
	    "the number times this is added to a priority; 0: another number than "
	    "0 is a FAULT"),
	[F_INIT] = { "init_file", .args = "[NUMBER] [overwrite]", .kind = CONF_CUSTOM,
	    .more = conf_two_more, .read = read_init_file, .print = print_init_file,
	    .help = "written at the start, if there is no file or anyway" },
};

static const struct conf_table file_table = {
	.name = "vrrp_track_file",
	.words = file_words,
	.n_words = ARRAY_LEN(file_words),
};

const struct conf_table *
conf_track_file_table(void)
{
	return &file_table;
}

void
conf_read_track_file(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;
	struct conf_watch *w = &b->watch;
	struct conf_seen seen = { 0 };
	struct conf_track_file *f;

	w->files = array_grow(w->files, w->n_files, &w->cap_files, sizeof(*w->files));
	f = &w->files[w->n_files++];
	*f = (struct conf_track_file){ .weight.value = 1, .at = st->arg };
	conf_read_block_name(r, st, f->name);
	conf_read(r, &file_table, st->block, f, &seen);
	if (!seen.at[F_FILE])
		conf_error(r->problems, &st->arg->pos, "vrrp_track_file %s has no file",
		    f->name);
}

/* ---- interface_up_down_delays ---- */

#define DELAY_MAX_US 255000000

static bool
read_delay_seconds(struct conf_reader *r, const struct conf_word *word, uint32_t *out)
{
	uint64_t us;

	if (!conf_seconds_parse(word->text, &us) || us > DELAY_MAX_US) {
		conf_error(r->problems, &word->pos,
		    "\"%.60s\" is not seconds from 0 to 255", word->text);
		return false;
	}
	*out = (uint32_t)us;
	return true;
}

/* IF DOWN [UP]; returns how many words it took, 0 on an error. */
static size_t
read_one_delay(
    struct conf_reader *r, struct conf_watch *w, const struct conf_word *words, size_t n)
{
	struct conf_delay d = { .at = words };
	uint64_t us;

	if (!conf_ifname_ok(words->text) ||
	    !str_copy(d.interface, IFNAME_LEN, words->text)) {
		conf_error(r->problems, &words->pos, "\"%.60s\" is not an interface name",
		    words->text);
		return 0;
	}
	if (n < 2) {
		conf_error(r->problems, &words->pos,
		    "%s has no delay: INTERFACE DOWN [UP]", words->text);
		return 0;
	}
	if (!read_delay_seconds(r, &words[1], &d.down_us))
		return 0;
	d.up_us = d.down_us;
	if (n > 2 && conf_seconds_parse(words[2].text, &us) &&
	    !read_delay_seconds(r, &words[2], &d.up_us))
		return 0;
	w->delays =
	    array_grow(w->delays, w->n_delays, &w->cap_delays, sizeof(*w->delays));
	w->delays[w->n_delays++] = d;
	return n > 2 && conf_seconds_parse(words[2].text, &us) ? 3 : 2;
}

void
conf_read_delays(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_build *b = object;

	for (const struct conf_node *node = st->block; node; node = node->next) {
		size_t took = 1;

		if (node->has_block)
			conf_error(r->problems, &node->open, "no block belongs here");
		for (size_t i = 0; took && i < node->n_words; i += took)
			took = read_one_delay(
			    r, &b->watch, &node->words[i], node->n_words - i);
	}
}

/* ---- in instances and groups ---- */

static const struct conf_keyword track_words[] = {
	CONF_WEIGHT_ROW(struct conf_track, weight, INT32_MAX,
	    "what it adds to the priority; else what its block says"),
};

static const struct conf_table track_table = {
	.name = "track_script and its kin",
	.words = track_words,
	.n_words = ARRAY_LEN(track_words),
	.of_items = true,
};

const struct conf_table *
conf_track_table(void)
{
	return &track_table;
}

struct track_list {
	struct conf_tracks *tracks;
	enum track_kind kind;
};

static void *
begin_track(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct track_list *list = arg;
	struct conf_tracks *ts = list->tracks;
	struct conf_track t = { .kind = list->kind, .at = word };

	if (list->kind == TRACK_INTERFACE ? !conf_ifname_ok(word->text) : !*word->text) {
		conf_error(
		    r->problems, &word->pos, "\"%.60s\" is not a name", word->text);
		return NULL;
	}
	if (!str_copy(t.name, sizeof(t.name), word->text)) {
		conf_error(r->problems, &word->pos, "a name has at most %d characters",
		    NAME_LEN - 1);
		return NULL;
	}
	ts->items = array_grow(ts->items, ts->count, &ts->cap, sizeof(*ts->items));
	ts->items[ts->count] = t;
	return &ts->items[ts->count++];
}

void
conf_read_tracks(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct track_list list = {
		(struct conf_tracks *)((char *)object + st->keyword->offset),
		(enum track_kind)st->keyword->min,
	};
	struct conf_items items = { &track_table, begin_track, &list };

	conf_read_items(r, &items, st->block);
}

void
conf_print_tracks(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_tracks *ts =
	    (const struct conf_tracks *)((const char *)object + kw->offset);
	size_t n = 0;

	for (size_t i = 0; i < ts->count; i++) {
		const struct conf_track *t = &ts->items[i];

		if (t->kind != (enum track_kind)kw->min)
			continue;
		if (!n++)
			fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		conf_print_word(out, t->name);
		fprintf(out, " weight %d%s\n", t->weight.value,
		    t->weight.reverse ? " reverse" : "");
	}
	if (n)
		fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

/* ---- canonical form ---- */

static void
print_block(FILE *out, const char *word, const char *name, const struct conf_table *t,
    const void *object)
{
	fprintf(out, "%s ", word);
	conf_print_word(out, name);
	fputs(" {\n", out);
	conf_print_words(out, 1, t, object);
	fputs("}\n", out);
}

static void
print_seconds(FILE *out, uint32_t us)
{
	static const struct conf_keyword row = { .kind = CONF_SECONDS,
		.size = sizeof(uint32_t) };

	fputc(' ', out);
	conf_value_print(out, &row, &us);
}

void
conf_print_watch(FILE *out, const struct conf_watch *w)
{
	if (w->n_delays)
		fputs("interface_up_down_delays {\n", out);
	for (size_t i = 0; i < w->n_delays; i++) {
		fputs("    ", out);
		conf_print_word(out, w->delays[i].interface);
		print_seconds(out, w->delays[i].down_us);
		print_seconds(out, w->delays[i].up_us);
		fputc('\n', out);
	}
	if (w->n_delays)
		fputs("}\n", out);
	for (size_t i = 0; i < w->n_scripts; i++)
		print_block(out, "vrrp_script", w->scripts[i].name, conf_script_table(),
		    &w->scripts[i]);
	for (size_t i = 0; i < w->n_files; i++)
		print_block(
		    out, "vrrp_track_file", w->files[i].name, &file_table, &w->files[i]);
	for (size_t i = 0; i < w->n_processes; i++)
		print_block(out, "vrrp_track_process", w->processes[i].name,
		    conf_track_process_table(), &w->processes[i]);
}

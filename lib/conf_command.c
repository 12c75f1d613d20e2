/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_command.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "conf_value.h"
#include "mem.h"

/* ---- commands ---- */

static void
read_name(struct conf_reader *r, const struct conf_word *word, char name[USER_LEN])
{
	if (!*word->text || !str_copy(name, USER_LEN, word->text))
		conf_error(r->problems, &word->pos,
		    "\"%.60s\" is not the name of a user or group", word->text);
}

static void
read_owner(struct conf_reader *r, const struct conf_word *words, size_t n,
    struct conf_command *c)
{
	if (n > 0)
		read_name(r, &words[0], c->user);
	if (n > 1)
		read_name(r, &words[1], c->group);
}

void
conf_read_command(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_command *c =
	    (struct conf_command *)((char *)object + st->keyword->offset);
	struct command split;
	const char *wrong = command_split(&split, st->arg->text);

	if (wrong) {
		conf_error(
		    r->problems, &st->arg->pos, "%s: it %s", st->keyword->word, wrong);
		return;
	}
	command_free(&split);
	free(c->text);
	c->text = xstrdup(st->arg->text);
	c->at = st->arg;
	read_owner(r, st->more, st->n_more, c);
}

void
conf_read_user(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_command *c =
	    (struct conf_command *)((char *)object + st->keyword->offset);

	read_name(r, st->arg, c->user);
	if (st->n_more)
		read_name(r, st->more, c->group);
}

void
conf_print_command(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_command *c =
	    (const struct conf_command *)((const char *)object + kw->offset);

	if (!c->text)
		return;
	fprintf(out, "%*s%s ", (int)(4 * indent), "", kw->word);
	conf_print_word(out, c->text);
	if (c->user[0]) {
		fputc(' ', out);
		conf_print_word(out, c->user);
	}
	if (c->group[0]) {
		fputc(' ', out);
		conf_print_word(out, c->group);
	}
	fputc('\n', out);
}

void
conf_command_complete(struct conf_command *c, const struct conf_command *user)
{
	if (!c->text || c->user[0])
		return;
	memcpy(c->user, user->user, sizeof(c->user));
	memcpy(c->group, user->group, sizeof(c->group));
}

/* ---- weights ---- */

bool
conf_integer_parse(const char *text, int32_t *out)
{
	bool negative = *text == '-';
	uint32_t v;

	if (*text == '-' || *text == '+')
		text++;
	if (!conf_number_parse(text, &v) || v > INT32_MAX)
		return false;
	*out = negative ? -(int32_t)v : (int32_t)v;
	return true;
}

/* Two spellings of the second stand in keepalived's documentation. */
static bool
read_reverse(const char *text, bool *reverse)
{
	*reverse = !strcmp(text, "reverse");
	return *reverse || !strcmp(text, "noreverse") || !strcmp(text, "no_reverse");
}

size_t
conf_weight_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	bool reverse;

	(void)t;
	return n && read_reverse(words[0].text, &reverse) ? 1 : 0;
}

void
conf_read_weight(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_weight *w =
	    (struct conf_weight *)((char *)object + st->keyword->offset);
	int32_t limit = (int32_t)st->keyword->max, value;

	if (!conf_integer_parse(st->arg->text, &value) || value < -limit ||
	    value > limit) {
		conf_error(r->problems, &st->arg->pos,
		    "weight: \"%.60s\" is not a whole number from -%d to %d",
		    st->arg->text, limit, limit);
		return;
	}
	w->value = value;
	w->said = true;
	w->reverse = false;
	if (st->n_more)
		read_reverse(st->more->text, &w->reverse);
}

void
conf_print_weight(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_weight *w =
	    (const struct conf_weight *)((const char *)object + kw->offset);

	fprintf(out, "%*s%s %d%s\n", (int)(4 * indent), "", kw->word, w->value,
	    w->reverse ? " reverse" : "");
}

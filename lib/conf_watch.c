/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_watch.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static bool
text_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool
conf_command_eq(const struct conf_command *a, const struct conf_command *b)
{
	return text_eq(a->text, b->text) && !strcmp(a->user, b->user) &&
	    !strcmp(a->group, b->group);
}

bool
conf_tracks_eq(const struct conf_tracks *a, const struct conf_tracks *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct conf_track *x = &a->items[i], *y = &b->items[i];

		if (x->kind != y->kind || strcmp(x->name, y->name) ||
		    x->weight.value != y->weight.value ||
		    x->weight.reverse != y->weight.reverse)
			return false;
	}
	return true;
}

bool
conf_notify_eq(const struct conf_notify *a, const struct conf_notify *b)
{
	for (size_t i = 0; i < NOTIFY_COUNT; i++)
		if (!conf_command_eq(&a->commands[i], &b->commands[i]))
			return false;
	return a->deleted == b->deleted && a->priority_changes == b->priority_changes;
}

struct conf_tracks
conf_tracks_copy(const struct conf_tracks *ts)
{
	struct conf_tracks copy = { .count = ts->count, .cap = ts->count };

	if (!ts->count)
		return copy;
	copy.items = xcalloc(ts->count, sizeof(*copy.items));
	memcpy(copy.items, ts->items, ts->count * sizeof(*copy.items));
	return copy;
}

struct conf_notify
conf_notify_copy(const struct conf_notify *n)
{
	struct conf_notify copy = *n;

	for (size_t i = 0; i < NOTIFY_COUNT; i++)
		if (n->commands[i].text)
			copy.commands[i].text = xstrdup(n->commands[i].text);
	return copy;
}

void
conf_notify_free(struct conf_notify *n)
{
	for (size_t i = 0; i < NOTIFY_COUNT; i++)
		free(n->commands[i].text);
}

void
conf_watch_free(struct conf_watch *w)
{
	for (size_t i = 0; i < w->n_scripts; i++)
		free(w->scripts[i].command.text);
	for (size_t i = 0; i < w->n_processes; i++)
		free(w->processes[i].command);
	free(w->scripts);
	free(w->files);
	free(w->processes);
	free(w->delays);
}

void
conf_hooks_free(struct conf_hooks *h)
{
	for (size_t i = 0; i < CONF_FIFOS; i++) {
		free(h->fifos[i].text);
		free(h->fifo_scripts[i].text);
	}
	free(h->startup.text);
	free(h->shutdown.text);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trackers.h"

#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "clock.h"
#include "conf.h"
#include "file_watch.h"
#include "log.h"
#include "mem.h"
#include "process_watch.h"
#include "script.h"

static void
log_change(const struct tracker *t, enum track_state before)
{
	const char *what = "has no result yet";

	if (t->state != TRACK_UNKNOWN)
		what = t->kind == TRACK_FILE ? "is now"
		    : t->state == TRACK_OK   ? "is well"
					     : "failed";
	if (before == TRACK_UNKNOWN && t->state == TRACK_UNKNOWN)
		return;
	log_info("%s %s: %s%s%s%s", track_kind_name(t->kind), t->name, what,
	    t->kind == TRACK_FILE ? " "
		: *t->why         ? " ("
				  : "",
	    t->why, t->kind != TRACK_FILE && *t->why ? ")" : "");
}

void
tracker_set(struct tracker *t, enum track_state state, int64_t value, const char *why)
{
	enum track_state before = t->state;
	bool same = before == state && t->value == value && t->since_us;

	str_copy(t->why, sizeof(t->why), why);
	if (same)
		return;
	t->state = state;
	t->value = value;
	t->since_us = clock_us();
	log_change(t, before);
	ev_prepare_start(t->owner->loop, &t->owner->notice);
}

static void
on_notice(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct trackers *ts = container_of(w, struct trackers, notice);

	(void)events;
	ev_prepare_stop(loop, w);
	ts->ops->changed(ts->arg);
}

static struct tracker *
find(const struct trackers *ts, enum track_kind kind, const char *name)
{
	for (struct tracker *t = ts->first; t; t = t->next)
		if (t->kind == kind && !strcmp(t->name, name))
			return t;
	return NULL;
}

const struct tracker *
trackers_find(const struct trackers *ts, enum track_kind kind, const char *name)
{
	return find(ts, kind, name);
}

/* ---- links ---- */

static void
look_at_link(struct trackers *ts, struct tracker *t)
{
	bool usable = carriers_usable(ts->carriers, t->name);

	tracker_set(
	    t, usable ? TRACK_OK : TRACK_FAILED, 0, usable ? "" : "it has no link");
}

void
trackers_on_link(struct trackers *ts, const char *name)
{
	struct tracker *t = find(ts, TRACK_INTERFACE, name);

	if (t)
		look_at_link(ts, t);
}

void
trackers_on_links(struct trackers *ts)
{
	for (struct tracker *t = ts->first; t; t = t->next)
		if (t->kind == TRACK_INTERFACE)
			look_at_link(ts, t);
}

/* ---- who exists ---- */

static const void *
find_block(const struct conf_watch *w, enum track_kind kind, const char *name)
{
	for (size_t i = 0; kind == TRACK_SCRIPT && i < w->n_scripts; i++)
		if (!strcmp(w->scripts[i].name, name))
			return &w->scripts[i];
	for (size_t i = 0; kind == TRACK_FILE && i < w->n_files; i++)
		if (!strcmp(w->files[i].name, name))
			return &w->files[i];
	for (size_t i = 0; kind == TRACK_PROCESS && i < w->n_processes; i++)
		if (!strcmp(w->processes[i].name, name))
			return &w->processes[i];
	return NULL;
}

static struct tracker *
create(struct trackers *ts, enum track_kind kind, const void *block)
{
	switch (kind) {
	case TRACK_INTERFACE:
		return xcalloc(1, sizeof(struct tracker));
	case TRACK_SCRIPT:
		return &script_new(ts->runner, block)->tracker;
	case TRACK_FILE:
		if (!ts->files)
			ts->files = file_watch_new(ts->loop);
		return watched_file_tracker(watched_file_new(ts->files));
	case TRACK_PROCESS:
		if (!ts->processes)
			ts->processes = process_watch_new(ts->loop);
		return watched_process_tracker(watched_process_new(ts->processes, block));
	case TRACK_KIND_COUNT:
		break;
	}
	return NULL;
}

/* Each embeds its tracker as the first member. */
static void
configure(struct trackers *ts, struct tracker *t, const void *block, bool is_new)
{
	switch (t->kind) {
	case TRACK_INTERFACE:
		look_at_link(ts, t);
		break;
	case TRACK_SCRIPT:
		script_configure(container_of(t, struct script, tracker), block);
		break;
	case TRACK_FILE:
		watched_file_configure((struct watched_file *)t, block, is_new);
		break;
	case TRACK_PROCESS:
		watched_process_configure((struct watched_process *)t, block);
		break;
	case TRACK_KIND_COUNT:
		break;
	}
}

static void
destroy(struct tracker *t)
{
	switch (t->kind) {
	case TRACK_INTERFACE:
		free(t);
		break;
	case TRACK_SCRIPT:
		script_free(container_of(t, struct script, tracker));
		break;
	case TRACK_FILE:
		watched_file_free((struct watched_file *)t);
		break;
	case TRACK_PROCESS:
		watched_process_free((struct watched_process *)t);
		break;
	case TRACK_KIND_COUNT:
		break;
	}
}

static void
tell(struct trackers *ts, const struct conf *conf, const struct conf_track *ct)
{
	const void *block = find_block(&conf->watch, ct->kind, ct->name);
	struct tracker *t = find(ts, ct->kind, ct->name);
	bool is_new = !t;

	if (t && t->told)
		return;
	if (is_new) {
		t = create(ts, ct->kind, block);
		t->kind = ct->kind;
		str_copy(t->name, sizeof(t->name), ct->name);
		t->owner = ts;
		t->next = ts->first;
		ts->first = t;
	}
	t->told = true;
	configure(ts, t, block, is_new);
}

static void
tell_all(struct trackers *ts, const struct conf *conf, const struct conf_tracks *list)
{
	for (size_t i = 0; i < list->count; i++)
		tell(ts, conf, &list->items[i]);
}

void
trackers_apply(struct trackers *ts, const struct conf *conf)
{
	for (struct tracker *t = ts->first; t; t = t->next)
		t->told = false;
	for (size_t i = 0; i < conf->n_instances; i++)
		tell_all(ts, conf, &conf->instances[i].tracks);
	for (size_t i = 0; i < conf->n_groups; i++)
		tell_all(ts, conf, &conf->groups[i].tracks);
	for (struct tracker **at = &ts->first; *at;) {
		struct tracker *t = *at;

		if (t->told) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		destroy(t);
	}
}

void
trackers_init(struct trackers *ts, struct ev_loop *loop, struct runner *runner,
    struct carriers *carriers, const struct trackers_ops *ops, void *arg)
{
	*ts = (struct trackers){ .loop = loop,
		.runner = runner,
		.carriers = carriers,
		.ops = ops,
		.arg = arg };
	ev_prepare_init(&ts->notice, on_notice);
}

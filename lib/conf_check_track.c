/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_check_track.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "conf_command.h"
#include "conf_suggest.h"
#include "mem.h"

/* keepalived's, of startup_script and shutdown_script. */
#define HOOK_TIMEOUT_US 10000000

#define WEIGHT_MAX 254

static const char *const blocks[TRACK_KIND_COUNT] = {
	[TRACK_INTERFACE] = "interface",
	[TRACK_SCRIPT] = "vrrp_script",
	[TRACK_FILE] = "vrrp_track_file",
	[TRACK_PROCESS] = "vrrp_track_process",
};

/* A block that can be tracked. */
struct definition {
	enum track_kind kind;
	const char *name;
	const struct conf_weight *weight;
	const struct conf_word *at;
};

struct definitions {
	struct definition *items;
	size_t count;
};

static int
cmp_name(enum track_kind kind, const char *name, const struct definition *d)
{
	return kind != d->kind ? (int)kind - (int)d->kind : strcmp(name, d->name);
}

static int
by_name(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;
	int r = cmp_name(x->kind, x->name, y);

	return r ? r : x->at->pos.order < y->at->pos.order ? -1 : 1;
}

static struct definitions
list_definitions(const struct conf_watch *w)
{
	struct definitions ds = { 0 };

	ds.items = xcalloc(w->n_scripts + w->n_files + w->n_processes, sizeof(*ds.items));
	for (size_t i = 0; i < w->n_scripts; i++)
		ds.items[ds.count++] = (struct definition){ TRACK_SCRIPT,
			w->scripts[i].name, &w->scripts[i].weight, w->scripts[i].at };
	for (size_t i = 0; i < w->n_files; i++)
		ds.items[ds.count++] = (struct definition){ TRACK_FILE, w->files[i].name,
			&w->files[i].weight, w->files[i].at };
	for (size_t i = 0; i < w->n_processes; i++)
		ds.items[ds.count++] =
		    (struct definition){ TRACK_PROCESS, w->processes[i].name,
			    &w->processes[i].weight, w->processes[i].at };
	if (ds.count)
		qsort(ds.items, ds.count, sizeof(*ds.items), by_name);
	return ds;
}

static int
by_key(const void *key, const void *member)
{
	const struct conf_track *t = key;

	return cmp_name(t->kind, t->name, member);
}

static void
check_names(struct conf_problems *ps, const struct definitions *ds)
{
	char buf[CONF_POS_STRLEN];

	for (size_t i = 1; i < ds->count; i++) {
		const struct definition *before = &ds->items[i - 1], *d = &ds->items[i];

		if (!cmp_name(before->kind, before->name, d))
			conf_error(ps, &d->at->pos, "a %s %s is at %s already",
			    blocks[d->kind], d->name,
			    conf_pos_format(&before->at->pos, &d->at->pos, buf));
	}
}

/* ---- who tracks ---- */

static void
report_stranger(
    struct conf_problems *ps, const struct definitions *ds, const struct conf_track *t)
{
	struct conf_suggest s;

	conf_suggest_init(&s, t->name);
	for (size_t i = 0; i < ds->count && ps->count < CONF_PROBLEMS_MAX; i++)
		if (ds->items[i].kind == t->kind)
			conf_suggest_offer(&s, ds->items[i].name);
	if (s.best)
		conf_error(ps, &t->at->pos, "there is no %s \"%.60s\"; did you mean %s?",
		    blocks[t->kind], t->name, s.best);
	else
		conf_error(ps, &t->at->pos, "there is no %s \"%.60s\"", blocks[t->kind],
		    t->name);
}

static void
resolve(struct conf_problems *ps, const struct definitions *ds, struct conf_track *t)
{
	const struct definition *d = NULL;

	if (t->kind == TRACK_INTERFACE)
		return;
	if (ds->count)
		d = bsearch(t, ds->items, ds->count, sizeof(*ds->items), by_key);
	if (!d)
		report_stranger(ps, ds, t);
	else if (!t->weight.said)
		t->weight = *d->weight;
}

/* A file's number multiplies: small weights would do. The rest adds. */
static void
check_weight(struct conf_problems *ps, const struct conf_track *t)
{
	if (t->kind != TRACK_FILE && abs(t->weight.value) > WEIGHT_MAX)
		conf_error(ps, &t->at->pos, "%s: its weight is not from -%d to %d",
		    t->name, WEIGHT_MAX, WEIGHT_MAX);
}

static bool
is_again(const struct conf_tracks *ts, size_t n, const struct conf_track *t)
{
	for (size_t i = 0; i < n; i++)
		if (ts->items[i].kind == t->kind && !strcmp(ts->items[i].name, t->name))
			return true;
	return false;
}

/* why: who tracks cannot have weights, or NULL. */
static void
check_list(struct conf_problems *ps, const struct definitions *ds, struct conf_tracks *ts,
    const char *why)
{
	size_t kept = 0;

	for (size_t i = 0; i < ts->count; i++) {
		struct conf_track *t = &ts->items[i];

		resolve(ps, ds, t);
		check_weight(ps, t);
		if (is_again(ts, kept, t))
			conf_alike(
			    ps, &t->at->pos, "%s is tracked already; ignored", t->name);
		else if (why && t->weight.value)
			conf_alike(ps, &t->at->pos,
			    "%s is ignored: it has a weight, and %s", t->name, why);
		else
			ts->items[kept++] = *t;
	}
	ts->count = kept;
}

static const struct conf_group *
find_group(const struct conf_build *b, const char *member)
{
	for (size_t i = 0; i < b->n_groups; i++)
		for (size_t k = 0; k < b->groups[i]->group.n_members; k++)
			if (!strcmp(b->groups[i]->group.members[k], member))
				return &b->groups[i]->group;
	return NULL;
}

static void
check_users(struct conf_build *b, const struct definitions *ds)
{
	struct conf_problems *ps = b->reader.problems;

	for (size_t i = 0; i < b->n_drafts; i++) {
		struct conf_instance *in = &b->drafts[i]->in;
		const struct conf_group *g = NULL;
		const char *why = NULL;

		if (in->tracks.count && b->n_groups)
			g = find_group(b, in->name);
		if (in->priority == 255)
			why = "priority 255 never changes";
		else if (g && !g->tracking_weight)
			why = "the members of a sync group have one priority "
			      "(see sync_group_tracking_weight)";
		check_list(ps, ds, &in->tracks, why);
	}
	for (size_t i = 0; i < b->n_groups; i++)
		check_list(ps, ds, &b->groups[i]->group.tracks, NULL);
}

/* ---- commands ---- */

static void
check_command(
    struct conf_problems *ps, const struct conf_command *c, const char *consequence)
{
	char path[PATH_MAX];
	struct command split;

	if (!c->text || !c->at || command_split(&split, c->text))
		return;
	if (!command_find(split.argv[0], path) || access(path, F_OK) < 0)
		conf_warning(ps, &c->at->pos, "%.120s does not exist (yet)%s",
		    split.argv[0], consequence);
	command_free(&split);
}

/* keepalived does not track such a script. */
static void
check_scripts(struct conf_build *b)
{
	for (size_t i = 0; i < b->watch.n_scripts; i++) {
		struct conf_command *c = &b->watch.scripts[i].command;

		check_command(b->reader.problems, c, ": until then it counts as failed");
		c->at = NULL;
	}
}

typedef void visit_command(struct conf_build *b, struct conf_command *c);

static void
each_of_notify(struct conf_build *b, struct conf_notify *n, visit_command *fn)
{
	for (size_t k = 0; k < NOTIFY_COUNT; k++)
		fn(b, &n->commands[k]);
}

static void
each_command(struct conf_build *b, visit_command *fn)
{
	struct conf_hooks *h = &b->globals.hooks;

	for (size_t i = 0; i < b->watch.n_scripts; i++)
		fn(b, &b->watch.scripts[i].command);
	for (size_t i = 0; i < b->n_drafts; i++)
		each_of_notify(b, &b->drafts[i]->in.notify, fn);
	for (size_t i = 0; i < b->n_groups; i++)
		each_of_notify(b, &b->groups[i]->group.notify, fn);
	for (size_t i = 0; i < CONF_FIFOS; i++)
		fn(b, &h->fifo_scripts[i]);
	fn(b, &h->startup);
	fn(b, &h->shutdown);
}

static void
complete_command(struct conf_build *b, struct conf_command *c)
{
	conf_command_complete(c, &b->globals.hooks.default_user);
}

static void
check_one_command(struct conf_build *b, struct conf_command *c)
{
	check_command(b->reader.problems, c, "");
	c->at = NULL;
}

void
conf_watch_complete(struct conf_build *b)
{
	struct conf_hooks *h = &b->globals.hooks;

	if (!h->startup_timeout_us)
		h->startup_timeout_us = HOOK_TIMEOUT_US;
	if (!h->shutdown_timeout_us)
		h->shutdown_timeout_us = HOOK_TIMEOUT_US;
	each_command(b, complete_command);
}

/* ---- delays ---- */

static int
by_interface(const void *a, const void *b)
{
	const struct conf_delay *x = a, *y = b;
	int r = strcmp(x->interface, y->interface);

	return r ? r : x->at->pos.order < y->at->pos.order ? -1 : 1;
}

static const struct conf_delay *
find_delay(const struct conf_watch *w, const char *interface)
{
	for (size_t i = 0; i < w->n_delays; i++)
		if (!strcmp(w->delays[i].interface, interface))
			return &w->delays[i];
	return NULL;
}

static void
check_delays(struct conf_build *b)
{
	struct conf_problems *ps = b->reader.problems;
	struct conf_watch *w = &b->watch;
	char buf[CONF_POS_STRLEN];

	if (w->n_delays)
		qsort(w->delays, w->n_delays, sizeof(*w->delays), by_interface);
	for (size_t i = 1; i < w->n_delays; i++) {
		const struct conf_delay *before = &w->delays[i - 1], *d = &w->delays[i];

		if (!strcmp(before->interface, d->interface))
			conf_error(ps, &d->at->pos, "%s has delays at %s already",
			    d->interface,
			    conf_pos_format(&before->at->pos, &d->at->pos, buf));
	}
	for (size_t i = 0; i < b->n_drafts && w->n_delays; i++) {
		const struct conf_instance *in = &b->drafts[i]->in;
		const struct conf_delay *d = find_delay(w, in->interface);

		if (d && in->advert_us && d->down_us >= 2 * (uint64_t)in->advert_us)
			conf_warning(ps, &d->at->pos,
			    "%s: a backup takes over before %s gives up: the delay is "
			    "not "
			    "below two intervals of %s",
			    d->interface, in->name, in->name);
	}
}

/* ---- all ---- */

static void
forget_places(struct conf_build *b)
{
	struct conf_watch *w = &b->watch;

	for (size_t i = 0; i < w->n_scripts; i++)
		w->scripts[i].at = NULL;
	for (size_t i = 0; i < w->n_files; i++)
		w->files[i].at = NULL;
	for (size_t i = 0; i < w->n_processes; i++)
		w->processes[i].at = NULL;
	for (size_t i = 0; i < w->n_delays; i++)
		w->delays[i].at = NULL;
	for (size_t i = 0; i < b->n_drafts; i++)
		for (size_t k = 0; k < b->drafts[i]->in.tracks.count; k++)
			b->drafts[i]->in.tracks.items[k].at = NULL;
	for (size_t i = 0; i < b->n_groups; i++)
		for (size_t k = 0; k < b->groups[i]->group.tracks.count; k++)
			b->groups[i]->group.tracks.items[k].at = NULL;
}

void
conf_check_tracks(struct conf_build *b)
{
	struct definitions ds = list_definitions(&b->watch);

	check_names(b->reader.problems, &ds);
	check_users(b, &ds);
	check_scripts(b);
	each_command(b, check_one_command);
	check_delays(b);
	forget_places(b);
	free(ds.items);
}

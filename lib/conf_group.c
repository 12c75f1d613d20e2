/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_group.h"

#include <stdlib.h>
#include <string.h>

#include "conf_suggest.h"
#include "conf_track.h"
#include "conf_value.h"
#include "mem.h"

static void *
begin_member(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct conf_group_draft *d = arg;
	struct conf_group *g = &d->group;

	if (strlen(word->text) >= NAME_LEN) {
		conf_error(r->problems, &word->pos,
		    "group: the name of an instance has at most %d characters",
		    NAME_LEN - 1);
		return NULL;
	}
	g->members =
	    array_grow(g->members, g->n_members, &d->members_cap, sizeof(*g->members));
	conf_places_add(&d->members_at, word);
	str_copy(g->members[g->n_members], sizeof(g->members[0]), word->text);
	return g->members[g->n_members++];
}

static void
read_members(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_items items = { NULL, begin_member, object };

	conf_read_items(r, &items, st->block);
}

static void
print_members(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_group *g = object;

	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < g->n_members; i++) {
		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		conf_print_word(out, g->members[i]);
		fputc('\n', out);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

static const struct conf_keyword words[] = {
	[CONF_Y_GROUP] = { "group", .args = "{ NAME... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_members, .print = print_members,
	    .help = "the instances that are MASTER together or not at all" },
	[CONF_Y_TRACK_INTERFACE] = CONF_TRACK_ROW("track_interface", struct conf_group,
	    tracks, TRACK_INTERFACE, "links that every member tracks"),
	[CONF_Y_TRACK_SCRIPT] = CONF_TRACK_ROW("track_script", struct conf_group, tracks,
	    TRACK_SCRIPT, "each a vrrp_script that every member tracks"),
	[CONF_Y_TRACK_FILE] = CONF_TRACK_ROW("track_file", struct conf_group, tracks,
	    TRACK_FILE, "each a vrrp_track_file that every member tracks"),
	[CONF_Y_TRACK_PROCESS] = CONF_TRACK_ROW("track_process", struct conf_group,
	    tracks, TRACK_PROCESS, "each a vrrp_track_process that every member tracks"),
	[CONF_Y_TRACKING_WEIGHT] = { "sync_group_tracking_weight", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_group, tracking_weight), .min = true,
	    .help = "members may track with weights of their own" },
	[CONF_Y_NOTIFY_MASTER] = CONF_NOTIFY_ROW("notify_master", struct conf_group,
	    notify, NOTIFY_MASTER, "run when the group becomes MASTER"),
	[CONF_Y_NOTIFY_BACKUP] = CONF_NOTIFY_ROW("notify_backup", struct conf_group,
	    notify, NOTIFY_BACKUP, "run when the group becomes BACKUP"),
	[CONF_Y_NOTIFY_FAULT] = CONF_NOTIFY_ROW("notify_fault", struct conf_group, notify,
	    NOTIFY_FAULT, "run when the group goes to FAULT"),
	[CONF_Y_NOTIFY_STOP] = CONF_NOTIFY_ROW(
	    "notify_stop", struct conf_group, notify, NOTIFY_STOP, "run when vipd stops"),
	[CONF_Y_NOTIFY] = CONF_NOTIFY_ROW("notify", struct conf_group, notify, NOTIFY_ANY,
	    "run after the former, with GROUP, NAME, STATE and 0 behind its arguments"),
	[CONF_Y_PRIORITY_CHANGES] = { "notify_priority_changes", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_group, notify.priority_changes),
	    .help = "members tell the FIFOs their priorities" },
};
_Static_assert(ARRAY_LEN(words) == CONF_Y_COUNT, "a row for each word");

static const struct conf_table table = {
	.name = "vrrp_sync_group",
	.context = CONF_IN_GROUP,
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_group_table(void)
{
	return &table;
}

void
conf_read_group(struct conf_reader *r, const struct conf_statement *st, void *build)
{
	static const struct conf_keyword name = {
		"vrrp_sync_group",
		.kind = CONF_NAME,
		CONF_FIELD(struct conf_group, name),
	};
	struct conf_build *b = build;
	struct conf_group_draft *d = xcalloc(1, sizeof(*d));
	char allowed[CONF_VALUE_STRLEN];

	b->groups = array_grow(
	    b->groups, b->n_groups, &b->groups_cap, sizeof(struct conf_group_draft *));
	b->groups[b->n_groups++] = d;
	d->name = st->arg;
	if (!conf_value_read(&name, st->arg->text, "", &d->group))
		conf_error(r->problems, &st->arg->pos, "vrrp_sync_group: not %s",
		    conf_value_allowed(&name, allowed));
	conf_read(r, &table, st->block, d, &d->seen);
}

/* ---- between groups and instances ---- */

struct named {
	const char *name;
	const struct conf_word *word;
	const struct conf_group_draft *group; /* NULL: the instance itself */
};

/* An instance stands before whoever names it. */
static int
by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	if (!r)
		r = (x->group != NULL) - (y->group != NULL);
	return r ? r : x->word->pos.order < y->word->pos.order ? -1 : 1;
}

/* Instances and what names them, in one sorted list. */
static struct named *
list_names(const struct conf_build *b, size_t *count)
{
	struct named *list;
	size_t n = b->n_drafts;

	for (size_t i = 0; i < b->n_groups; i++)
		n += b->groups[i]->group.n_members;
	list = xcalloc(n, sizeof(*list));
	*count = 0;
	for (size_t i = 0; i < b->n_drafts; i++)
		list[(*count)++] =
		    (struct named){ b->drafts[i]->in.name, b->drafts[i]->name, NULL };
	for (size_t i = 0; i < b->n_groups; i++) {
		const struct conf_group_draft *d = b->groups[i];

		for (size_t k = 0; k < d->group.n_members; k++)
			list[(*count)++] = (struct named){ d->group.members[k],
				d->members_at.items[k], d };
	}
	if (n)
		qsort(list, n, sizeof(*list), by_name);
	return list;
}

static void
report_stranger(const struct conf_build *b, const struct named *m)
{
	struct conf_problems *ps = b->reader.problems;
	struct conf_suggest s;

	conf_suggest_init(&s, m->name);
	for (size_t i = 0; i < b->n_drafts && ps->count < CONF_PROBLEMS_MAX; i++)
		conf_suggest_offer(&s, b->drafts[i]->in.name);
	if (s.best)
		conf_error(ps, &m->word->pos,
		    "there is no vrrp_instance \"%.60s\"; did you mean %s?", m->name,
		    s.best);
	else
		conf_error(
		    ps, &m->word->pos, "there is no vrrp_instance \"%.60s\"", m->name);
}

static void
report_again(
    const struct conf_build *b, const struct named *before, const struct named *m)
{
	char buf[CONF_POS_STRLEN];

	conf_error(b->reader.problems, &m->word->pos, "%s is in %s%s already, at %s",
	    m->name, before->group == m->group ? "" : "vrrp_sync_group ",
	    before->group == m->group ? "this group" : before->group->group.name,
	    conf_pos_format(&before->word->pos, &m->word->pos, buf));
}

static void
check_members(struct conf_build *b)
{
	size_t n;
	_free_ struct named *list = list_names(b, &n);
	const struct named *before = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct named *m = &list[i];
		bool known = before && !strcmp(before->name, m->name);

		if (m->group && !known)
			report_stranger(b, m);
		else if (m->group && before->group)
			report_again(b, before, m);
		if (!m->group || known)
			before = m;
	}
}

static int
by_group_name(const void *a, const void *b)
{
	const struct conf_group_draft *x = *(struct conf_group_draft *const *)a;
	const struct conf_group_draft *y = *(struct conf_group_draft *const *)b;
	int r = strcmp(x->group.name, y->group.name);

	return r ? r : x->name->pos.order < y->name->pos.order ? -1 : 1;
}

static void
check_names(struct conf_build *b)
{
	struct conf_group_draft **list = b->groups;
	char buf[CONF_POS_STRLEN];

	/* The order of groups means nothing: sorted, they print alike. */
	if (b->n_groups)
		qsort(
		    list, b->n_groups, sizeof(struct conf_group_draft *), by_group_name);
	for (size_t i = 1; i < b->n_groups; i++) {
		const struct conf_word *before = list[i - 1]->name, *name = list[i]->name;

		if (list[i]->group.name[0] &&
		    !strcmp(list[i - 1]->group.name, list[i]->group.name))
			conf_error(b->reader.problems, &name->pos,
			    "a vrrp_sync_group %s is at %s already", list[i]->group.name,
			    conf_pos_format(&before->pos, &name->pos, buf));
	}
}

void
conf_check_groups(struct conf_build *b)
{
	check_names(b);
	for (size_t i = 0; i < b->n_groups; i++) {
		const struct conf_group_draft *d = b->groups[i];

		if (!d->group.n_members)
			conf_error(b->reader.problems, &d->name->pos,
			    "vrrp_sync_group %s has no member: group { NAME... }",
			    d->group.name);
		else if (d->group.n_members == 1)
			conf_alike(b->reader.problems, &d->name->pos,
			    "vrrp_sync_group %s has one member only", d->group.name);
	}
	check_members(b);
}

/* ---- the finished configuration ---- */

static void
tell_member(struct conf *conf, const char *member, const char *group)
{
	for (size_t i = 0; i < conf->n_instances; i++)
		if (!strcmp(conf->instances[i].name, member))
			str_copy(conf->instances[i].group,
			    sizeof(conf->instances[i].group), group);
}

void
conf_groups_finish(struct conf_build *b, struct conf *conf)
{
	conf->groups = xcalloc(b->n_groups, sizeof(*conf->groups));
	for (size_t i = 0; i < b->n_groups; i++) {
		struct conf_group *g = &conf->groups[conf->n_groups++];

		*g = b->groups[i]->group;
		b->groups[i]->group = (struct conf_group){ 0 };
		for (size_t k = 0; k < g->n_members; k++)
			tell_member(conf, g->members[k], g->name);
	}
}

void
conf_group_free(struct conf_group *g)
{
	free(g->members);
	free(g->tracks.items);
	conf_notify_free(&g->notify);
}

void
conf_group_draft_free(struct conf_group_draft *d)
{
	conf_group_free(&d->group);
	free(d->members_at.items);
	free(d);
}

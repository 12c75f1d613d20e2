/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance_tell.h"
#include "mem.h"
#include "trackers.h"

/* Its own come first, then its group's. */
static const struct conf_track *
conf_track_at(const struct instances *is, const struct instance *in, size_t i)
{
	const struct conf_tracks *own = &in->conf->tracks;
	const struct conf_group *g;

	if (i < own->count)
		return &own->items[i];
	i -= own->count;
	g = conf_find_group(is->conf, in->conf->group);
	return g && i < g->tracks.count ? &g->tracks.items[i] : NULL;
}

/* The i-th of what it tracks, with its tracker; false behind the last. */
static bool
tracks(const struct instances *is, const struct instance *in, size_t i,
    const struct conf_track **conf, const struct tracker **tracker)
{
	*conf = conf_track_at(is, in, i);
	if (!*conf)
		return false;
	*tracker = trackers_find(is->trackers, (*conf)->kind, (*conf)->name);
	return true;
}

static struct track_verdict
judge(const struct instances *is, const struct instance *in)
{
	_free_ struct track_reading *list = NULL;
	const struct conf_track *conf;
	const struct tracker *t;
	size_t n = 0, cap = 0;

	while (tracks(is, in, n, &conf, &t)) {
		list = array_grow(list, n, &cap, sizeof(*list));
		list[n++] = (struct track_reading){
			.kind = conf->kind,
			.state = t ? t->state : TRACK_UNKNOWN,
			.value = t ? t->value : 0,
			.weight = conf->weight,
		};
	}
	return track_judge(in->conf->priority, list, n);
}

/* Only with Services a weighted tracker's failure makes a priority soft. */
static void
take(struct instance *in, const struct track_verdict *v)
{
	in->verdict = *v;
	instance_set_soft(in, SOFT_TRACKER, v->soft && in->conf->wants_services);
}

void
instances_judge(struct instances *is)
{
	for (struct instance *in = is->first; in; in = in->next) {
		struct track_verdict v;

		if (!in->conf)
			continue;
		v = judge(is, in);
		take(in, &v);
	}
}

void
instances_on_tracker(struct instances *is)
{
	for (struct instance *in = is->first; in; in = in->next) {
		struct track_verdict before = in->verdict, v;

		if (!in->conf)
			continue;
		v = judge(is, in);
		take(in, &v);
		if (v.priority != before.priority || v.fault != before.fault ||
		    v.hold != before.hold)
			instance_send(is, in);
	}
}

void
instance_tracker_reason(
    const struct instances *is, const struct instance *in, char *buf, size_t size)
{
	const struct conf_track *conf;
	const struct tracker *t;

	buf[0] = '\0';
	if ((in->state.reason != VRRP_REASON_TRACKER &&
		in->state.reason != VRRP_REASON_UNTRACKED) ||
	    !tracks(is, in, in->verdict.cause, &conf, &t) || !t)
		return;
	if (t->kind == TRACK_FILE)
		snprintf(buf, size, "%s %s says %s", track_kind_name(t->kind), t->name,
		    t->why);
	else if (t->state == TRACK_UNKNOWN)
		snprintf(buf, size, "%s %s has no result yet", track_kind_name(t->kind),
		    t->name);
	else
		snprintf(buf, size, "%s %s %s%s%s%s", track_kind_name(t->kind), t->name,
		    t->state == TRACK_OK ? "is well, which is reversed" : "failed",
		    *t->why ? " (" : "", t->why, *t->why ? ")" : "");
}

static struct msg_ctl_track
describe(const struct conf_track *conf, const struct tracker *t)
{
	struct track_reading r = {
		.kind = conf->kind,
		.state = t->state,
		.value = t->value,
		.weight = conf->weight,
	};
	struct track_effect e = track_effect(&r);
	struct msg_ctl_track m = {
		.kind = (uint8_t)conf->kind,
		.state = (uint8_t)t->state,
		.reverse = conf->weight.reverse,
		.fault = e.fault,
		.weight = conf->weight.value,
		.adds = e.add,
		.since_us = t->since_us,
	};

	str_copy(m.name, sizeof(m.name), t->name);
	str_copy(m.why, sizeof(m.why), t->why);
	return m;
}

void
instance_send_tracks(
    const struct instances *is, const struct instance *in, struct chan *to)
{
	struct msg_instance_ref ref = { .id = in->id };
	_free_ struct msg_ctl_track *list = NULL;
	const struct conf_track *conf;
	const struct tracker *t;
	size_t n = 0, cap = 0, max = msg_records_max(MSG_CTL_TRACKS);

	for (size_t i = 0; tracks(is, in, i, &conf, &t); i++) {
		if (!t)
			continue;
		list = array_grow(list, n, &cap, sizeof(*list));
		list[n++] = describe(conf, t);
	}
	for (size_t i = 0; i < n; i += max)
		chan_send(to, MSG_CTL_TRACKS, &ref, list + i, n - i < max ? n - i : max);
}

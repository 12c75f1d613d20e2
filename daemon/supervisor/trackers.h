/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All trackers of the configuration: what is tracked by somebody exists, what
 * nobody tracks any more ends. A reload keeps the position of each whose block
 * still says the same.
 */
#pragma once

#include "run.h"
#include "tracker.h"

struct conf;
struct carriers;
struct file_watch;
struct process_watch;

struct trackers_ops {
	/* Some state has changed; once a loop round. */
	void (*changed)(void *arg);
};

struct trackers {
	struct ev_loop *loop;
	struct runner *runner;
	struct carriers *carriers;
	const struct trackers_ops *ops;
	void *arg;
	struct tracker *first;
	struct file_watch *files;
	struct process_watch *processes;
	ev_prepare notice;
};

void trackers_init(struct trackers *ts, struct ev_loop *loop, struct runner *runner,
    struct carriers *carriers, const struct trackers_ops *ops, void *arg);
/* conf must outlive the next call. */
void trackers_apply(struct trackers *ts, const struct conf *conf);
/* NULL: nobody tracks it. */
const struct tracker *trackers_find(
    const struct trackers *ts, enum track_kind kind, const char *name);
/* A link came, went or changed. */
void trackers_on_link(struct trackers *ts, const char *name);
void trackers_on_links(struct trackers *ts);

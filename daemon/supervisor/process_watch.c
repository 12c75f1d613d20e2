/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process_watch.h"

#include <ctype.h>
#include <dirent.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "clock.h"
#include "debounce.h"
#include "log.h"
#include "mem.h"
#include "proc_events.h"
#include "proc_read.h"
#include "process_match.h"

#define SCAN_S 1.

struct pid_entry {
	int pid;
	bool seen; /* in the scan under way */
	UT_hash_handle hh;
};

struct watched_process {
	struct tracker tracker;
	struct conf_track_process conf; /* command is a copy */
	struct pid_entry *pids;
	struct debounce debounce;
	ev_timer due;
	struct process_watch *owner;
	struct watched_process *next;
};

struct process_watch {
	struct ev_loop *loop;
	struct watched_process *first;
	ev_io events;
	ev_timer scan; /* without events */
};

/* ---- one tracker ---- */

static void
judge(struct watched_process *p)
{
	uint32_t count = HASH_COUNT(p->pids);
	bool raw = process_quorum(&p->conf, count);
	uint64_t now = clock_us();
	uint64_t due = debounce_step(
	    &p->debounce, raw, p->conf.terminate_delay_us, p->conf.fork_delay_us, now);
	char why[64];

	ev_timer_stop(p->owner->loop, &p->due);
	if (due != DEBOUNCE_NEVER) {
		ev_timer_set(&p->due, 1e-6 * (double)(due - now), 0.);
		ev_timer_start(p->owner->loop, &p->due);
	}
	snprintf(why, sizeof(why), "%u process%s", count, count == 1 ? "" : "es");
	tracker_set(&p->tracker, p->debounce.shown ? TRACK_OK : TRACK_FAILED, 0, why);
}

static void
on_due(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	judge(container_of(w, struct watched_process, due));
}

static struct pid_entry *
find(const struct watched_process *p, int pid)
{
	struct pid_entry *e;

	HASH_FIND_INT(p->pids, &pid, e);
	return e;
}

static void
add(struct watched_process *p, int pid)
{
	struct pid_entry *e = find(p, pid);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->pid = pid;
		HASH_ADD_INT(p->pids, pid, e);
	}
	e->seen = true;
}

static void
drop(struct watched_process *p, struct pid_entry *e)
{
	HASH_DEL(p->pids, e);
	free(e);
}

/* ---- one process ---- */

static bool
is_meant(const struct watched_process *p, int pid)
{
	char comm[PROC_COMM_SIZE], cmdline[PROC_CMDLINE_SIZE];
	size_t len = 0;

	/* A zombie does nothing any more. */
	if (!proc_read_comm(pid, comm))
		return false;
	if (process_wants_cmdline(&p->conf)) {
		len = proc_read_cmdline(pid, cmdline);
		if (!len)
			return false;
	}
	return process_match(&p->conf, comm, len ? cmdline : NULL, len);
}

static void
look_at(struct process_watch *pw, int pid)
{
	for (struct watched_process *p = pw->first; p; p = p->next) {
		struct pid_entry *e = find(p, pid);
		bool meant = is_meant(p, pid);

		if (meant == (e != NULL))
			continue;
		if (meant)
			add(p, pid);
		else
			drop(p, e);
		judge(p);
	}
}

/* A child is what its parent is, until it executes something. */
static void
inherit(struct process_watch *pw, int parent, int pid)
{
	for (struct watched_process *p = pw->first; p; p = p->next)
		if (find(p, parent) && !find(p, pid)) {
			add(p, pid);
			judge(p);
		}
}

static void
forget(struct process_watch *pw, int pid)
{
	for (struct watched_process *p = pw->first; p; p = p->next) {
		struct pid_entry *e = find(p, pid);

		if (!e)
			continue;
		drop(p, e);
		judge(p);
	}
}

/* ---- all processes ---- */

static void
scan_for(struct watched_process *only, struct process_watch *pw)
{
	DIR *dir = opendir("/proc");
	const struct dirent *de;

	if (!dir)
		return;
	while ((de = readdir(dir))) {
		int pid = isdigit((unsigned char)de->d_name[0]) ? atoi(de->d_name) : 0;

		for (struct watched_process *p = pw->first; pid && p; p = p->next)
			if ((!only || p == only) && is_meant(p, pid))
				add(p, pid);
	}
	closedir(dir);
}

static void
scan(struct process_watch *pw, struct watched_process *only)
{
	scan_for(only, pw);
	for (struct watched_process *p = pw->first; p; p = p->next) {
		struct pid_entry *e, *tmp;

		if (only && p != only)
			continue;
		HASH_ITER(hh, p->pids, e, tmp)
		{
			if (!e->seen)
				drop(p, e);
			else
				e->seen = false;
		}
		judge(p);
	}
}

static void
on_scan(struct ev_loop *loop, ev_timer *w, int events)
{
	struct process_watch *pw = container_of(w, struct process_watch, scan);

	(void)loop;
	(void)events;
	if (pw->first)
		scan(pw, NULL);
}

static void
on_event(void *arg, const struct proc_event_told *e)
{
	struct process_watch *pw = arg;

	switch (e->type) {
	case PROC_TOLD_FORK:
		inherit(pw, e->parent, e->pid);
		break;
	case PROC_TOLD_CHANGE:
		look_at(pw, e->pid);
		break;
	case PROC_TOLD_EXIT:
		forget(pw, e->pid);
		break;
	case PROC_TOLD_LOST:
		scan(pw, NULL);
		break;
	}
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct process_watch *pw = container_of(w, struct process_watch, events);

	(void)loop;
	(void)events;
	proc_events_read(w->fd, on_event, pw);
}

/* ---- the outside ---- */

static void
copy_conf(struct watched_process *p, const struct conf_track_process *conf)
{
	free(p->conf.command);
	p->conf = *conf;
	p->conf.command = xcalloc(conf->command_len, 1);
	memcpy(p->conf.command, conf->command, conf->command_len);
}

static bool
means_the_same(const struct conf_track_process *a, const struct conf_track_process *b)
{
	return a->command_len == b->command_len &&
	    !memcmp(a->command, b->command, a->command_len) && a->match == b->match &&
	    a->match_said == b->match_said && a->full_command == b->full_command;
}

void
watched_process_configure(
    struct watched_process *p, const struct conf_track_process *conf)
{
	bool same = p->conf.command && means_the_same(&p->conf, conf);

	copy_conf(p, conf);
	if (same) {
		judge(p);
		return;
	}
	p->debounce = (struct debounce){ 0 };
	scan(p->owner, p);
}

struct watched_process *
watched_process_new(struct process_watch *pw, const struct conf_track_process *conf)
{
	struct watched_process *p = xcalloc(1, sizeof(*p));

	p->owner = pw;
	str_copy(p->tracker.name, sizeof(p->tracker.name), conf->name);
	ev_timer_init(&p->due, on_due, 0., 0.);
	p->next = pw->first;
	pw->first = p;
	return p;
}

struct tracker *
watched_process_tracker(struct watched_process *p)
{
	return &p->tracker;
}

void
watched_process_free(struct watched_process *p)
{
	struct watched_process **at = &p->owner->first;
	struct pid_entry *e, *tmp;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	ev_timer_stop(p->owner->loop, &p->due);
	HASH_ITER(hh, p->pids, e, tmp)
	drop(p, e);
	free(p->conf.command);
	free(p);
}

struct process_watch *
process_watch_new(struct ev_loop *loop)
{
	struct process_watch *pw = xcalloc(1, sizeof(*pw));
	int fd = proc_events_open();

	pw->loop = loop;
	ev_timer_init(&pw->scan, on_scan, SCAN_S, SCAN_S);
	ev_io_init(&pw->events, on_readable, fd, EV_READ);
	if (fd >= 0) {
		ev_io_start(loop, &pw->events);
		return pw;
	}
	log_info("vrrp_track_process: no process events (%s); /proc is read once a "
		 "second",
	    strerror(-fd));
	ev_timer_start(loop, &pw->scan);
	return pw;
}

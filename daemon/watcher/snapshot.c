/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "snapdisk.h"

/* What the disk may lag behind; then this file is given up. */
#define PENDING_MAX (64 * 1024 * 1024)
/* The objects of a list wake the thread when so much of them has come together. */
#define WAKE_AT (256 * 1024)
/* Room that is kept from one batch to the next. */
#define KEEP_MAX (1024 * 1024)
#define SYNC_EVERY_S 1
#define STOP_MAX_S 1
#define FRESH_EVERY_US (60 * US_PER_S)

struct snapshot {
	char *dir;
	char *resource;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct snapbuf pending; /* records for the thread */
	bool stopping;
	atomic_int error;
	/* Of the watcher's side alone. */
	bool listing;
	uint64_t next_fresh_us;
};

/* ---- the thread ---- */

/* A failure ends this file; the next list tries again. */
static void
carry_out_all(struct snapshot *s, struct snapdisk *f, const struct snapbuf *todo)
{
	struct snaprecord r;
	int error;

	for (size_t at = 0; snaprecord_read(todo->data + at, todo->len - at, &r);
	     at += r.raw_len) {
		error = snapdisk_take(f, &r);
		if (error)
			snapdisk_give_up(f);
		if (error || (r.type == SNAP_COMMIT && f->out))
			atomic_store(&s->error, error);
	}
}

/* Waits for records; false when there will be none any more. */
static bool
next_records(struct snapshot *s, const struct snapdisk *f, struct snapbuf *todo)
{
	struct timespec until;
	bool more;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += SYNC_EVERY_S;
	todo->len = 0;
	if (todo->cap > KEEP_MAX)
		snapbuf_free(todo);
	pthread_mutex_lock(&s->lock);
	while (!s->pending.len && !s->stopping) {
		if (!f->dirty)
			pthread_cond_wait(&s->wake, &s->lock);
		else if (pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT)
			break;
	}
	if (s->pending.len) {
		struct snapbuf swap = *todo;

		*todo = s->pending;
		s->pending = swap;
	}
	more = todo->len || !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return more;
}

static void *
run(void *arg)
{
	struct snapshot *s = arg;
	struct snapdisk f;
	struct snapbuf todo = { 0 };
	uint64_t synced_us = clock_us();
	int error;

	snapdisk_init(&f, s->dir, s->resource);
	while (next_records(s, &f, &todo)) {
		carry_out_all(s, &f, &todo);
		if (clock_us() - synced_us < SYNC_EVERY_S * US_PER_S)
			continue;
		synced_us = clock_us();
		error = snapdisk_sync(&f);
		if (error) {
			atomic_store(&s->error, error);
			snapdisk_give_up(&f);
		}
	}
	snapdisk_fini(&f);
	snapbuf_free(&todo);
	return NULL;
}

/* ---- the watcher's side ---- */

struct snapshot *
snapshot_new(const char *dir, const char *resource)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	pthread_condattr_t attr;

	s->dir = xstrdup(dir);
	s->resource = xstrdup(resource);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		fatalx("no thread for the snapshot");
	return s;
}

void
snapshot_free(struct snapshot *s)
{
	struct timespec until;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_MAX_S;
	/* A disk that hangs keeps its thread, and what that uses. */
	if (pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
		pthread_detach(s->thread);
		return;
	}
	snapbuf_free(&s->pending);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->dir);
	free(s->resource);
	free(s);
}

static void
hand_over(struct snapshot *s, enum snaprecord_type type, const char *key,
    const char *text, size_t len)
{
	pthread_mutex_lock(&s->lock);
	if (s->pending.len + len > PENDING_MAX) {
		/* Half a story is worse than the one before. */
		s->pending.len = 0;
		snapbuf_add(&s->pending, SNAP_ABORT, NULL, NULL, 0);
		atomic_store(&s->error, ENOBUFS);
	} else {
		snapbuf_add(&s->pending, type, key, text, len);
	}
	if (!s->listing || s->pending.len >= WAKE_AT)
		pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

void
snapshot_set_cluster(struct snapshot *s, const char *cluster)
{
	hand_over(s, SNAP_CLUSTER, NULL, cluster, strlen(cluster));
}

void
snapshot_begin(struct snapshot *s)
{
	s->listing = true;
	hand_over(s, SNAP_BEGIN, NULL, NULL, 0);
}

void
snapshot_commit(struct snapshot *s)
{
	s->listing = false;
	hand_over(s, SNAP_COMMIT, NULL, NULL, 0);
}

void
snapshot_put(struct snapshot *s, const char *key, const char *json, size_t len)
{
	hand_over(s, SNAP_OBJECT, key, json, len);
}

void
snapshot_delete(struct snapshot *s, const char *key)
{
	hand_over(s, SNAP_DELETED, key, NULL, 0);
}

void
snapshot_note_fresh(struct snapshot *s, uint64_t now_us)
{
	uint64_t wall_us = clock_wall_us();

	if (now_us < s->next_fresh_us)
		return;
	s->next_fresh_us = now_us + FRESH_EVERY_US;
	hand_over(s, SNAP_FRESH, NULL, (const char *)&wall_us, sizeof(wall_us));
}

int
snapshot_error(const struct snapshot *s)
{
	return atomic_load(&s->error);
}

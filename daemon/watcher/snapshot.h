/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps one resource on disk as the API server told it last. A thread of its
 * own does what snapdisk.h says, so a slow or full disk never holds the watcher
 * up; what could not be written is said by snapshot_error(). Changes are on
 * disk within a second.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* Starts the thread; nothing is written before a list is complete. */
struct snapshot *snapshot_new(const char *dir, const char *resource);
/* Ends it, waiting at most a second for the disk. NULL is fine. */
void snapshot_free(struct snapshot *s);

/* Whose objects they are from now on, see snapdisk_read(). */
void snapshot_set_cluster(struct snapshot *s, const char *cluster);
/* The objects of a list, which counts with commit; begin forgets an earlier one
 * that never came to its end. */
void snapshot_begin(struct snapshot *s);
void snapshot_commit(struct snapshot *s);
/* An object of a list or of a watch, as JSON. */
void snapshot_put(struct snapshot *s, const char *key, const char *json, size_t len);
void snapshot_delete(struct snapshot *s, const char *key);
/* It is up to date; noted once a minute. */
void snapshot_note_fresh(struct snapshot *s, uint64_t now_us);
/* Positive errno of the last failure to write; 0: all is well. */
int snapshot_error(const struct snapshot *s);

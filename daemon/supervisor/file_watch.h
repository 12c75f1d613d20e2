/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_track_file with inotify(7). The file may not exist yet, nor its
 * directory: the nearest one that does is watched. A file counts when it is
 * closed by who wrote it, or renamed into place, or gone. While the kernel has no
 * room for another watch it is read once a second.
 */
#pragma once

#include "tracker.h"

struct ev_loop;
struct file_watch;
struct watched_file;

struct file_watch *file_watch_new(struct ev_loop *loop);
struct watched_file *watched_file_new(struct file_watch *fw);
struct tracker *watched_file_tracker(struct watched_file *f);
/* Reads it at once. With init, init_file is carried out. */
void watched_file_configure(
    struct watched_file *f, const struct conf_track_file *conf, bool init);
void watched_file_free(struct watched_file *f);

/* A whole number with blanks around it; false if it is none. Pure. */
bool file_number(const char *text, int64_t *out);

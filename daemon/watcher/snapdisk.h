/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DIR/RESOURCE.snapshot as files: carries out records (snapfile.h) one by one,
 * so that whatever is cut short leaves the last complete file readable, and
 * reads that file at a start. Waits for the disk: not for an event loop.
 *
 * A list goes into RESOURCE.snapshot.new, which takes the old one's place when
 * it is whole and on disk. Changes are appended; when they are more than the
 * list was, what is still there is written anew. Functions return 0 or a
 * positive errno.
 */
#pragma once

#include <stdio.h>

#include "snapfile.h"

struct snapdisk {
	char *path; /* of what is complete */
	char *new_path;
	char *resource;
	FILE *out;  /* appended to; NULL: none */
	bool fresh; /* out is new_path: a list is coming in */
	bool dirty; /* not synchronised */
	size_t base;
	size_t appended;
	struct snapbuf cluster; /* its record */
};

/* Touches no file yet. */
void snapdisk_init(struct snapdisk *f, const char *dir, const char *resource);
void snapdisk_fini(struct snapdisk *f);
int snapdisk_take(struct snapdisk *f, const struct snaprecord *r);
int snapdisk_sync(struct snapdisk *f);
/* Writes no more to what is open; after any error. The next list tries again. */
void snapdisk_give_up(struct snapdisk *f);

struct snapdisk_ops {
	/* json is not terminated and valid during the call. */
	void (*on_object)(void *arg, const char *json, size_t len);
};

/*
 * Reads what there is of `resource` for `cluster` (empty: any): true, with the
 * time since the epoch when it was up to date. False: nothing. A file that is
 * damaged or of another cluster is renamed to *.set-aside, and the log names it.
 */
bool snapdisk_read(const char *dir, const char *resource, const char *cluster,
    const struct snapdisk_ops *ops, void *arg, uint64_t *wall_us);

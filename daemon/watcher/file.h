/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files whole, and whether a file is still the one that was read. Errors
 * say what the operator has to do. Never follows a file that is no regular one
 * and never waits for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define FILE_ERROR_LEN 256

struct file_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	mode_t mode; /* 0: there is no file */
};

/*
 * A terminated buffer the caller frees, its length in *len (may be NULL); or
 * NULL with the reason, which names path, in error (FILE_ERROR_LEN bytes).
 */
char *file_read(
    const char *path, size_t max, size_t *len, struct file_stamp *stamp, char *error);
struct file_stamp file_stamp(const char *path);
bool file_stamp_eq(const struct file_stamp *a, const struct file_stamp *b);

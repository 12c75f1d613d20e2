/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file of a directory has brought which objects. A file that is loaded
 * again replaces what it had brought; one that is broken keeps it; an object
 * belongs to the file that brought it first. Does not know when a file is to be
 * loaded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct decode_rules;
struct manifestset;
struct store;

/* store and rules are borrowed. */
struct manifestset *manifestset_new(
    struct store *store, const char *directory, const struct decode_rules *rules);
/* The objects stay in the store. */
void manifestset_free(struct manifestset *m);

/* Reads the file; one that is not there is removed, with its objects. */
void manifestset_load(struct manifestset *m, const char *name);
/* Loads the broken ones again: another file may have stood in their way. */
void manifestset_retry(struct manifestset *m);
/* Between the two every file there is gets loaded; the rest is removed. */
void manifestset_begin(struct manifestset *m);
void manifestset_sweep(struct manifestset *m);

bool manifestset_is_broken(const struct manifestset *m, const char *name);
/* No file is broken that never was any good. */
bool manifestset_is_complete(const struct manifestset *m);
/* The error of the first broken file by name, and how many there are. */
void manifestset_error(const struct manifestset *m, char *error, size_t size);

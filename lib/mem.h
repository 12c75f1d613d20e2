/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that cannot be half had: out of memory ends the process (its parent
 * restarts it), so no caller handles NULL. Cleanup attributes for temporaries.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Zeroed memory for n members of size bytes; never NULL. */
void *xcalloc(size_t n, size_t size);
/* realloc of n members of size bytes, overflow checked; never NULL. */
void *xreallocarray(void *old, size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A stream into memory. *text has len bytes and a '\0' behind them once
 * xmemstream_close() has returned; the caller frees it. */
FILE *xmemstream(char **text, size_t *len);
void xmemstream_close(FILE *out);

/*
 * Makes room for one more member in a growing array: doubles *array when
 * count has reached *cap.
 */
void *array_grow(void *array, size_t count, size_t *cap, size_t size);

/*
 * Copies src into dst of size bytes, always terminated and zero filled to its
 * end (the buffers travel in messages). False if src did not fit.
 */
bool str_copy(char *dst, size_t size, const char *src);

/* Whether errno says that descriptors or memory are used up, which passes. */
bool errno_is_shortage(int error);

void mem_free_cleanup(void *p);
void mem_close_cleanup(int *fd);
#define _free_ __attribute__((cleanup(mem_free_cleanup)))
#define _close_ __attribute__((cleanup(mem_close_cleanup)))

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The characters of a configuration and where they stand: a file at the
 * bottom, and on top of it the texts that were put in place of names. A
 * character of such a text has the place of the name in the file. Knows no
 * word and no name.
 *
 * Bounded: how deep texts lie on each other, and their bytes altogether.
 */
#pragma once

#include <stdbool.h>

#include "conf_problem.h"

#define CONF_EXPAND_DEPTH 32
#define CONF_EXPAND_MAX (4 * 1024 * 1024)

/* Texts that live as long as the configuration is read; all of it is freed at
 * once. */
struct conf_chunk;
struct conf_heap {
	struct conf_chunk *chunks;
};
/* A copy with a NUL behind it. */
char *conf_heap_add(struct conf_heap *heap, const char *text, size_t len);
void conf_heap_free(struct conf_heap *heap);

struct conf_frame {
	const char *text;
	size_t len;
	size_t at;
};

struct conf_input {
	struct conf_frame frames[CONF_EXPAND_DEPTH + 1]; /* [0]: the file */
	unsigned depth;
	struct conf_pos pos;   /* of the next character */
	struct conf_pos after; /* in the file, while depth is not 0 */
};

void conf_input_init(struct conf_input *in, const char *file, const char *text,
    size_t len, unsigned first_order);
/* The next character or -1. */
int conf_input_peek(struct conf_input *in);
int conf_input_take(struct conf_input *in);
/* What follows is read before the rest; use is where its name stands. NULL, or
 * why it is too much. *expanded counts the bytes of the whole configuration. */
const char *conf_input_push(struct conf_input *in, const struct conf_pos *use,
    const char *text, size_t *expanded);
/* The n-th character from here, 0 the next one; -1 behind the end. */
int conf_input_ahead(const struct conf_input *in, size_t n);
/* Nothing but blanks and a comment up to the end of the line. */
bool conf_input_line_is_over(const struct conf_input *in);
/*
 * Takes the rest of the line without its newline, and without the blanks
 * around it. Names in it are not replaced. cut: a comment ends it. NULL if
 * there is a NUL in it.
 */
char *conf_input_take_line(struct conf_input *in, struct conf_heap *heap, bool cut);

bool conf_is_blank(int c);

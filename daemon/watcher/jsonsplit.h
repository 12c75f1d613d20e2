/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts a stream of bytes into the JSON objects it is made of, so that a
 * decoder never holds more than one of them: the events of a watch (objects in
 * a row), or the body of a list (its "items" one at a time, then the body
 * without them). However the bytes are chunked, the result is the same.
 *
 * Looks at brackets, strings and one key only; whether an object is JSON, its
 * decoder says. An object over `max` bytes is not kept but reported.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum jsonsplit_mode { JSONSPLIT_STREAM, JSONSPLIT_LIST };

struct jsonsplit_ops {
	/* An event, or an item; the text is not terminated. */
	void (*on_object)(void *arg, const char *text, size_t len);
	/* JSONSPLIT_LIST, at the end: the body, its items left out. */
	void (*on_rest)(void *arg, const char *text, size_t len);
	/* An object of more than max bytes was skipped. */
	void (*on_oversize)(void *arg, size_t len);
};

struct jsonsplit_buffer {
	char *data;
	size_t len;
	size_t cap;
};

struct jsonsplit {
	enum jsonsplit_mode mode;
	const struct jsonsplit_ops *ops;
	void *arg;
	size_t max;
	struct jsonsplit_buffer object;
	struct jsonsplit_buffer rest;
	size_t skipped; /* bytes of an object that is too large */
	size_t depth;   /* open brackets, of the whole input */
	bool in_string;
	bool escaped;
	bool in_items;
	bool in_object; /* collecting into `object` */
	bool done;      /* the list's last bracket was read */
	bool failed;
	/* Keys of the list body: is the one being read, or the last, "items"? */
	bool key_next;
	bool in_key;
	bool key_matches;
	size_t key_len;
};

void jsonsplit_init(struct jsonsplit *js, enum jsonsplit_mode mode, size_t max,
    const struct jsonsplit_ops *ops, void *arg);
void jsonsplit_fini(struct jsonsplit *js);
/* 0, or -EBADMSG (for good) when the input cannot be objects of JSON. */
int jsonsplit_feed(struct jsonsplit *js, const char *data, size_t len);
/* The input ended where an object ended, a list after its last bracket. */
bool jsonsplit_complete(const struct jsonsplit *js);

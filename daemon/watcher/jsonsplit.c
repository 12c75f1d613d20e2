/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jsonsplit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* A buffer that one object made larger is given back after it. */
#define BUFFER_KEEP (16 * 1024)

static const char items_key[] = "items";

void
jsonsplit_init(struct jsonsplit *js, enum jsonsplit_mode mode, size_t max,
    const struct jsonsplit_ops *ops, void *arg)
{
	*js = (struct jsonsplit){ .mode = mode, .max = max, .ops = ops, .arg = arg };
}

void
jsonsplit_fini(struct jsonsplit *js)
{
	free(js->object.data);
	free(js->rest.data);
	js->object = js->rest = (struct jsonsplit_buffer){ 0 };
}

static void
buffer_add(struct jsonsplit_buffer *b, const char *data, size_t len)
{
	size_t cap = b->cap ? b->cap : 1024;

	while (cap < b->len + len)
		cap *= 2;
	if (cap != b->cap) {
		b->data = xreallocarray(b->data, cap, 1);
		b->cap = cap;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void
buffer_empty(struct jsonsplit_buffer *b)
{
	b->len = 0;
	if (b->cap > BUFFER_KEEP) {
		free(b->data);
		*b = (struct jsonsplit_buffer){ 0 };
	}
}

/* Keeps bytes of the object, or of the rest, that is being read. */
static void
keep(struct jsonsplit *js, const char *data, size_t len)
{
	struct jsonsplit_buffer *b = js->in_object ? &js->object : &js->rest;

	if (js->skipped || b->len + len > js->max) {
		js->skipped += b->len + len;
		buffer_empty(b);
		if (!js->in_object)
			js->failed = true;
		return;
	}
	buffer_add(b, data, len);
}

static void
finish_object(struct jsonsplit *js)
{
	js->in_object = false;
	if (js->skipped)
		js->ops->on_oversize(js->arg, js->skipped);
	else
		js->ops->on_object(js->arg, js->object.data, js->object.len);
	js->skipped = 0;
	buffer_empty(&js->object);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Counts brackets and follows strings; everything else is the decoder's. */
static void
scan(struct jsonsplit *js, char c)
{
	if (js->in_string) {
		if (js->escaped)
			js->escaped = false;
		else if (c == '\\')
			js->escaped = true;
		else if (c == '"')
			js->in_string = false;
	} else if (c == '"') {
		js->in_string = true;
	} else if (c == '{' || c == '[') {
		js->depth++;
	} else if (c == '}' || c == ']') {
		js->depth--;
	}
}

/* Follows the keys of the list body, before scan() sees the byte. */
static void
follow_key(struct jsonsplit *js, char c)
{
	if (js->in_key) {
		/* Behind a backslash too: by then nothing matches any longer. */
		if (c == '"') {
			js->in_key = false;
			js->key_matches &= js->key_len == sizeof(items_key) - 1;
			return;
		}
		js->key_matches &=
		    js->key_len < sizeof(items_key) - 1 && c == items_key[js->key_len];
		js->key_len++;
		return;
	}
	if (js->in_string || js->depth > 1 || is_space(c) || c == ':')
		return;
	if (c == '"' && js->key_next) {
		js->in_key = js->key_matches = true;
		js->key_len = 0;
		js->key_next = false;
		return;
	}
	js->key_matches = false;
	js->key_next = c == ',' || (c == '{' && js->depth == 0);
}

/* A byte between objects. True if an object begins with it. */
static bool
between(struct jsonsplit *js, char c)
{
	if (is_space(c) || (js->in_items && c == ','))
		return false;
	if (c == '{') {
		js->in_object = true;
		js->depth++;
		return true;
	}
	if (js->in_items && c == ']') {
		js->in_items = false;
		js->depth--;
		keep(js, "]", 1);
		return false;
	}
	js->failed = true;
	return false;
}

/* A byte of the list body outside its items; *begin: what is not kept yet. */
static void
rest_byte(struct jsonsplit *js, const char *at, const char **begin)
{
	bool items;

	if (js->done || (js->depth == 0 && *at != '{')) {
		js->failed |= !is_space(*at);
		*begin = at + 1;
		return;
	}
	items = *at == '[' && js->depth == 1 && js->key_matches && !js->in_key &&
	    !js->in_string;
	follow_key(js, *at);
	scan(js, *at);
	js->in_items = items;
	if (items || js->depth == 0) {
		keep(js, *begin, (size_t)(at + 1 - *begin));
		*begin = at + 1;
	}
	if (js->depth == 0 && !js->failed) {
		js->done = true;
		js->ops->on_rest(js->arg, js->rest.data, js->rest.len);
		buffer_empty(&js->rest);
	}
}

static void
object_byte(struct jsonsplit *js, const char *at, const char **begin)
{
	scan(js, *at);
	if (js->depth > (js->mode == JSONSPLIT_LIST ? 2 : 0))
		return;
	keep(js, *begin, (size_t)(at + 1 - *begin));
	finish_object(js);
	*begin = at + 1;
}

int
jsonsplit_feed(struct jsonsplit *js, const char *data, size_t len)
{
	const char *begin = data;
	const char *end = data + len;

	for (const char *at = data; at < end && !js->failed; at++) {
		if (js->in_object) {
			object_byte(js, at, &begin);
		} else if (js->mode == JSONSPLIT_LIST && !js->in_items) {
			rest_byte(js, at, &begin);
		} else {
			begin = between(js, *at) ? at : at + 1;
		}
	}
	if (begin < end && !js->failed)
		keep(js, begin, (size_t)(end - begin));
	return js->failed ? -EBADMSG : 0;
}

bool
jsonsplit_complete(const struct jsonsplit *js)
{
	if (js->failed)
		return false;
	return js->mode == JSONSPLIT_LIST ? js->done : !js->in_object;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "mem.h"

/* Another format is another file: an older vipd sets it aside. */
#define FORMAT "vipd snapshot 1 "

/* In front of every record; numbers are the host's, as the file is. */
struct frame {
	uint32_t type;
	uint32_t len; /* of what follows: key, NUL, text */
	uint64_t sum; /* of type, len and that */
};

static uint64_t
sum_of(const struct frame *f, const uint8_t *body)
{
	uint64_t h = hash_add(HASH_INIT, &f->type, sizeof(f->type));

	h = hash_add(h, &f->len, sizeof(f->len));
	return hash_end(hash_add(h, body, f->len));
}

static uint8_t *
grow(struct snapbuf *b, size_t more)
{
	while (b->cap - b->len < more) {
		b->cap = b->cap ? 2 * b->cap : 64 * 1024;
		b->data = xreallocarray(b->data, b->cap, 1);
	}
	b->len += more;
	return b->data + b->len - more;
}

void
snapbuf_add(struct snapbuf *b, enum snaprecord_type type, const char *key,
    const char *text, size_t len)
{
	size_t key_len = key ? strlen(key) + 1 : 0;
	struct frame f = { .type = type, .len = (uint32_t)(key_len + len) };
	uint8_t *at = grow(b, sizeof(f) + f.len);
	uint8_t *body = at + sizeof(f);

	if (key)
		memcpy(body, key, key_len);
	if (len)
		memcpy(body + key_len, text, len);
	f.sum = sum_of(&f, body);
	memcpy(at, &f, sizeof(f));
}

void
snapbuf_add_head(struct snapbuf *b, const char *resource)
{
	_free_ char *text = xasprintf(FORMAT "%s", resource);

	snapbuf_add(b, SNAP_HEAD, NULL, text, strlen(text));
}

void
snapbuf_add_fresh(struct snapbuf *b, uint64_t wall_us)
{
	snapbuf_add(b, SNAP_FRESH, NULL, (const char *)&wall_us, sizeof(wall_us));
}

void
snapbuf_free(struct snapbuf *b)
{
	free(b->data);
	*b = (struct snapbuf){ 0 };
}

static bool
has_key(enum snaprecord_type type)
{
	return type == SNAP_OBJECT || type == SNAP_DELETED;
}

bool
snaprecord_read(const uint8_t *data, size_t len, struct snaprecord *out)
{
	struct frame f;
	const char *body, *end;

	if (len < sizeof(f))
		return false;
	memcpy(&f, data, sizeof(f));
	if (f.type < SNAP_HEAD || f.type > SNAP_ABORT || f.len > SNAPFILE_RECORD_MAX ||
	    f.len > len - sizeof(f) || sum_of(&f, data + sizeof(f)) != f.sum)
		return false;
	body = (const char *)data + sizeof(f);
	*out = (struct snaprecord){
		.type = f.type,
		.text = body,
		.len = f.len,
		.raw = data,
		.raw_len = sizeof(f) + f.len,
	};
	if (has_key(out->type)) {
		end = memchr(body, '\0', f.len);
		if (!end)
			return false;
		out->key = body;
		out->text = end + 1;
		out->len = f.len - (size_t)(end + 1 - body);
	}
	if (out->type == SNAP_FRESH && f.len != sizeof(out->wall_us))
		return false;
	if (out->type == SNAP_FRESH)
		memcpy(&out->wall_us, body, sizeof(out->wall_us));
	return true;
}

static void
put(struct snapfile *f, const struct snaprecord *r)
{
	struct snapfile_object *o;

	HASH_FIND_STR(f->objects, r->key, o);
	if (r->type == SNAP_DELETED) {
		if (o)
			HASH_DEL(f->objects, o);
		free(o);
		return;
	}
	if (!o) {
		o = xcalloc(1, sizeof(*o));
		o->key = r->key;
		HASH_ADD_KEYPTR(hh, f->objects, o->key, strlen(o->key), o);
	}
	o->record = *r;
}

static void
take(struct snapfile *f, const struct snaprecord *r)
{
	switch (r->type) {
	case SNAP_OBJECT:
	case SNAP_DELETED:
		put(f, r);
		break;
	case SNAP_CLUSTER:
		snprintf(f->cluster, sizeof(f->cluster), "%.*s", (int)r->len, r->text);
		break;
	case SNAP_FRESH:
		f->fresh_wall_us = r->wall_us;
		break;
	case SNAP_HEAD:
	case SNAP_WHOLE:
	case SNAP_BEGIN:
	case SNAP_COMMIT:
	case SNAP_ABORT:
		break;
	}
}

static bool
is_head(const struct snaprecord *r, const char *resource)
{
	_free_ char *text = xasprintf(FORMAT "%s", resource);

	return r->type == SNAP_HEAD && r->len == strlen(text) &&
	    memcmp(r->text, text, r->len) == 0;
}

const char *
snapfile_read(struct snapfile *f, const char *resource, const uint8_t *data, size_t len)
{
	struct snaprecord r;
	bool whole = false;
	size_t at;

	*f = (struct snapfile){ 0 };
	if (!snaprecord_read(data, len, &r) || !is_head(&r, resource))
		return "it is no snapshot of this format";
	for (at = r.raw_len; snaprecord_read(data + at, len - at, &r); at += r.raw_len) {
		take(f, &r);
		whole |= r.type == SNAP_WHOLE;
	}
	if (!whole) {
		snapfile_free(f);
		return "it is damaged";
	}
	f->lost = len - at;
	return NULL;
}

void
snapfile_free(struct snapfile *f)
{
	struct snapfile_object *o, *tmp;

	HASH_ITER(hh, f->objects, o, tmp)
	{
		HASH_DEL(f->objects, o);
		free(o);
	}
}

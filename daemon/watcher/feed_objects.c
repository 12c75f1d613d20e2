/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed_objects.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "feed.h"
#include "fields.h"
#include "mem.h"
#include "snapshot.h"
#include "text.h"

static void
log_malformed(struct feed *f, void *object, const struct fault *fault)
{
	_free_ char *key =
	    object ? f->kind->key(object) : xstrdup("an object of no name");
	uint32_t held;

	if (!log_allowed(&f->log, clock_us(), &held))
		return;
	log_warn("%s: malformed %s skipped: %s", key, f->kind->name, fault->text);
	if (held)
		log_warn(
		    "%s: %u more like it since the last line", f->kind->resource, held);
}

/* The object to keep, or NULL where there is nothing to. */
static void *
decode(struct feed *f, const json_t *json, bool *ignored)
{
	struct fault fault;
	void *object;

	*ignored = false;
	switch (f->kind->decode(json, f->rules, &object, &fault)) {
	case DECODED_OBJECT:
		return object;
	case DECODED_IGNORED:
		*ignored = true;
		return NULL;
	case DECODED_MALFORMED:
	case DECODED_UNNAMED:
		log_malformed(f, object, &fault);
		return object;
	}
	return NULL;
}

static void
remove_named(struct feed *f, const json_t *json)
{
	_free_ char *key = kind_key_of(f->kind, json, f->rules);

	if (!key)
		return;
	f->kind->remove(f->store, key);
	if (f->snapshot)
		snapshot_delete(f->snapshot, key);
}

static void
keep(struct feed *f, const void *object, const char *text, size_t len)
{
	_free_ char *key = f->snapshot ? f->kind->key(object) : NULL;

	if (key)
		snapshot_put(f->snapshot, key, text, len);
}

/* An item of a list or of the snapshot; false if it is not kept. */
static bool
take_item(struct feed *f, const json_t *json)
{
	bool ignored;
	void *object = decode(f, json, &ignored);

	if (!object)
		return false;
	f->objects =
	    array_grow(f->objects, f->n_objects, &f->cap_objects, sizeof(*f->objects));
	f->objects[f->n_objects++] = object;
	return true;
}

static void
upsert(struct feed *f, const json_t *json)
{
	bool ignored;
	void *object = decode(f, json, &ignored);

	if (object) {
		_free_ char *text = f->snapshot ? json_dumps(json, JSON_COMPACT) : NULL;

		if (text)
			keep(f, object, text, strlen(text));
		f->kind->put(f->store, object);
	} else if (ignored) {
		/* It may have been ours until now. */
		remove_named(f, json);
	}
}

uint32_t
feed_retry_after(const json_t *status)
{
	const json_t *details = json_object_get(status, "details");
	json_int_t s = json_integer_value(json_object_get(details, "retryAfterSeconds"));

	return s > 0 && s <= UINT16_MAX ? (uint32_t)s : 0;
}

static void
take_event(struct feed *f, const json_t *json)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *object = json_object_get(json, "object");
	const json_t *meta = json_object_get(object, "metadata");
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));
	const char *message = json_string_value(json_object_get(object, "message"));
	int code = (int)json_integer_value(json_object_get(object, "code"));

	if (!type || !json_is_object(object)) {
		text_format(f->why, sizeof(f->why), "no watch event");
		return;
	}
	switch (lw_event(&f->lw, type, version, code, feed_retry_after(object))) {
	case LW_UPSERT:
		upsert(f, object);
		break;
	case LW_DELETE:
		remove_named(f, object);
		break;
	case LW_NOTE:
		break;
	case LW_CLOSE:
		f->closing = true;
		text_format(f->why, sizeof(f->why), "%s",
		    message ? message : "an event without a version");
		break;
	}
}

static json_t *
parse(struct feed *f, const char *text, size_t len)
{
	json_error_t error;
	json_t *json = fields_parse(text, len, &error);

	if (!json)
		text_format(f->why, sizeof(f->why), "%s", error.text);
	return json;
}

static void
on_object(void *arg, const char *text, size_t len)
{
	struct feed *f = arg;
	json_t *json;

	if (f->why[0])
		return;
	json = parse(f, text, len);
	if (json && f->lw.phase == LW_WATCHING)
		take_event(f, json);
	else if (json && take_item(f, json))
		keep(f, f->objects[f->n_objects - 1], text, len);
	json_decref(json);
}

/* The list without its items. */
static void
on_rest(void *arg, const char *text, size_t len)
{
	struct feed *f = arg;
	json_t *json = parse(f, text, len);
	const json_t *meta = json_object_get(json, "metadata");
	const char *list = json_string_value(json_object_get(json, "kind"));
	const char *version = json_string_value(json_object_get(meta, "resourceVersion"));
	const char *next_page = json_string_value(json_object_get(meta, "continue"));

	if (json && (!list || strcmp(list, f->kind->list) != 0 || !version))
		text_format(f->why, sizeof(f->why), "no %s", f->kind->list);
	if (version)
		f->version = xstrdup(version);
	if (next_page && *next_page)
		f->next_page = xstrdup(next_page);
	json_decref(json);
}

static void
on_oversize(void *arg, size_t len)
{
	struct feed *f = arg;
	uint32_t held;

	if (log_allowed(&f->log, clock_us(), &held))
		log_warn("%s: an object of %zu bytes skipped", f->kind->resource, len);
}

const struct jsonsplit_ops *
feed_objects_ops(void)
{
	static const struct jsonsplit_ops ops = {
		.on_object = on_object,
		.on_rest = on_rest,
		.on_oversize = on_oversize,
	};

	return &ops;
}

void
feed_objects_take_kept(void *arg, const char *text, size_t len)
{
	struct feed *f = arg;
	json_t *json = parse(f, text, len);

	if (json)
		take_item(f, json);
	json_decref(json);
}

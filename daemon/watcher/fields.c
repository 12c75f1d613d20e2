/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

void
fault_set(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	if (fault_is_set(f))
		return;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	text_make_safe(f->text);
}

bool
fault_is_set(const struct fault *f)
{
	return f->text[0] != '\0';
}

json_t *
fields_parse(const char *text, size_t len, json_error_t *error)
{
	return json_loadb(text, len, JSON_ALLOW_NUL, error);
}

static const json_t *
present(const json_t *from, const char *key)
{
	const json_t *value = json_object_get(from, key);

	return json_is_null(value) ? NULL : value;
}

static const json_t *
typed(const json_t *from, const char *path, const char *key, json_type type,
    const char *type_name, struct fault *f)
{
	const json_t *value = present(from, key);

	if (!value || json_typeof(value) == type)
		return value;
	fault_set(f, "%s%s%s: %s expected", path, *path ? "." : "", key, type_name);
	return NULL;
}

const char *
field_string(const json_t *from, const char *path, const char *key, struct fault *f)
{
	const json_t *value = typed(from, path, key, JSON_STRING, "a string", f);
	const char *text = json_string_value(value);

	if (!text || strlen(text) == json_string_length(value))
		return text;
	fault_set(f, "%s%s%s: a zero byte in it", path, *path ? "." : "", key);
	return NULL;
}

const json_t *
field_object(const json_t *from, const char *path, const char *key, struct fault *f)
{
	return typed(from, path, key, JSON_OBJECT, "an object", f);
}

const json_t *
field_array(const json_t *from, const char *path, const char *key, struct fault *f)
{
	return typed(from, path, key, JSON_ARRAY, "an array", f);
}

int64_t
field_integer(const json_t *from, const char *path, const char *key, int64_t min,
    int64_t max, int64_t fallback, struct fault *f)
{
	const json_t *value = present(from, key);

	if (!value)
		return fallback;
	if (json_is_integer(value) && json_integer_value(value) >= min &&
	    json_integer_value(value) <= max)
		return json_integer_value(value);
	fault_set(f, "%s.%s: an integer from %lld to %lld expected", path, key,
	    (long long)min, (long long)max);
	return fallback;
}

bool
field_bool(
    const json_t *from, const char *path, const char *key, bool fallback, struct fault *f)
{
	const json_t *value = present(from, key);

	if (!value)
		return fallback;
	if (!json_is_boolean(value))
		fault_set(f, "%s.%s: true or false expected", path, key);
	return json_is_true(value);
}

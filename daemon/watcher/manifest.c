/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"
#include "yamljson.h"

bool
manifest_is_name(const char *name)
{
	static const char *const endings[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && strcmp(name + len - n, endings[i]) == 0)
			return name[0] != '.';
	}
	return false;
}

static void
complain(struct manifest *m, unsigned line, const char *key, const char *text)
{
	if (!m->error[0])
		text_format(m->error, sizeof(m->error), "%s:%u: %s%s%s", m->file, line,
		    key, *key ? ": " : "", text);
}

static bool
is_there(const struct manifest *m, enum kind_id kind, const char *key)
{
	for (size_t i = 0; i < m->n_items; i++)
		if (m->items[i].kind == kind && strcmp(m->items[i].key, key) == 0)
			return true;
	return false;
}

static void
add(struct manifest *m, enum kind_id kind, void *object, unsigned line)
{
	char *key = kind_get(kind)->key(object);

	if (is_there(m, kind, key)) {
		complain(m, line, key, "is in this file twice");
		kind_get(kind)->free(object);
		free(key);
		return;
	}
	m->items = array_grow(m->items, m->n_items, &m->cap_items, sizeof(*m->items));
	m->items[m->n_items++] = (struct manifest_item){
		.kind = kind,
		.object = object,
		.key = key,
	};
}

static void
take_object(struct manifest *m, enum kind_id kind, const json_t *json, unsigned line)
{
	_free_ char *key = NULL;
	struct fault fault;
	void *object;

	switch (kind_get(kind)->decode(json, m->rules, &object, &fault)) {
	case DECODED_OBJECT:
		add(m, kind, object, line);
		break;
	case DECODED_MALFORMED:
		key = kind_get(kind)->key(object);
		complain(m, line, key, fault.text);
		add(m, kind, object, line);
		break;
	case DECODED_UNNAMED:
		complain(m, line, "", fault.text);
		break;
	case DECODED_IGNORED:
		text_format(m->note, sizeof(m->note),
		    "%s:%u: this %s is ignored: it is headless, an ExternalName, another "
		    "proxy's, or has no label kubernetes.io/service-name",
		    m->file, line, kind_get(kind)->name);
		break;
	}
}

static void take_value(
    struct manifest *m, const json_t *json, unsigned line, bool in_list);

static void
take_list(struct manifest *m, const json_t *json, unsigned line)
{
	const json_t *items = json_object_get(json, "items");
	const json_t *item;
	size_t i;

	if (!json_is_array(items))
		complain(m, line, "", "items: an array expected");
	json_array_foreach(items, i, item) take_value(m, item, line, true);
}

static void
take_value(struct manifest *m, const json_t *json, unsigned line, bool in_list)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *version = json_string_value(json_object_get(json, "apiVersion"));

	if (!kind || !version) {
		complain(m, line, "", "kind and apiVersion are missing");
		return;
	}
	if (strcmp(kind, "List") == 0 && !in_list) {
		take_list(m, json, line);
		return;
	}
	for (enum kind_id id = 0; id < KIND_COUNT; id++) {
		if (strcmp(kind, kind_get(id)->name) == 0 &&
		    strcmp(version, kind_get(id)->api_version) == 0) {
			take_object(m, id, json, line);
			return;
		}
	}
	complain(m, line, "",
	    "neither a Service of v1 nor an EndpointSlice of discovery.k8s.io/v1");
}

static void
on_document(void *arg, json_t *value, unsigned line)
{
	take_value(arg, value, line, false);
	json_decref(value);
}

void
manifest_parse(struct manifest *m, const char *file, const char *text, size_t len,
    const struct decode_rules *rules)
{
	struct yaml_fault fault;

	*m = (struct manifest){ .file = file, .rules = rules };
	if (yamljson_read(text, len, on_document, m, &fault) == 0)
		return;
	text_format(m->error, sizeof(m->error), "%s:%u:%u: %s", file, fault.line,
	    fault.column, fault.text);
}

void
manifest_fini(struct manifest *m)
{
	for (size_t i = 0; i < m->n_items; i++) {
		if (m->items[i].object)
			kind_get(m->items[i].kind)->free(m->items[i].object);
		free(m->items[i].key);
	}
	free(m->items);
	*m = (struct manifest){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "peers.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "nodes.h"
#include "text.h"

#define INSTANCES_MAX 128

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void
copy_safe(char *to, size_t size, const char *from)
{
	text_format(to, size, "%s", from);
	text_make_safe(to);
}

/* ---- the annotation ---- */

static bool
read_state(const char *name, uint8_t *state)
{
	for (int s = VRRP_INIT; s <= VRRP_FAULT; s++)
		if (strcmp(name, vrrp_state_name((enum vrrp_state)s)) == 0) {
			*state = (uint8_t)s;
			return true;
		}
	return false;
}

static void
read_instance(struct peer_object *p, const json_t *json)
{
	struct msg_node_instance in = { 0 };
	json_int_t priority = json_integer_value(json_object_get(json, "priority"));

	copy_safe(in.name, sizeof(in.name), string_of(json, "name"));
	if (!in.name[0] || !read_state(string_of(json, "state"), &in.state))
		return;
	if (!ipaddr_parse(string_of(json, "source"), &in.source))
		in.source = (struct ipaddr){ 0 };
	in.priority = priority > 0 && priority <= UINT8_MAX ? (uint8_t)priority : 0;
	p->instances[p->n_instances++] = in;
}

static void
read_annotation(struct peer_object *p, const json_t *json)
{
	const json_t *item;
	size_t i;

	copy_safe(p->head.version, sizeof(p->head.version), string_of(json, "version"));
	copy_safe(p->head.config, sizeof(p->head.config), string_of(json, "config"));
	p->head.allocator = json_is_true(json_object_get(json, "allocator"));
	p->head.excluded = json_is_true(json_object_get(json, "excluded"));
	p->instances = xcalloc(INSTANCES_MAX, sizeof(*p->instances));
	json_array_foreach(json_object_get(json, "instances"), i, item)
	{
		if (i < INSTANCES_MAX)
			read_instance(p, item);
	}
}

static json_t *
bool_json(uint8_t value)
{
	return value ? json_true() : json_false();
}

char *
peer_text(
    const struct msg_node *head, const struct msg_node_instance *instances, size_t n)
{
	json_t *list = json_array(), *json;
	char *text;

	for (size_t i = 0; i < n; i++) {
		char source[IPADDR_STRLEN];

		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:i, s:s}", "name", instances[i].name, "state",
			vrrp_state_name((enum vrrp_state)instances[i].state), "priority",
			instances[i].priority, "source",
			instances[i].source.family
			    ? ipaddr_format(&instances[i].source, source)
			    : ""));
	}
	json = json_pack("{s:s, s:s, s:o, s:o, s:o}", "version", head->version, "config",
	    head->config, "allocator", bool_json(head->allocator), "excluded",
	    bool_json(head->excluded), "instances", list);
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text ? text : xstrdup("{}");
}

enum decoded
decode_peer(const json_t *json, struct peer_object **out, struct fault *f)
{
	const json_t *meta = json_object_get(json, "metadata");
	const char *name = string_of(meta, "name");
	const char *text =
	    string_of(json_object_get(meta, "annotations"), PEERS_ANNOTATION);
	size_t prefix = strlen(PEERS_PREFIX);
	struct peer_object *p;
	json_t *annotation;

	*out = NULL;
	*f = (struct fault){ 0 };
	if (strncmp(name, PEERS_PREFIX, prefix) != 0 ||
	    strlen(name) - prefix >= sizeof(p->head.name) || !*text)
		return DECODED_IGNORED;
	annotation = json_loads(text, 0, NULL);
	if (!json_is_object(annotation)) {
		json_decref(annotation);
		return DECODED_IGNORED;
	}
	*out = p = xcalloc(1, sizeof(*p));
	copy_safe(p->head.name, sizeof(p->head.name), name + prefix);
	copy_safe(p->version, sizeof(p->version), string_of(meta, "resourceVersion"));
	read_annotation(p, annotation);
	json_decref(annotation);
	return DECODED_OBJECT;
}

void
peer_object_free(struct peer_object *p)
{
	if (!p)
		return;
	free(p->instances);
	free(p);
}

/* ---- the table ---- */

static struct peer_entry *
find(const struct peers *ps, const char *name)
{
	struct peer_entry *e;

	HASH_FIND_STR(ps->entries, name, e);
	return e;
}

static void
drop(struct peers *ps, struct peer_entry *e)
{
	HASH_DEL(ps->entries, e);
	peer_object_free(e->object);
	free(e);
}

void
peers_fini(struct peers *ps)
{
	struct peer_entry *e, *next;

	HASH_ITER(hh, ps->entries, e, next)
	drop(ps, e);
	for (size_t i = 0; i < ps->n_gone; i++)
		free(ps->gone[i]);
	free(ps->gone);
	*ps = (struct peers){ 0 };
}

static bool
is_same(const struct peer_object *a, const struct peer_object *b)
{
	return strcmp(a->version, b->version) == 0;
}

void
peers_put(struct peers *ps, struct peer_object *p, uint64_t now_us)
{
	struct peer_entry *e = find(ps, p->head.name);

	if (e && is_same(e->object, p)) {
		peer_object_free(p);
		return;
	}
	if (e)
		drop(ps, e);
	p->head.seen_us = now_us;
	e = xcalloc(1, sizeof(*e));
	e->object = p;
	HASH_ADD_KEYPTR(hh, ps->entries, p->head.name, strlen(p->head.name), e);
}

static void
leave(struct peers *ps, struct peer_entry *e)
{
	ps->gone = array_grow(ps->gone, ps->n_gone, &ps->cap_gone, sizeof(*ps->gone));
	ps->gone[ps->n_gone++] = xstrdup(e->object->head.name);
	drop(ps, e);
}

void
peers_remove(struct peers *ps, const char *lease)
{
	size_t prefix = strlen(PEERS_PREFIX);
	struct peer_entry *e =
	    strncmp(lease, PEERS_PREFIX, prefix) == 0 ? find(ps, lease + prefix) : NULL;

	if (e)
		leave(ps, e);
}

static bool
is_among(const struct peer_object *p, void *const *objects, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(((const struct peer_object *)objects[i])->head.name,
			p->head.name) == 0)
			return true;
	return false;
}

void
peers_replace(struct peers *ps, void *const *objects, size_t n, uint64_t now_us)
{
	struct peer_entry *e, *next;

	HASH_ITER(hh, ps->entries, e, next)
	if (!is_among(e->object, objects, n))
		leave(ps, e);
	for (size_t i = 0; i < n; i++)
		peers_put(ps, objects[i], now_us);
}

void
peers_compare(
    const struct peers *ps, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	*held = HASH_COUNT(ps->entries);
	*missing = 0;
	for (const struct peer_entry *e = ps->entries; e; e = e->hh.next)
		*missing += !is_among(e->object, objects, n);
}

static bool
is_stale(const struct peer_object *p, uint64_t now_us)
{
	return now_us > p->head.seen_us + PEERS_STALE_S * US_PER_S;
}

void
peers_forget_removed(struct peers *ps, const struct nodes *nodes, uint64_t now_us)
{
	struct peer_entry *e, *next;

	HASH_ITER(hh, ps->entries, e, next)
	if (is_stale(e->object, now_us) && !nodes_find(nodes, e->object->head.name))
		leave(ps, e);
}

bool
peers_is_fresh(const struct peers *ps, const char *node, uint64_t now_us)
{
	for (const struct peer_entry *e = ps->entries; e; e = e->hh.next)
		if (strcmp(e->object->head.name, node) == 0)
			return !is_stale(e->object, now_us);
	return false;
}

const char *
peers_master(const struct peers *ps, const char *instance, uint64_t now_us)
{
	const struct peer_object *newest = NULL;

	for (const struct peer_entry *e = ps->entries; e; e = e->hh.next) {
		const struct peer_object *p = e->object;

		if (is_stale(p, now_us))
			continue;
		for (size_t i = 0; i < p->n_instances; i++)
			if (p->instances[i].state == VRRP_MASTER &&
			    strcmp(p->instances[i].name, instance) == 0 &&
			    (!newest || newest->head.seen_us < p->head.seen_us))
				newest = p;
	}
	return newest ? newest->head.name : NULL;
}

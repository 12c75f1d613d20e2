/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodes.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "text.h"

#define ADDRESSES_MAX 32

struct node_address {
	struct ipaddr addr;
	char name[NODE_OBJECT_NAME_LEN];
	UT_hash_handle hh;
};

static const char exclude_label[] =
    "node.kubernetes.io/exclude-from-external-load-balancers";

/* ---- decoding ---- */

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static enum node_out
judge(const json_t *meta, const json_t *spec)
{
	const json_t *taint;
	size_t i;

	if (json_object_get(meta, "deletionTimestamp"))
		return NODE_BEING_DELETED;
	json_array_foreach(json_object_get(spec, "taints"), i, taint)
	{
		const char *key = string_of(taint, "key");

		if (strcmp(key, "node.kubernetes.io/out-of-service") == 0)
			return NODE_OUT_OF_SERVICE;
		if (strcmp(key, "ToBeDeletedByClusterAutoscaler") == 0)
			return NODE_BEING_DELETED;
	}
	/* Any value counts, "false" too (N2). */
	return json_object_get(json_object_get(meta, "labels"), exclude_label)
	    ? NODE_EXCLUDED
	    : NODE_WANTED;
}

static void
add_addresses(struct node_object *n, const json_t *list, const char *type)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct ipaddr addr;

		if (n->n_addresses < ADDRESSES_MAX &&
		    strcmp(string_of(item, "type"), type) == 0 &&
		    ipaddr_parse(string_of(item, "address"), &addr))
			n->addresses[n->n_addresses++] = addr;
	}
}

enum decoded
decode_node(const json_t *json, struct node_object **out, struct fault *f)
{
	const json_t *meta = json_object_get(json, "metadata");
	const json_t *list =
	    json_object_get(json_object_get(json, "status"), "addresses");
	const char *name = string_of(meta, "name");
	struct node_object *n;

	*out = NULL;
	*f = (struct fault){ 0 };
	if (!*name || strlen(name) >= NODE_OBJECT_NAME_LEN) {
		fault_set(f, "metadata.name: not the name of a Node");
		return DECODED_UNNAMED;
	}
	*out = n = xcalloc(1, sizeof(*n));
	str_copy(n->name, sizeof(n->name), name);
	n->addresses = xcalloc(ADDRESSES_MAX, sizeof(*n->addresses));
	add_addresses(n, list, "InternalIP");
	n->n_internal = n->n_addresses;
	add_addresses(n, list, "ExternalIP");
	n->addresses =
	    xreallocarray(n->addresses, n->n_addresses + 1, sizeof(*n->addresses));
	n->out = judge(meta, json_object_get(json, "spec"));
	return DECODED_OBJECT;
}

void
node_object_free(struct node_object *n)
{
	if (!n)
		return;
	free(n->addresses);
	free(n);
}

const char *
node_out_text(enum node_out out)
{
	switch (out) {
	case NODE_WANTED:
		return "";
	case NODE_EXCLUDED:
		return "its Node has the label node.kubernetes.io/exclude-from-external-"
		       "load-balancers; remove it with kubectl label";
	case NODE_OUT_OF_SERVICE:
		return "its Node has the taint node.kubernetes.io/out-of-service; remove "
		       "it with kubectl taint";
	case NODE_BEING_DELETED:
		return "its Node is being deleted";
	case NODE_GONE:
		return "its Node is not in the cluster any longer";
	}
	return "";
}

/* ---- the table ---- */

static struct node_entry *
find(const struct nodes *ns, const char *name)
{
	struct node_entry *e;

	HASH_FIND_STR(ns->entries, name, e);
	return e;
}

static struct node_address *
find_address(const struct nodes *ns, const struct ipaddr *addr)
{
	struct node_address *a;

	HASH_FIND(hh, ns->addresses, addr, sizeof(*addr), a);
	return a;
}

/* Of two Nodes that say they have it the later one counts. */
static void
enter(struct nodes *ns, const struct node_object *n)
{
	for (size_t i = 0; i < n->n_addresses; i++) {
		struct node_address *a = find_address(ns, &n->addresses[i]);

		if (!a) {
			a = xcalloc(1, sizeof(*a));
			a->addr = n->addresses[i];
			HASH_ADD(hh, ns->addresses, addr, sizeof(a->addr), a);
		}
		str_copy(a->name, sizeof(a->name), n->name);
	}
}

static void
leave(struct nodes *ns, const struct node_object *n)
{
	for (size_t i = 0; i < n->n_addresses; i++) {
		struct node_address *a = find_address(ns, &n->addresses[i]);

		if (!a || strcmp(a->name, n->name) != 0)
			continue;
		HASH_DEL(ns->addresses, a);
		free(a);
	}
}

static void
drop(struct nodes *ns, struct node_entry *e)
{
	leave(ns, e->object);
	HASH_DEL(ns->entries, e);
	node_object_free(e->object);
	free(e);
}

void
nodes_fini(struct nodes *ns)
{
	struct node_entry *e, *next;

	HASH_ITER(hh, ns->entries, e, next)
	drop(ns, e);
}

static bool
has_same_addresses(const struct node_object *a, const struct node_object *b)
{
	return a->n_addresses == b->n_addresses && a->n_internal == b->n_internal &&
	    memcmp(a->addresses, b->addresses, a->n_addresses * sizeof(*a->addresses)) ==
	    0;
}

/* Heartbeats change a Node all the time, but nothing of this. */
void
nodes_put(struct nodes *ns, struct node_object *n)
{
	struct node_entry *e = find(ns, n->name);

	bool same = e && has_same_addresses(e->object, n);

	if (same && e->object->out == n->out) {
		node_object_free(n);
		return;
	}
	ns->changes++;
	ns->address_changes += !same;
	if (e)
		drop(ns, e);
	e = xcalloc(1, sizeof(*e));
	e->object = n;
	HASH_ADD_KEYPTR(hh, ns->entries, n->name, strlen(n->name), e);
	enter(ns, n);
}

void
nodes_remove(struct nodes *ns, const char *name)
{
	struct node_entry *e = find(ns, name);

	if (!e)
		return;
	ns->changes++;
	ns->address_changes++;
	drop(ns, e);
}

static bool
is_among(const struct node_object *n, void *const *objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(((const struct node_object *)objects[i])->name, n->name) == 0)
			return true;
	return false;
}

void
nodes_replace(struct nodes *ns, void *const *objects, size_t n)
{
	struct node_entry *e, *next;

	HASH_ITER(hh, ns->entries, e, next)
	if (!is_among(e->object, objects, n)) {
		ns->changes++;
		ns->address_changes++;
		drop(ns, e);
	}
	for (size_t i = 0; i < n; i++)
		nodes_put(ns, objects[i]);
}

void
nodes_compare(
    const struct nodes *ns, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	*held = HASH_COUNT(ns->entries);
	*missing = 0;
	for (const struct node_entry *e = ns->entries; e; e = e->hh.next)
		*missing += !is_among(e->object, objects, n);
}

const char *
nodes_name_of(const struct nodes *ns, const struct ipaddr *addr)
{
	const struct node_address *a = find_address(ns, addr);

	return a ? a->name : NULL;
}

struct ipaddr *
nodes_addresses(const struct nodes *ns, size_t *n)
{
	struct ipaddr *list = xcalloc(HASH_COUNT(ns->addresses), sizeof(*list));

	*n = 0;
	for (const struct node_address *a = ns->addresses; a; a = a->hh.next)
		list[(*n)++] = a->addr;
	return list;
}

const struct node_object *
nodes_find(const struct nodes *ns, const char *name)
{
	const struct node_entry *e = find(ns, name);

	return e ? e->object : NULL;
}

static bool
has_one_of(const struct node_object *n, const struct ipaddr *addresses, size_t count)
{
	for (size_t i = 0; i < n->n_internal; i++)
		for (size_t j = 0; j < count; j++)
			if (ipaddr_eq(&n->addresses[i], &addresses[j]))
				return true;
	return false;
}

const struct node_object *
nodes_of_addresses(const struct nodes *ns, const struct ipaddr *addresses, size_t n)
{
	const struct node_object *found = NULL;

	for (const struct node_entry *e = ns->entries; e; e = e->hh.next) {
		if (!has_one_of(e->object, addresses, n))
			continue;
		if (found)
			return NULL;
		found = e->object;
	}
	return found;
}

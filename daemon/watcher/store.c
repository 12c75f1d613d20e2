/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "settings.h"
#include "tenure.h"

#define SUSPICIOUS_HELD 10

void
store_init(struct store *s, const struct settings *settings)
{
	*s = (struct store){ .settings = settings, .claims = claims_new() };
	assign_init(&s->assign, settings, s->claims, &s->nodes);
	claims_set_nodes(s->claims, &s->nodes);
	TAILQ_INIT(&s->dirty);
}

static void
mark(struct store *s, struct store_entry *e)
{
	e->takes = false;
	if (e->dirty)
		return;
	e->dirty = true;
	TAILQ_INSERT_TAIL(&s->dirty, e, of_dirty);
}

static struct store_entry *
find_entry(const struct store *s, const char *key)
{
	struct store_entry *e;

	HASH_FIND(hh, s->entries, key, strlen(key), e);
	return e;
}

static struct store_entry *
get_entry(struct store *s, const char *key)
{
	struct store_entry *e = find_entry(s, key);
	size_t len = strlen(key);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e) + len + 1);
	memcpy(e->key, key, len);
	LIST_INIT(&e->slices);
	HASH_ADD(hh, s->entries, key, len, e);
	return e;
}

static void
free_entry(struct store *s, struct store_entry *e)
{
	HASH_DEL(s->entries, e);
	if (e->dirty)
		TAILQ_REMOVE(&s->dirty, e, of_dirty);
	service_object_free(e->service);
	free(e->hold.addrs);
	free(e);
}

static void
free_slice(struct store *s, struct store_slice *slice)
{
	HASH_DEL(s->slices, slice);
	assign_slice(&s->assign, NULL, &slice->hold);
	if (slice->entry)
		LIST_REMOVE(slice, of_entry);
	slice_object_free(slice->object);
	free(slice);
}

void
store_fini(struct store *s)
{
	struct store_slice *slice, *next_slice;
	struct store_entry *e, *next;

	HASH_ITER(hh, s->slices, slice, next_slice)
	free_slice(s, slice);
	HASH_ITER(hh, s->entries, e, next)
	free_entry(s, e);
	assign_fini(&s->assign);
	poolmap_fini(&s->poolmap);
	claims_free(s->claims);
	nodes_fini(&s->nodes);
	peers_fini(&s->peers);
}

/* Services that share an address are judged anew with each other. */
static void
mark_claimants(struct store *s, const struct ipaddr *addr)
{
	const struct service_object *const *services;
	char key[SERVICE_KEY_LEN];
	size_t n;

	services = claims_of(s->claims, addr, &n);
	for (size_t i = 0; i < n; i++)
		mark(s, get_entry(s, service_object_key(services[i], key)));
}

static void
note_toggled(struct store *s, const struct ipaddr *addr)
{
	if (s->n_toggled < STORE_TOGGLED_MAX)
		s->toggled[s->n_toggled] = *addr;
	if (s->n_toggled <= STORE_TOGGLED_MAX)
		s->n_toggled++;
}

static bool
may_claim(const struct store *s, const struct ipaddr *addr)
{
	char reason[REASON_LEN];

	return !claims_is_reserved(s->claims, addr, reason) &&
	    claims_allowed(
		s->settings->external_ips, s->settings->n_external_ips, addr, reason);
}

static void
add_claim(struct store *s, const struct service_object *object, const struct ipaddr *addr)
{
	if (!claims_is_claimed(s->claims, addr))
		note_toggled(s, addr);
	claims_add(s->claims, addr, object);
	mark_claimants(s, addr);
}

static void
remove_claim(
    struct store *s, const struct service_object *object, const struct ipaddr *addr)
{
	if (!claims_is_claimed(s->claims, addr))
		return;
	mark_claimants(s, addr);
	claims_remove(s->claims, addr, object);
	if (!claims_is_claimed(s->claims, addr))
		note_toggled(s, addr);
}

static void
add_claims(struct store *s, const struct service_object *object)
{
	struct ipaddr addrs[POOL_FAMILIES];
	size_t n = tenure_addresses(object, s->settings, addrs);

	for (size_t i = 0; i < n; i++)
		add_claim(s, object, &addrs[i]);
	for (size_t i = 0; i < object->n_external_ips; i++)
		if (may_claim(s, &object->external_ips[i]))
			add_claim(s, object, &object->external_ips[i]);
}

static void
remove_claims(struct store *s, const struct service_object *object)
{
	struct ipaddr addrs[POOL_FAMILIES];
	size_t n = tenure_addresses(object, s->settings, addrs);

	for (size_t i = 0; i < n; i++)
		remove_claim(s, object, &addrs[i]);
	for (size_t i = 0; i < object->n_external_ips; i++)
		remove_claim(s, object, &object->external_ips[i]);
}

static void
set_service(struct store *s, struct store_entry *e, struct service_object *object)
{
	struct service_object *old = e->service;

	if (old)
		remove_claims(s, old);
	e->service = object;
	if (object)
		add_claims(s, object);
	assign_service(&s->assign, e->key, object, &e->hold);
	service_object_free(old);
	mark(s, e);
}

void
store_put_service(struct store *s, struct service_object *object)
{
	char key[SERVICE_KEY_LEN];
	struct store_entry *e;

	e = find_entry(s, service_object_key(object, key));
	if (!object->asks && !(object->fault && e && e->service)) {
		service_object_free(object);
		if (e && e->service)
			set_service(s, e, NULL);
		return;
	}
	e = get_entry(s, key);
	e->generation = s->generation;
	set_service(s, e, object);
}

void
store_remove_service(struct store *s, const char *key)
{
	struct store_entry *e = find_entry(s, key);

	if (e && e->service)
		set_service(s, e, NULL);
}

static struct store_slice *
find_slice(const struct store *s, const char *key)
{
	struct store_slice *slice;

	HASH_FIND(hh, s->slices, key, strlen(key), slice);
	return slice;
}

void
store_remove_slice(struct store *s, const char *key)
{
	struct store_slice *slice = find_slice(s, key);

	if (!slice)
		return;
	mark(s, slice->entry);
	free_slice(s, slice);
}

void
store_put_slice(struct store *s, struct slice_object *object)
{
	struct store_slice *slice = find_slice(s, object->key);

	if (object->malformed) {
		if (slice)
			slice->generation = s->generation;
		slice_object_free(object);
		return;
	}
	/* E1: the label may have changed, so the old one leaves its Service. */
	store_remove_slice(s, object->key);
	slice = xcalloc(1, sizeof(*slice));
	slice->object = object;
	slice->generation = s->generation;
	slice->entry = get_entry(s, object->service);
	LIST_INSERT_HEAD(&slice->entry->slices, slice, of_entry);
	HASH_ADD_KEYPTR(hh, s->slices, object->key, strlen(object->key), slice);
	assign_slice(&s->assign, object, &slice->hold);
	mark(s, slice->entry);
}

void
store_begin(struct store *s)
{
	s->generation++;
}

static void
sweep_services(struct store *s)
{
	struct store_entry *e, *next;

	HASH_ITER(hh, s->entries, e, next)
	if (e->service && e->generation != s->generation)
		set_service(s, e, NULL);
}

static void
sweep_slices(struct store *s)
{
	struct store_slice *slice, *next;

	HASH_ITER(hh, s->slices, slice, next)
	if (slice->generation != s->generation)
		store_remove_slice(s, slice->object->key);
}

void
store_sweep(struct store *s)
{
	sweep_services(s);
	sweep_slices(s);
}

void
store_replace_services(struct store *s, void *const *objects, size_t n)
{
	store_begin(s);
	for (size_t i = 0; i < n; i++)
		store_put_service(s, objects[i]);
	sweep_services(s);
}

void
store_replace_slices(struct store *s, void *const *objects, size_t n)
{
	store_begin(s);
	for (size_t i = 0; i < n; i++)
		store_put_slice(s, objects[i]);
	sweep_slices(s);
}

bool
store_is_suspicious(size_t held, size_t missing)
{
	return held >= SUSPICIOUS_HELD && missing > held / 2;
}

void
store_compare_services(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	size_t kept = 0;

	*held = 0;
	for (const struct store_entry *e = s->entries; e; e = e->hh.next)
		*held += e->service ? e->service->n_external_ips : 0;
	for (size_t i = 0; i < n; i++) {
		char key[SERVICE_KEY_LEN];
		const struct store_entry *e;

		e = find_entry(s, service_object_key(objects[i], key));
		if (e && e->service)
			kept += e->service->n_external_ips;
	}
	*missing = kept < *held ? *held - kept : 0;
}

void
store_compare_slices(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	size_t kept = 0;

	*held = HASH_COUNT(s->slices);
	for (size_t i = 0; i < n; i++)
		kept += find_slice(s, ((struct slice_object *)objects[i])->key) != NULL;
	*missing = kept < *held ? *held - kept : 0;
}

void
store_resettle(struct store *s)
{
	claims_clear(s->claims);
	s->n_toggled = 0;
	assign_settle(&s->assign);
	for (struct store_slice *slice = s->slices; slice; slice = slice->hh.next)
		assign_slice(&s->assign, slice->object, &slice->hold);
	for (struct store_entry *e = s->entries; e; e = e->hh.next) {
		if (e->service)
			add_claims(s, e->service);
		assign_service(&s->assign, e->key, e->service, &e->hold);
		mark(s, e);
	}
}

struct store_entry *
store_find(const struct store *s, const char *key)
{
	return find_entry(s, key);
}

void
store_mark_address(struct store *s, const struct ipaddr *addr)
{
	mark_claimants(s, addr);
}

bool
store_reserve(
    struct store *s, enum reserved_kind kind, const struct ipaddr *list, size_t n)
{
	if (!claims_reserve(s->claims, kind, list, n))
		return false;
	store_resettle(s);
	return true;
}

void
store_take_taken(struct store *s, const struct msg *m)
{
	if (owners_take(&s->assign.owners, m))
		store_resettle(s);
}

void
store_mark_local(struct store *s)
{
	for (struct store_entry *e = s->entries; e; e = e->hh.next)
		if (e->service && (e->service->flags & SERVICE_LOCAL))
			mark(s, e);
}

void
store_mark(struct store *s, const char *key)
{
	struct store_entry *e = find_entry(s, key);

	if (e)
		mark(s, e);
}

void
store_forget_told(struct store *s)
{
	for (struct store_entry *e = s->entries; e; e = e->hh.next) {
		e->told = 0;
		mark(s, e);
	}
}

static bool
has_toggled(const struct store *s, const struct slice_object *slice)
{
	for (size_t i = 0; i < slice->n_endpoints; i++)
		for (size_t j = 0; j < s->n_toggled; j++)
			if (ipaddr_eq(&slice->endpoints[i].addr, &s->toggled[j]))
				return true;
	return false;
}

static void
on_decided(void *arg, const struct alloc_service *as)
{
	store_mark(arg, as->key);
}

void
store_settle(struct store *s)
{
	bool any = s->n_toggled > STORE_TOGGLED_MAX;

	alloc_run(s->assign.alloc, on_decided, s);
	if (!s->n_toggled)
		return;
	for (struct store_slice *slice = s->slices; slice; slice = slice->hh.next)
		if (any || has_toggled(s, slice->object))
			mark(s, slice->entry);
	s->n_toggled = 0;
}

void
store_clean(struct store *s, struct store_entry *e)
{
	if (e->dirty) {
		TAILQ_REMOVE(&s->dirty, e, of_dirty);
		e->dirty = false;
	}
	if (!e->service && LIST_EMPTY(&e->slices) && !e->told)
		free_entry(s, e);
}

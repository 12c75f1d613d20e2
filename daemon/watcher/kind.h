/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of objects vipd reads, as one table, so that what handles any of
 * them (list and watch, manifests) is written once. The first two make what is
 * served; the others only add to it, and their absence changes nothing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "decode.h"

struct store;

struct kind {
	const char *name; /* "Service" */
	const char *list; /* "ServiceList" */
	const char *api_version;
	const char *resource; /* "services" */
	const char *path;     /* of the collection */
	const char *selector; /* of labels, encoded; NULL: all of them */
	bool cluster_scoped;  /* its key is the name alone */
	/* *out is a struct service_object or slice_object: `object` below. */
	enum decoded (*decode)(const json_t *json, const struct decode_rules *rules,
	    void **out, struct fault *f);
	void (*put)(struct store *s, void *object);
	void (*remove)(struct store *s, const char *key);
	void (*replace)(struct store *s, void *const *objects, size_t n);
	void (*compare)(const struct store *s, void *const *objects, size_t n,
	    size_t *held, size_t *missing);
	/* "namespace/name" of those of namespaces; the caller frees it. */
	char *(*key)(const void *object);
	void (*free)(void *object);
};

enum kind_id {
	KIND_SERVICE,
	KIND_SLICE,
	KIND_COUNT, /* of those that are served from */
	KIND_NODE = KIND_COUNT,
	KIND_LEASE,
	KIND_POOLS, /* the one ConfigMap, where the configuration names it */
	KIND_FEEDS
};
const struct kind *kind_get(enum kind_id id);
/* The key of an object of this kind, or NULL where it can have none. */
char *kind_key_of(
    const struct kind *kind, const json_t *json, const struct decode_rules *rules);

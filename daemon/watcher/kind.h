/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two kinds of objects vipd reads, as one table, so that what handles any
 * of them (list and watch, manifests) is written once.
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
	const char *path;     /* of the collection, all namespaces */
	/* *out is a struct service_object or slice_object: `object` below. */
	enum decoded (*decode)(const json_t *json, const struct decode_rules *rules,
	    void **out, struct fault *f);
	void (*put)(struct store *s, void *object);
	void (*remove)(struct store *s, const char *key);
	void (*replace)(struct store *s, void *const *objects, size_t n);
	void (*compare)(const struct store *s, void *const *objects, size_t n,
	    size_t *held, size_t *missing);
	/* "namespace/name"; the caller frees it. */
	char *(*key)(const void *object);
	void (*free)(void *object);
};

enum kind_id { KIND_SERVICE, KIND_SLICE, KIND_COUNT };
const struct kind *kind_get(enum kind_id id);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Service (v1) or an EndpointSlice (discovery.k8s.io/v1) as JSON -> the
 * struct that is kept. Only the fields that decide anything are looked at; a
 * wrong type or value names its path. Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "fields.h"
#include "object.h"

struct decode_rules {
	const char *node_name; /* whose endpoints are local; "" unknown */
	/* From an API server, which fills in what a manifest may leave out. */
	bool from_api;
};

enum decoded {
	DECODED_OBJECT,    /* *out is the object */
	DECODED_MALFORMED, /* *out holds its name and the fault only */
	DECODED_IGNORED,   /* well formed, not for us; *out is NULL */
	DECODED_UNNAMED,   /* not even a name; *out is NULL */
};

/* Owner of *out is the caller. f says what is wrong (MALFORMED, UNNAMED). */
enum decoded decode_service(const json_t *object, const struct decode_rules *rules,
    struct service_object **out, struct fault *f);
enum decoded decode_slice(const json_t *object, const struct decode_rules *rules,
    struct slice_object **out, struct fault *f);
/* Namespace and name; false (and f) where they cannot be such. */
bool decode_name(const json_t *object, const struct decode_rules *rules, const char **ns,
    const char **name, struct fault *f);

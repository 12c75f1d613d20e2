/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict access to the fields of a JSON object from outside: a field that is
 * absent or null is not there, one of the wrong type is a fault that names its
 * path. The first fault stays.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

struct fault {
	char text[REASON_LEN]; /* empty: none */
};

void fault_set(struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool fault_is_set(const struct fault *f);

/*
 * JSON of the API server; NULL and *error: it is none. Any string may hold zero
 * bytes: what a tenant puts into an annotation must not refuse a whole list.
 */
json_t *fields_parse(const char *text, size_t len, json_error_t *error);

/* `path` is that of `from`, for faults: "spec", "spec.ports[1]". */
/* One that holds a zero byte is a fault. */
const char *field_string(
    const json_t *from, const char *path, const char *key, struct fault *f);
const json_t *field_object(
    const json_t *from, const char *path, const char *key, struct fault *f);
const json_t *field_array(
    const json_t *from, const char *path, const char *key, struct fault *f);
/* fallback where the field is absent. */
int64_t field_integer(const json_t *from, const char *path, const char *key, int64_t min,
    int64_t max, int64_t fallback, struct fault *f);
bool field_bool(const json_t *from, const char *path, const char *key, bool fallback,
    struct fault *f);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ConfigMap that holds the address pools, as the API server told it last.
 * Pure: JSON -> text; what the text means is conf_pool.h's, and when it counts
 * watcher.c's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "decode.h"
#include "msg.h"

struct poolmap_object {
	struct msg_service_key id;
	char uid[40];
	char *text; /* of its key pools.conf; NULL: it has none */
};

struct poolmap {
	struct poolmap_object *object; /* NULL: there is no such ConfigMap */
	bool known;                    /* a list has told whether there is */
	bool changed;                  /* since it was looked at */
};

enum decoded decode_poolmap(
    const json_t *json, struct poolmap_object **out, struct fault *f);
void poolmap_object_free(struct poolmap_object *o);
/* Takes the object; NULL: there is none. */
void poolmap_put(struct poolmap *p, struct poolmap_object *o);
void poolmap_fini(struct poolmap *p);

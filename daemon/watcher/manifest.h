/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of manifests: YAML documents or JSON, Services, EndpointSlices and
 * Lists of them -> decoded objects. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "kind.h"

struct manifest_item {
	enum kind_id kind;
	void *object; /* NULL once somebody has taken it */
	char *key;    /* "namespace/name" */
};

struct manifest {
	struct manifest_item *items;
	size_t n_items;
	size_t cap_items;
	char error[256]; /* "FILE:LINE: what"; the first one; empty: none */
	char note[256];  /* an object that is not for us: why; the last one */
	/* For the parser only. */
	const char *file;
	const struct decode_rules *rules;
};

/* Names files are taken by: *.yaml, *.yml, *.json, not hidden, no backups. */
bool manifest_is_name(const char *name);
/*
 * Reads all of it. With an error the items are those that could be read, the
 * malformed ones among them as such.
 */
void manifest_parse(struct manifest *m, const char *file, const char *text, size_t len,
    const struct decode_rules *rules);
void manifest_fini(struct manifest *m);

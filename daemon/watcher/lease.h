/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Lease of coordination.k8s.io/v1 as an object: what a leader election reads
 * of it and how it is written again (line LE1 of kubernetes.md). Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "stamp.h"

#define LEASE_HOLDER_MAX 320

struct lease_record {
	char holder[LEASE_HOLDER_MAX]; /* empty: free */
	uint32_t duration_s;
	uint32_t transitions;
	char acquired[STAMP_LEN];
	char renewed[STAMP_LEN];
};

/* Fields that are absent or of a wrong type are empty or 0. */
void lease_read(struct lease_record *r, const json_t *lease);
bool lease_eq(const struct lease_record *a, const struct lease_record *b);
/*
 * The object with this record in it: `lease` (its metadata, with the version
 * it must still have), or a new one where it is NULL. The caller frees it.
 */
char *lease_write(
    const char *ns, const char *name, const json_t *lease, const struct lease_record *r);

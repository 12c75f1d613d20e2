/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instances that have had no master for a while, as far as the nodes' Leases
 * and this node's own election tell: what is on them nobody holds, and nobody
 * is there to say so. A failover is over long before that counts. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct holder;
struct store;

/* Longer than any election, and than a node's Lease needs to tell of it. */
#define VACANT_S 30

struct vacant_instance {
	char name[NAME_LEN];
	uint64_t since_us; /* 0: there is a master, or nobody knows */
};

struct vacancy {
	struct vacant_instance *items; /* those that are configured */
	size_t n;
};

void vacancy_fini(struct vacancy *v);
/*
 * To be called now and then. node: this one; without a fresh Lease of its own
 * nothing is known of the others'.
 */
void vacancy_update(struct vacancy *v, const struct store *s, const struct holder *h,
    const char *node, uint64_t now_us);
bool vacancy_lasts(const struct vacancy *v, const char *instance, uint64_t now_us);
/* Of any instance. */
bool vacancy_any(const struct vacancy *v, uint64_t now_us);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Absolute times in order: a binary heap of nodes embedded in what they are
 * for, so that the next one is found without looking at all. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	uint64_t at_us;
	size_t slot; /* in the heap, from 1; 0: not there */
};

struct deadlines {
	struct deadline **heap; /* from 1 */
	size_t count;
	size_t cap;
};

/* Inserts or moves it; DEADLINE_NEVER takes it out. */
void deadline_set(struct deadlines *d, struct deadline *node, uint64_t at_us);
/* The earliest; NULL: none. */
struct deadline *deadline_first(const struct deadlines *d);
void deadlines_free(struct deadlines *d);

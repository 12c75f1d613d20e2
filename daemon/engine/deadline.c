/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "deadline.h"

#include <stdlib.h>

#include "mem.h"

static void
put(struct deadlines *d, size_t slot, struct deadline *node)
{
	d->heap[slot] = node;
	node->slot = slot;
}

static void
sift_up(struct deadlines *d, struct deadline *node)
{
	size_t slot = node->slot;

	for (; slot > 1 && d->heap[slot / 2]->at_us > node->at_us; slot /= 2)
		put(d, slot, d->heap[slot / 2]);
	put(d, slot, node);
}

static void
sift_down(struct deadlines *d, struct deadline *node)
{
	size_t slot = node->slot, child;

	for (; (child = 2 * slot) <= d->count; slot = child) {
		if (child < d->count && d->heap[child + 1]->at_us < d->heap[child]->at_us)
			child++;
		if (d->heap[child]->at_us >= node->at_us)
			break;
		put(d, slot, d->heap[child]);
	}
	put(d, slot, node);
}

static void
take_out(struct deadlines *d, struct deadline *node)
{
	struct deadline *last = d->heap[d->count--];
	size_t slot = node->slot;

	node->slot = 0;
	if (last == node)
		return;
	put(d, slot, last);
	sift_up(d, last);
	sift_down(d, last);
}

void
deadline_set(struct deadlines *d, struct deadline *node, uint64_t at_us)
{
	node->at_us = at_us;
	if (at_us == DEADLINE_NEVER) {
		if (node->slot)
			take_out(d, node);
		return;
	}
	if (!node->slot) {
		d->heap =
		    array_grow(d->heap, d->count + 1, &d->cap, sizeof(struct deadline *));
		put(d, ++d->count, node);
	}
	sift_up(d, node);
	sift_down(d, node);
}

struct deadline *
deadline_first(const struct deadlines *d)
{
	return d->count ? d->heap[1] : NULL;
}

void
deadlines_free(struct deadlines *d)
{
	free(d->heap);
	*d = (struct deadlines){ 0 };
}

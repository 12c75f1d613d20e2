/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "written.h"

#include <errno.h>
#include <stdlib.h>

#include "mem.h"

void
written_begin(struct written_list *l)
{
	l->n = 0;
	l->stray_error = 0;
}

struct written *
written_add(struct written_list *l, struct target *t)
{
	l->at = array_grow(l->at, l->n, &l->cap, sizeof(*l->at));
	l->at[l->n] = (struct written){ .target = t };
	return &l->at[l->n++];
}

/* Sequence numbers wrap. */
static bool
is_of(const struct written *w, uint32_t seq)
{
	return seq - w->first_seq < w->last_seq + 1 - w->first_seq;
}

void
written_refused(struct written_list *l, uint32_t seq, int error)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_of(&l->at[i], seq)) {
			l->at[i].error = error;
			return;
		}
	l->stray_error = error;
}

bool
written_any_refused(const struct written_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].error)
			return true;
	return l->stray_error;
}

static bool
is_contradiction(int error)
{
	return error == ENOENT || error == EEXIST || error == EBUSY;
}

bool
written_contradicts(const struct written_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_contradiction(l->at[i].error))
			return true;
	return is_contradiction(l->stray_error);
}

void
written_free(struct written_list *l)
{
	free(l->at);
	*l = (struct written_list){ 0 };
}

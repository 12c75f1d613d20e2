/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alloc_sharers.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "mem.h"
#include "wish.h"

struct alloc_sharers *
sharers_find(const struct alloc_sharers *sharers, const char *key)
{
	struct alloc_sharers *s;

	HASH_FIND(hh, sharers, key, strlen(key), s);
	return s;
}

void
sharers_unlink(struct alloc_sharers **sharers, struct alloc_service *as)
{
	struct alloc_sharers *s;
	struct alloc_service **at;

	if (!as->sharing)
		return;
	s = sharers_find(*sharers, as->sharing);
	for (at = &s->first; *at; at = &(*at)->next_sharer) {
		if (*at != as)
			continue;
		*at = as->next_sharer;
		break;
	}
	if (!s->first) {
		HASH_DEL(*sharers, s);
		free(s);
	}
	free(as->sharing);
	as->sharing = NULL;
}

/* X3: a key holds within one Namespace. */
void
sharers_link(struct alloc_sharers **sharers, struct alloc_service *as)
{
	const struct service_object *o = as->object;
	struct alloc_sharers *s;

	if (!o->wish || !o->wish->sharing)
		return;
	as->sharing = xasprintf("%s/%s", o->id.ns, o->wish->sharing);
	s = sharers_find(*sharers, as->sharing);
	if (!s) {
		s = xcalloc(1, sizeof(*s) + strlen(as->sharing) + 1);
		strcpy(s->key, as->sharing);
		HASH_ADD(hh, *sharers, key[0], strlen(s->key), s);
	}
	as->next_sharer = s->first;
	s->first = as;
}

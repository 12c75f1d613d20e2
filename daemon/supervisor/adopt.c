/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "adopt.h"

#include <string.h>

#include "conf.h"

/* Several may share an identifier if their peers differ. */
static bool
meet_alike(const struct conf_instance *a, const struct conf_instance *b)
{
	for (size_t i = 0; i < a->n_peers; i++)
		for (size_t k = 0; k < b->n_peers; k++)
			if (ipaddr_eq(&a->peers[i].addr, &b->peers[k].addr))
				return true;
	return !a->n_peers && !b->n_peers;
}

static bool
same_router(const struct conf_instance *a, const struct conf_instance *b)
{
	return a->family == b->family && a->vrid == b->vrid &&
	    !strcmp(a->interface, b->interface) && meet_alike(a, b);
}

struct conf_instance *
adopt_find(
    const struct conf *before, const struct conf *now, const struct conf_instance *in)
{
	struct conf_instance *found = NULL;

	for (size_t i = 0; i < now->n_instances; i++) {
		struct conf_instance *c = &now->instances[i];

		if (!strcmp(c->name, in->name))
			return c;
		if (!found && same_router(in, c) && !conf_find_instance(before, c->name))
			found = c;
	}
	return found;
}

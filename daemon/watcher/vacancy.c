/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vacancy.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "holder.h"
#include "mem.h"
#include "settings.h"
#include "store.h"

void
vacancy_fini(struct vacancy *v)
{
	free(v->items);
	*v = (struct vacancy){ 0 };
}

static const struct vacant_instance *
find(const struct vacancy *v, const char *instance)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->items[i].name, instance) == 0)
			return &v->items[i];
	return NULL;
}

/* Also one that is no node of the cluster, if we are its backup. */
static bool
has_master(
    const struct store *s, const struct holder *h, const char *instance, uint64_t now_us)
{
	const struct msg_here *here = holder_instance(h, instance);

	if (here && here->state == VRRP_MASTER)
		return true;
	if (here && here->state == VRRP_BACKUP && here->master.family)
		return true;
	return peers_master(&s->peers, instance, now_us) != NULL;
}

void
vacancy_update(struct vacancy *v, const struct store *s, const struct holder *h,
    const char *node, uint64_t now_us)
{
	const struct settings *st = s->settings;
	struct vacancy now = {
		.items = xcalloc(st->n_instances, sizeof(*now.items)),
		.n = st->n_instances,
	};
	bool known = peers_is_fresh(&s->peers, node, now_us);

	for (size_t i = 0; i < now.n; i++) {
		struct vacant_instance *in = &now.items[i];
		const struct vacant_instance *old = find(v, st->instances[i].name);

		memcpy(in->name, st->instances[i].name, sizeof(in->name));
		if (known && !has_master(s, h, in->name, now_us))
			in->since_us = old && old->since_us ? old->since_us : now_us;
	}
	vacancy_fini(v);
	*v = now;
}

static bool
lasts(const struct vacant_instance *in, uint64_t now_us)
{
	return in->since_us && now_us >= in->since_us + VACANT_S * US_PER_S;
}

bool
vacancy_lasts(const struct vacancy *v, const char *instance, uint64_t now_us)
{
	const struct vacant_instance *in = find(v, instance);

	return in && lasts(in, now_us);
}

bool
vacancy_any(const struct vacancy *v, uint64_t now_us)
{
	for (size_t i = 0; i < v->n; i++)
		if (lasts(&v->items[i], now_us))
			return true;
	return false;
}

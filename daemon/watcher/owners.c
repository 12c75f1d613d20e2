/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "owners.h"

#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "mem.h"
#include "nodes.h"
#include "pools.h"
#include "settings.h"
#include "text.h"

void
owners_fini(struct owners *o)
{
	free(o->items);
	free(o->lan);
	*o = (struct owners){ 0 };
}

bool
owners_take(struct owners *o, const struct msg *m)
{
	const struct msg_taken *head = m->head;
	const struct msg_taken_record *from = m->records;

	if (!o->more)
		o->n_lan = 0;
	for (size_t i = 0; i < m->count; i++) {
		o->lan = array_grow(o->lan, o->n_lan, &o->cap_lan, sizeof(*o->lan));
		o->lan[o->n_lan++] = from[i];
	}
	o->more = head->more;
	return !o->more;
}

static bool
was_said(const struct owner *old, size_t n, const struct owner *new)
{
	for (size_t i = 0; i < n; i++)
		if (ipaddr_eq(&old[i].addr, &new->addr) &&
		    strcmp(old[i].whose, new->whose) == 0)
			return old[i].said;
	return false;
}

/* Of a pool only; what it does not offer anyway is no news. */
static void
add(struct owners *o, const struct pools *pools, const struct ipaddr *addr,
    const char *before, const char *whose)
{
	struct owner *owner;

	if (pools_find(pools, addr) == POOL_NONE)
		return;
	o->items = array_grow(o->items, o->n, &o->cap, sizeof(*o->items));
	owner = &o->items[o->n++];
	*owner = (struct owner){
		.addr = *addr,
		.said = !*whose || !pools_offer(pools, addr),
	};
	text_format(owner->whose, sizeof(owner->whose), "%s%s", before, whose);
}

static void
add_nodes(struct owners *o, const struct pools *pools, const struct nodes *nodes)
{
	size_t n;
	_free_ struct ipaddr *all = nodes_addresses(nodes, &n);

	for (size_t i = 0; i < n; i++)
		add(o, pools, &all[i], "the address of node ",
		    nodes_name_of(nodes, &all[i]));
}

void
owners_collect(struct owners *o, const struct settings *s, const struct claims *c,
    const struct nodes *nodes)
{
	const struct ipaddr *servers;
	struct owner *old = o->items;
	size_t n_old = o->n, n;

	o->items = NULL;
	o->n = o->cap = 0;
	servers = claims_reserved(c, RESERVED_API_SERVER, &n);
	for (size_t i = 0; i < n && s->pools; i++)
		add(o, s->pools, &servers[i], "", "the API server's own");
	if (s->pools)
		add_nodes(o, s->pools, nodes);
	for (size_t i = 0; i < s->n_reserved && s->pools; i++)
		add(o, s->pools, &s->reserved[i].first, "", "");
	for (size_t i = 0; i < o->n_lan && s->pools; i++)
		add(o, s->pools, &o->lan[i].addr, "", o->lan[i].whose);
	for (size_t i = 0; i < o->n; i++)
		o->items[i].said |= was_said(old, n_old, &o->items[i]);
	free(old);
}

const struct owner *
owners_next_news(struct owners *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->items[i].said)
			continue;
		for (size_t k = i; k < o->n; k++)
			if (ipaddr_eq(&o->items[k].addr, &o->items[i].addr))
				o->items[k].said = true;
		return &o->items[i];
	}
	return NULL;
}

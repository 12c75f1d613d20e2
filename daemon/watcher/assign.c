/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign.h"

#include <stdlib.h>

#include "claims.h"
#include "mem.h"
#include "object.h"
#include "settings.h"
#include "tenure.h"

void
assign_init(struct assign *a, const struct settings *settings,
    const struct claims *claims, const struct nodes *nodes)
{
	*a = (struct assign){
		.alloc = alloc_new(),
		.settings = settings,
		.claims = claims,
		.nodes = nodes,
	};
}

void
assign_fini(struct assign *a)
{
	alloc_free(a->alloc);
	free(a->owned.addrs);
	owners_fini(&a->owners);
}

/* ---- reservations ---- */

static void
add(struct assign_hold *h, const struct ipaddr *addr)
{
	h->addrs = array_grow(h->addrs, h->n, &h->cap, sizeof(*h->addrs));
	h->addrs[h->n++] = *addr;
}

/* New ones first: what stays reserved is at no time free. */
static void
change(struct assign *a, struct assign_hold *hold, struct assign_hold now)
{
	for (size_t i = 0; i < now.n; i++)
		alloc_reserve(a->alloc, &now.addrs[i]);
	for (size_t i = 0; i < hold->n; i++)
		alloc_unreserve(a->alloc, &hold->addrs[i]);
	free(hold->addrs);
	*hold = now;
}

static bool
is_of_a_pool(const struct assign *a, const struct ipaddr *addr)
{
	const struct pools *pools = a->settings->pools;

	return pools && pools_find(pools, addr) != POOL_NONE;
}

void
assign_settle(struct assign *a)
{
	struct assign_hold now = { 0 };

	alloc_set_pools(a->alloc, a->settings->pools);
	owners_collect(&a->owners, a->settings, a->claims, a->nodes);
	for (size_t i = 0; i < a->owners.n; i++)
		add(&now, &a->owners.items[i].addr);
	change(a, &a->owned, now);
}

static void
add_external(struct assign *a, struct assign_hold *h, const struct service_object *s)
{
	char reason[REASON_LEN];

	for (size_t i = 0; i < s->n_external_ips; i++)
		if (is_of_a_pool(a, &s->external_ips[i]) &&
		    claims_allowed(a->settings->external_ips, a->settings->n_external_ips,
			&s->external_ips[i], reason))
			add(h, &s->external_ips[i]);
}

/* With manifests nobody allocates: what is served is in use all the same. */
static void
add_unallocated(struct assign *a, struct assign_hold *h, const struct service_object *s)
{
	struct ipaddr addrs[POOL_FAMILIES];
	size_t n = 0;

	if (!a->settings->conf.kubeconfig[0])
		n = tenure_addresses(s, a->settings, addrs);
	for (size_t i = 0; i < n; i++)
		add(h, &addrs[i]);
}

/* A malformed change takes nothing away from who has something. */
static bool
is_candidate(
    const struct assign *a, const char *key, const struct service_object *s, bool *ours)
{
	*ours = tenure_of(s, a->settings, NULL) == TENURE_OURS ||
	    (s->fault && alloc_find(a->alloc, key));
	return *ours || status_is_ours(&s->status);
}

void
assign_service(struct assign *a, const char *key, const struct service_object *s,
    struct assign_hold *hold)
{
	struct assign_hold now = { 0 };
	bool ours = false;

	if (s) {
		add_external(a, &now, s);
		add_unallocated(a, &now, s);
	}
	change(a, hold, now);
	if (s && a->settings->conf.kubeconfig[0] && is_candidate(a, key, s, &ours))
		alloc_put(a->alloc, s, ours);
	else
		alloc_remove(a->alloc, key);
}

void
assign_slice(struct assign *a, const struct slice_object *slice, struct assign_hold *hold)
{
	struct assign_hold now = { 0 };

	for (size_t i = 0; slice && i < slice->n_endpoints; i++)
		if (is_of_a_pool(a, &slice->endpoints[i].addr))
			add(&now, &slice->endpoints[i].addr);
	change(a, hold, now);
}

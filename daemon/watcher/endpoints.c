/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "claims.h"
#include "mem.h"
#include "store.h"
#include "view.h"

/* No Service needs more, and one must not fill the channel. */
#define RECORDS_MAX 16384

/* How usable an endpoint is; better is higher (E5, E7). */
enum rank { RANK_NONE, RANK_TERMINATING, RANK_READY };

struct view_candidate {
	struct ipaddr addr;
	uint16_t port;
	uint8_t rank; /* enum rank */
	bool local;
};

static enum rank
rank_of(uint32_t flags)
{
	if (flags & SLICE_READY)
		return RANK_READY;
	if ((flags & SLICE_SERVING) && (flags & SLICE_TERMINATING))
		return RANK_TERMINATING;
	return RANK_NONE;
}

/* By address and port, the best of equals first. */
static int
compare(const void *pa, const void *pb)
{
	const struct view_candidate *a = pa, *b = pb;
	int by_addr = ipaddr_cmp(&a->addr, &b->addr);

	if (by_addr)
		return by_addr;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return (int)b->local - (int)a->local;
}

static size_t
collect_slice(struct view *v, size_t n, const struct slice_object *slice, uint16_t port,
    const struct claims *claims)
{
	for (size_t i = 0; i < slice->n_endpoints; i++) {
		const struct slice_endpoint *ep = &slice->endpoints[i];
		enum rank rank = rank_of(ep->flags);

		if (rank == RANK_NONE)
			continue;
		/* E11: never back to a VIP, nor to the node itself. */
		if (!ipaddr_is_routable(&ep->addr) ||
		    claims_is_claimed(claims, &ep->addr)) {
			v->dropped = ep->addr;
			v->n_dropped++;
			continue;
		}
		v->scratch =
		    array_grow(v->scratch, n, &v->cap_scratch, sizeof(*v->scratch));
		v->scratch[n++] = (struct view_candidate){
			.addr = ep->addr,
			.port = port,
			.rank = (uint8_t)rank,
			.local = ep->flags & SLICE_LOCAL,
		};
	}
	return n;
}

/* E6: slices name the port; its number may differ from slice to slice. */
static size_t
collect(struct view *v, const struct store_entry *e, const struct service_port *port,
    const struct claims *claims)
{
	const struct store_slice *slice;
	size_t n = 0;

	LIST_FOREACH(slice, &e->slices, of_entry)
	{
		const struct slice_object *object = slice->object;

		for (size_t i = 0; i < object->n_ports; i++) {
			const struct slice_port *p = &object->ports[i];

			if (p->port && p->proto == port->proto &&
			    strcmp(p->name, port->name) == 0)
				n = collect_slice(v, n, object, p->port, claims);
		}
	}
	if (n)
		qsort(v->scratch, n, sizeof(*v->scratch), compare);
	return n;
}

/* E7: an endpoint that two slices list is one. */
static size_t
deduplicate(struct view_candidate *c, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept && c[kept - 1].port == c[i].port &&
		    ipaddr_eq(&c[kept - 1].addr, &c[i].addr))
			continue;
		c[kept++] = c[i];
	}
	return kept;
}

static enum rank
best_rank(const struct view_candidate *c, size_t n, bool local_only)
{
	uint8_t best = RANK_NONE;

	for (size_t i = 0; i < n; i++)
		if ((!local_only || c[i].local) && c[i].rank > best)
			best = c[i].rank;
	return best;
}

static void
add_usable(struct view *v, const struct view_candidate *c, size_t n, size_t port_index)
{
	bool local_policy = v->head.flags & SERVICE_LOCAL;
	enum rank all = best_rank(c, n, false);
	enum rank local = best_rank(c, n, true);

	for (size_t i = 0; i < n && v->n_endpoints < RECORDS_MAX; i++) {
		struct msg_service_endpoint *ep;

		if (c[i].rank != all &&
		    !(local_policy && c[i].local && c[i].rank == local))
			continue;
		v->endpoints = array_grow(
		    v->endpoints, v->n_endpoints, &v->cap_endpoints, sizeof(*ep));
		ep = &v->endpoints[v->n_endpoints++];
		*ep = (struct msg_service_endpoint){
			.port_index = (uint16_t)port_index,
			.port = c[i].port,
			.addr = c[i].addr,
		};
		if (c[i].local)
			ep->flags |= ENDPOINT_LOCAL;
		if (c[i].rank == RANK_TERMINATING)
			ep->flags |= ENDPOINT_TERMINATING;
	}
}

void
endpoints_add(struct view *v, const struct store_entry *e, const struct claims *claims)
{
	const struct service_object *s = e->service;

	for (size_t i = 0; i < s->n_ports; i++) {
		size_t n = collect(v, e, &s->ports[i], claims);

		n = n ? deduplicate(v->scratch, n) : 0;
		add_usable(v, v->scratch, n, i);
	}
}

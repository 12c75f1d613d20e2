/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of a LoadBalancer Service: the address pools, its allocation. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain_walk.h"
#include "model.h"
#include "text.h"

static bool
is_balancer(const struct explain_walk *w)
{
	return w->s && (w->s->info.flags & SERVICE_LOADBALANCER);
}

bool
explain_lacks_allocation(const struct explain_walk *w)
{
	if (!is_balancer(w))
		return false;
	for (size_t i = 0; i < w->s->n_addresses; i++)
		if (w->s->addresses[i].origin == ORIGIN_POOL)
			return false;
	return w->s->info.verdict == VERDICT_PENDING ||
	    w->s->info.verdict == VERDICT_CONFLICT;
}

/* "57 of 60 IPv4 free"; empty if it has none of the family. */
static int
room(char *text, size_t size, const struct msg_pool *p, unsigned family)
{
	static const char *const names[] = { "IPv4", "IPv6" };

	if (p->size[family] == UINT64_MAX)
		return snprintf(text, size, ", %" PRIu64 " %s in use", p->used[family],
		    names[family]);
	if (!p->size[family])
		return 0;
	return snprintf(text, size, ", %" PRIu64 " of %" PRIu64 " %s free",
	    p->size[family] - p->used[family], p->size[family], names[family]);
}

static bool
is_full(const struct msg_pool *p)
{
	for (unsigned f = 0; f < 2; f++)
		if (p->size[f] == UINT64_MAX || p->used[f] < p->size[f])
			return false;
	return true;
}

static void
pool(struct explain_walk *w, const struct msg_pool *p)
{
	/* A full pool is of interest to who waits for it. */
	bool amiss = is_full(p) && explain_lacks_allocation(w);
	char four[64] = "", six[64] = "";

	room(four, sizeof(four), p, 0);
	room(six, sizeof(six), p, 1);
	explain_say(w, EXPLAIN_POOL, amiss ? EXPLAIN_WARN : EXPLAIN_OK, "%s%s%s%s%s",
	    p->name, four, six, p->auto_assign ? "" : ", only for who asks for it",
	    p->restricted ? ", only for some Services" : "");
	explain_fix(w,
	    "enlarge address_pool %s, or free one of its addresses: vipctl pools",
	    p->name);
}

/* Of a malformed one nobody knows the type. */
static bool
is_unread(const struct explain_walk *w)
{
	return !w->s || w->s->info.verdict == VERDICT_INVALID;
}

void
explain_pools(struct explain_walk *w)
{
	const char *error = w->m->pools_head.error;

	if (is_unread(w)) {
		explain_say(w, EXPLAIN_POOL, EXPLAIN_SKIP, "waits for the Service");
		return;
	}
	if (!is_balancer(w)) {
		explain_say(w, EXPLAIN_POOL, EXPLAIN_SKIP,
		    "is for Services of type LoadBalancer");
		return;
	}
	if (error[0]) {
		explain_say(w, EXPLAIN_POOL, EXPLAIN_WARN,
		    "the newest text of %s is not taken: %s", w->m->pools_head.source,
		    error);
		explain_fix(w, "correct it: %s", error);
	}
	for (size_t i = 0; i < w->m->n_pools; i++)
		pool(w, &w->m->pools[i]);
	if (!w->m->n_pools && !error[0]) {
		explain_say(w, EXPLAIN_POOL,
		    explain_lacks_allocation(w) ? EXPLAIN_NO : EXPLAIN_SKIP,
		    "no address_pool is known here");
		explain_fix(w, "add an address_pool to the services block in %s",
		    w->m->node.config);
	}
}

static const char *
allocator(const struct model *m)
{
	for (size_t i = 0; i < m->n_nodes; i++)
		if (m->nodes[i].info.allocator)
			return m->nodes[i].info.name;
	return NULL;
}

static void
allocated(struct explain_walk *w, const struct msg_service_address *a)
{
	char text[IPADDR_STRLEN];

	ipaddr_format(&a->addr, text);
	if (a->pool && a->pool <= w->m->n_pools)
		explain_say(w, EXPLAIN_ALLOCATION, EXPLAIN_OK, "%s of address_pool %s",
		    text, w->m->pools[a->pool - 1].name);
	else
		explain_say(w, EXPLAIN_ALLOCATION, EXPLAIN_OK,
		    "%s, which is in no address_pool now; the Service keeps it", text);
}

static void
not_allocated(struct explain_walk *w)
{
	const char *who = allocator(w->m);
	const char *reason = explain_reason(
	    w->s->info.reason, explain_reason(w->s->ctl.reason, "no address yet"));

	explain_say(w, EXPLAIN_ALLOCATION, EXPLAIN_NO, "%s: %.*s%s%s",
	    model_verdict_name(w->s->info.verdict), (int)strcspn(reason, ";"), reason,
	    who ? "; the allocator is " : "", who ? who : "");
	if (w->s->info.verdict == VERDICT_CONFLICT)
		explain_fix(w, "ask for another address, or for none: %s", reason);
	else if (!who && w->m->n_nodes)
		explain_fix(w,
		    "no node is the allocator: look for one with allocator yes that "
		    "may write status (vipctl nodes; kubectl -n vipd get lease "
		    "vipd-allocator)");
	else
		explain_fix(
		    w, "%s%s", reason, strchr(reason, ';') ? "" : "; see: vipctl pools");
}

void
explain_allocation(struct explain_walk *w)
{
	size_t n = 0;

	if (!is_balancer(w)) {
		explain_say(w, EXPLAIN_ALLOCATION, EXPLAIN_SKIP, "%s",
		    is_unread(w) ? "waits for the Service"
				 : "who wrote the Service chose its addresses");
		return;
	}
	if (explain_lacks_allocation(w)) {
		not_allocated(w);
		return;
	}
	for (size_t i = 0; i < w->s->n_addresses; i++) {
		if (w->s->addresses[i].origin != ORIGIN_POOL)
			continue;
		allocated(w, &w->s->addresses[i]);
		n++;
	}
	if (!n)
		explain_say(w, EXPLAIN_ALLOCATION, EXPLAIN_SKIP, "has none of a pool");
}

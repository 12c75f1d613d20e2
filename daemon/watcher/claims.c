/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claims.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"
#include "nodes.h"
#include "text.h"

struct claim {
	struct ipaddr addr;
	const struct service_object **services;
	size_t n;
	size_t cap;
	UT_hash_handle hh;
};

struct claims {
	struct claim *by_addr;
	struct ipaddr *reserved[RESERVED_KINDS];
	size_t n_reserved[RESERVED_KINDS];
	const struct nodes *nodes; /* NULL: none are known */
};

struct claims *
claims_new(void)
{
	return xcalloc(1, sizeof(struct claims));
}

void
claims_free(struct claims *c)
{
	if (!c)
		return;
	claims_clear(c);
	for (size_t k = 0; k < RESERVED_KINDS; k++)
		free(c->reserved[k]);
	free(c);
}

void
claims_set_nodes(struct claims *c, const struct nodes *nodes)
{
	c->nodes = nodes;
}

bool
claims_reserve(
    struct claims *c, enum reserved_kind kind, const struct ipaddr *list, size_t n)
{
	if (n == c->n_reserved[kind] &&
	    (!n || memcmp(c->reserved[kind], list, n * sizeof(*list)) == 0))
		return false;
	free(c->reserved[kind]);
	c->reserved[kind] = xcalloc(n, sizeof(*list));
	if (n)
		memcpy(c->reserved[kind], list, n * sizeof(*list));
	c->n_reserved[kind] = n;
	return true;
}

const struct ipaddr *
claims_reserved(const struct claims *c, enum reserved_kind kind, size_t *n)
{
	*n = c->n_reserved[kind];
	return c->reserved[kind];
}

bool
claims_is_reserved(const struct claims *c, const struct ipaddr *addr, char *reason)
{
	static const char *const owners[RESERVED_KINDS] = {
		[RESERVED_API_SERVER] = "the API server's",
	};
	const char *node = c->nodes ? nodes_name_of(c->nodes, addr) : NULL;
	char text[IPADDR_STRLEN];

	if (node) {
		text_format(reason, REASON_LEN,
		    "%s is the address of node %.80s; give the Service another",
		    ipaddr_format(addr, text), node);
		return true;
	}
	for (size_t k = 0; k < RESERVED_KINDS; k++)
		for (size_t i = 0; i < c->n_reserved[k]; i++) {
			if (!ipaddr_eq(&c->reserved[k][i], addr))
				continue;
			text_format(reason, REASON_LEN,
			    "%s is %s own address; give the Service another",
			    ipaddr_format(addr, text), owners[k]);
			return true;
		}
	return false;
}

bool
claims_allowed(
    const struct iprange *allowed, size_t n, const struct ipaddr *addr, char *reason)
{
	char text[IPADDR_STRLEN];

	ipaddr_format(addr, text);
	if (!ipaddr_is_routable(addr)) {
		text_format(reason, REASON_LEN,
		    "%s cannot be a service address: it is loopback, link-local, "
		    "multicast or reserved; use an address of the LAN",
		    text);
		return false;
	}
	if (!ipranges_contain(allowed, n, addr)) {
		text_format(reason, REASON_LEN,
		    "%s is not in external_ips; add it to external_ips { } in the "
		    "services "
		    "block of vipd.conf",
		    text);
		return false;
	}
	return true;
}

static struct claim *
find(const struct claims *c, const struct ipaddr *addr)
{
	struct claim *claim;

	HASH_FIND(hh, c->by_addr, addr, sizeof(*addr), claim);
	return claim;
}

void
claims_add(struct claims *c, const struct ipaddr *addr, const struct service_object *s)
{
	struct claim *claim = find(c, addr);

	if (!claim) {
		claim = xcalloc(1, sizeof(*claim));
		claim->addr = *addr;
		HASH_ADD(hh, c->by_addr, addr, sizeof(claim->addr), claim);
	}
	if (claim->n == claim->cap) {
		claim->cap = claim->cap ? claim->cap * 2 : 1;
		claim->services =
		    xreallocarray(claim->services, claim->cap, sizeof(*claim->services));
	}
	claim->services[claim->n++] = s;
}

static void
drop(struct claims *c, struct claim *claim)
{
	HASH_DEL(c->by_addr, claim);
	free(claim->services);
	free(claim);
}

void
claims_remove(struct claims *c, const struct ipaddr *addr, const struct service_object *s)
{
	struct claim *claim = find(c, addr);

	for (size_t i = 0; claim && i < claim->n; i++) {
		if (claim->services[i] != s)
			continue;
		claim->services[i] = claim->services[--claim->n];
		if (claim->n == 0)
			drop(c, claim);
		return;
	}
}

void
claims_clear(struct claims *c)
{
	struct claim *claim, *next;

	HASH_ITER(hh, c->by_addr, claim, next)
	drop(c, claim);
}

bool
claims_is_claimed(const struct claims *c, const struct ipaddr *addr)
{
	return find(c, addr) != NULL;
}

const struct service_object *const *
claims_of(const struct claims *c, const struct ipaddr *addr, size_t *n)
{
	const struct claim *claim = find(c, addr);

	*n = claim ? claim->n : 0;
	return claim ? claim->services : NULL;
}

static bool
declares(const struct service_object *s, uint8_t proto, uint16_t port)
{
	for (size_t i = 0; i < s->n_ports; i++)
		if (s->ports[i].proto == proto && s->ports[i].port == port)
			return true;
	return false;
}

/* Not as an external IP: the allocator gave it. */
static bool
is_allocated(const struct service_object *s, const struct ipaddr *addr)
{
	for (size_t i = 0; i < s->n_external_ips; i++)
		if (ipaddr_eq(&s->external_ips[i], addr))
			return false;
	return true;
}

/* S3; but nobody takes what was allocated by naming it in externalIPs (X3). */
static bool
is_before(const struct service_object *a, const struct service_object *b,
    const struct ipaddr *addr)
{
	int by_ns = strcmp(a->id.ns, b->id.ns);
	bool of_pool = is_allocated(a, addr);

	if (of_pool != is_allocated(b, addr))
		return of_pool;

	if (a->created != b->created)
		return a->created < b->created;
	return by_ns ? by_ns < 0 : strcmp(a->id.name, b->id.name) < 0;
}

const struct service_object *
claims_winner(
    const struct claims *c, const struct ipaddr *addr, uint8_t proto, uint16_t port)
{
	const struct claim *claim = find(c, addr);
	const struct service_object *first = NULL;

	for (size_t i = 0; claim && i < claim->n; i++) {
		const struct service_object *s = claim->services[i];

		if (declares(s, proto, port) && (!first || is_before(s, first, addr)))
			first = s;
	}
	return first;
}

const struct service_object *
claims_first(const struct claims *c, const struct ipaddr *addr,
    bool (*fits)(const struct service_object *s, const struct ipaddr *addr))
{
	const struct claim *claim = find(c, addr);
	const struct service_object *first = NULL;

	for (size_t i = 0; claim && i < claim->n; i++) {
		const struct service_object *s = claim->services[i];

		if (fits(s, addr) && (!first || is_before(s, first, addr)))
			first = s;
	}
	return first;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "hash.h"
#include "locality.h"
#include "mem.h"
#include "settings.h"
#include "store.h"
#include "tenure.h"
#include "text.h"
#include "wish.h"

void
view_fini(struct view *v)
{
	free(v->addresses);
	free(v->ports);
	free(v->endpoints);
	free(v->scratch);
	*v = (struct view){ 0 };
}

static const struct service_object *
winner(const struct claims *claims, const struct service_object *s,
    const struct ipaddr *addr, const struct service_port *p)
{
	const struct service_object *first =
	    claims_winner(claims, addr, p->proto, p->port);

	return first == s ? NULL : first;
}

static void
say_conflict(char *reason, const struct ipaddr *addr, const struct service_port *p,
    const struct service_object *first)
{
	char text[IPADDR_STRLEN];

	text_format(reason, REASON_LEN,
	    "%s port %u/%s is %s/%s's, which came first; use another port or address",
	    ipaddr_format(addr, text), p->port, proto_name(p->proto), first->id.ns,
	    first->id.name);
}

/* S3: an address is in conflict where no port of it is left for us. */
static bool
is_taken(const struct service_object *s, const struct claims *claims,
    const struct ipaddr *addr, char *reason)
{
	const struct service_object *first = NULL;

	for (size_t i = 0; i < s->n_ports; i++) {
		first = winner(claims, s, addr, &s->ports[i]);
		if (!first)
			return false;
	}
	if (first)
		say_conflict(reason, addr, &s->ports[s->n_ports - 1], first);
	return first != NULL;
}

/*
 * Which instance carries it: with an API server the record says so (I12), with
 * manifests every node has the same choice.
 */
static const struct placement_instance *
place(const struct ipaddr *addr, const struct claims *claims,
    const struct settings *settings, size_t *n_fit)
{
	struct placement_wish wish = placement_wish_of(claims, addr);

	if (settings->conf.kubeconfig[0])
		return placement_obey(
		    addr, settings->instances, settings->n_instances, wish.vrid, n_fit);
	*n_fit = 0;
	return placement_choose(addr, settings->instances, settings->n_instances, &wish);
}

static void
judge_placement(struct msg_service_address *a, const struct service_object *s,
    const struct claims *claims, const struct settings *settings)
{
	const struct placement_instance *in;
	char text[IPADDR_STRLEN];
	size_t n_fit;

	in = place(&a->addr, claims, settings, &n_fit);
	ipaddr_format(&a->addr, text);
	a->verdict = in ? VERDICT_OK : n_fit ? VERDICT_PENDING : VERDICT_REFUSED;
	if (in) {
		str_copy(a->instance, sizeof(a->instance), in->name);
		if (is_taken(s, claims, &a->addr, a->reason))
			a->verdict = VERDICT_CONFLICT;
	} else if (n_fit) {
		text_format(a->reason, REASON_LEN,
		    "%zu instances may carry %s; the allocator has not recorded one that "
		    "is here (condition vipd.io/Placed)",
		    n_fit, text);
	} else {
		text_format(a->reason, REASON_LEN,
		    "no vrrp_instance carries %s; add it to the service_addresses of one",
		    text);
	}
}

static void
judge_address(struct msg_service_address *a, const struct service_object *s,
    const struct claims *claims, const struct settings *settings)
{
	bool allowed = !claims_is_reserved(claims, &a->addr, a->reason) &&
	    (a->origin == ORIGIN_POOL ||
		claims_allowed(settings->external_ips, settings->n_external_ips, &a->addr,
		    a->reason));

	a->verdict = VERDICT_REFUSED;
	if (allowed)
		judge_placement(a, s, claims, settings);
}

static struct msg_service_address *
add_address(struct view *v, const struct ipaddr *addr, enum address_origin origin)
{
	struct msg_service_address *a;

	v->addresses =
	    array_grow(v->addresses, v->n_addresses, &v->cap_addresses, sizeof(*a));
	a = &v->addresses[v->n_addresses++];
	*a = (struct msg_service_address){ .addr = *addr, .origin = (uint8_t)origin };
	return a;
}

static void
add_addresses(struct view *v, const struct service_object *s, const struct claims *claims,
    const struct settings *settings)
{
	struct ipaddr addrs[POOL_FAMILIES];
	size_t n = tenure_addresses(s, settings, addrs);

	for (size_t i = 0; i < n; i++) {
		struct msg_service_address *a = add_address(v, &addrs[i], ORIGIN_POOL);
		size_t pool =
		    settings->pools ? pools_find(settings->pools, &addrs[i]) : POOL_NONE;

		a->pool = pool == POOL_NONE ? 0 : (uint16_t)(pool + 1);
		judge_address(a, s, claims, settings);
	}
	for (size_t i = 0; i < s->n_external_ips; i++)
		judge_address(add_address(v, &s->external_ips[i], ORIGIN_EXTERNAL_IP), s,
		    claims, settings);
}

/* A port is in conflict if it is on any address we do have. */
static void
judge_port(struct view *v, struct msg_service_port *port, const struct service_object *s,
    const struct service_port *p, const struct claims *claims)
{
	for (size_t i = 0; i < v->n_addresses; i++) {
		const struct msg_service_address *a = &v->addresses[i];
		const struct service_object *first;

		if (a->verdict != VERDICT_OK)
			continue;
		first = winner(claims, s, &a->addr, p);
		if (!first)
			continue;
		port->verdict = VERDICT_CONFLICT;
		if (!v->head.reason[0])
			say_conflict(v->head.reason, &a->addr, p, first);
		return;
	}
}

static void
add_ports(struct view *v, const struct service_object *s, const struct claims *claims)
{
	for (size_t i = 0; i < s->n_ports; i++) {
		const struct service_port *p = &s->ports[i];
		struct msg_service_port *port;

		v->ports = array_grow(v->ports, v->n_ports, &v->cap_ports, sizeof(*port));
		port = &v->ports[v->n_ports++];
		*port = (struct msg_service_port){ .port = p->port, .proto = p->proto };
		str_copy(port->name, sizeof(port->name), p->name);
		judge_port(v, port, s, p, claims);
	}
}

/* An address that a LoadBalancer Service of ours lacks, and why. */
static void
judge_allocation(struct view *v, const struct service_object *s,
    const struct assign *assign, const struct settings *settings)
{
	const struct status_condition *c = &s->status.conditions[STATUS_ALLOCATED];
	const struct alloc_service *as;
	char key[SERVICE_KEY_LEN];
	const char *why;

	v->head.verdict = VERDICT_PENDING;
	as = alloc_find(assign->alloc, service_object_key(s, key));
	if (as && as->why[0]) {
		why = as->why;
		if (as->verdict == ALLOC_CONFLICT)
			v->head.verdict = VERDICT_CONFLICT;
	} else if (s->wish->bad) {
		why = s->wish->bad;
	} else if (!settings->has_pools) {
		why = "no address_pool is configured; add one to vipd.conf, or set "
		      "spec.externalIPs to an address of external_ips";
	} else if (!settings->conf.kubeconfig[0]) {
		why =
		    "with manifests nobody allocates; ask for an address of a pool with "
		    "the annotation vipd.io/addresses";
	} else if (c->present && !c->value && c->message[0]) {
		why = c->message;
	} else if (c->present && c->value) {
		why = "its status has lost the address; the allocator writes it again";
	} else {
		why = "waits for the allocator: a node with allocator yes that may write "
		      "status (Lease vipd/vipd-allocator)";
	}
	text_format(v->head.reason, sizeof(v->head.reason), "%s", why);
}

/* The verdict of the whole from those of its parts. */
static void
judge_service(struct view *v, const struct service_object *s, const struct assign *assign,
    const struct settings *settings)
{
	const struct msg_service_address *worst = NULL;
	bool any = false;

	for (size_t i = 0; i < v->n_addresses; i++) {
		const struct msg_service_address *a = &v->addresses[i];

		any |= a->verdict == VERDICT_OK;
		if (a->verdict != VERDICT_OK && !worst)
			worst = a;
	}
	if (worst)
		str_copy(v->head.reason, sizeof(v->head.reason), worst->reason);
	else if (s->bad_ip)
		str_copy(v->head.reason, sizeof(v->head.reason), s->bad_ip);
	if (any)
		v->head.verdict = VERDICT_OK;
	else if (worst || s->bad_ip)
		v->head.verdict = worst ? worst->verdict : VERDICT_REFUSED;
	else
		judge_allocation(v, s, assign, settings);
}

/*
 * What is vipd's to serve, or to refuse. Of Services of type LoadBalancer that
 * are not, people are told why.
 */
static void
judge_tenure(
    struct view *v, const struct service_object *s, const struct settings *settings)
{
	enum tenure t = s ? tenure_of(s, settings, v->head.reason) : TENURE_NONE;

	v->wanted = s && (s->n_external_ips || s->bad_ip || s->fault || t == TENURE_OURS);
	v->ignored = s && s->wish && !v->wanted;
	if (!v->ignored) {
		memset(v->head.reason, 0, sizeof(v->head.reason));
		return;
	}
	v->head.verdict = VERDICT_IGNORED;
	if (t != TENURE_OPTED_OUT && !s->status.has_ingress)
		v->head.flags |= SERVICE_FORLORN;
}

void
view_build(struct view *v, const struct store_entry *e, const struct store *store)
{
	const struct settings *settings = store->settings;
	const struct claims *claims = store->claims;
	const struct service_object *s = e->service;

	v->n_addresses = v->n_ports = v->n_endpoints = v->n_dropped = 0;
	v->n_sources = 0;
	v->head = (struct msg_service){ 0 };
	judge_tenure(v, s, settings);
	if (!v->wanted && !v->ignored)
		return;
	v->head.key = s->id;
	memcpy(v->head.uid, s->uid, sizeof(v->head.uid));
	v->head.flags |= s->flags;
	if (v->ignored)
		return;
	if ((s->flags & SERVICE_LOCAL) &&
	    settings->conf.local_fallback == LOCAL_FALLBACK_CLUSTER)
		v->head.flags |= SERVICE_FALLBACK;
	v->head.affinity_s = s->affinity_s;
	if (s->fault) {
		v->head.verdict = VERDICT_INVALID;
		str_copy(v->head.reason, sizeof(v->head.reason), s->fault);
		return;
	}
	v->sources = s->sources;
	v->n_sources = s->n_sources;
	add_addresses(v, s, claims, settings);
	add_ports(v, s, claims);
	judge_service(v, s, &store->assign, settings);
	endpoints_add(v, e, claims);
	v->head.endpoints = (uint32_t)v->n_endpoints;
	if (v->head.verdict == VERDICT_OK && (s->flags & SERVICE_LOCAL) &&
	    !v->head.reason[0])
		locality_name(store, e, v->head.reason, sizeof(v->head.reason));
}

uint64_t
view_hash(const struct view *v)
{
	uint64_t h = hash_add(HASH_INIT, &v->head, sizeof(v->head));

	h = hash_add(h, v->addresses, v->n_addresses * sizeof(*v->addresses));
	h = hash_add(h, v->ports, v->n_ports * sizeof(*v->ports));
	h = hash_add(h, v->endpoints, v->n_endpoints * sizeof(*v->endpoints));
	h = hash_add(h, v->sources, v->n_sources * sizeof(*v->sources));
	h = hash_end(h);
	return h ? h : 1;
}

bool
view_has_trouble(const struct view *v)
{
	if (v->head.verdict != VERDICT_OK)
		return true;
	for (size_t i = 0; i < v->n_addresses; i++)
		if (v->addresses[i].verdict != VERDICT_OK)
			return true;
	for (size_t i = 0; i < v->n_ports; i++)
		if (v->ports[i].verdict != VERDICT_OK)
			return true;
	return false;
}

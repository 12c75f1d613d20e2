/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "endpoints.h"
#include "hash.h"
#include "mem.h"
#include "settings.h"
#include "store.h"
#include "text.h"

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

static void
judge_address(struct msg_service_address *a, const struct service_object *s,
    const struct claims *claims, const struct settings *settings)
{
	const struct placement_instance *in;
	char text[IPADDR_STRLEN];

	a->verdict = VERDICT_REFUSED;
	if (!claims_allowed(
		settings->external_ips, settings->n_external_ips, &a->addr, a->reason))
		return;
	in = placement_pick(&a->addr, settings->instances, settings->n_instances);
	if (!in) {
		text_format(a->reason, REASON_LEN,
		    "no vrrp_instance carries %s; add it to the service_addresses of one",
		    ipaddr_format(&a->addr, text));
		return;
	}
	str_copy(a->instance, sizeof(a->instance), in->name);
	a->verdict =
	    is_taken(s, claims, &a->addr, a->reason) ? VERDICT_CONFLICT : VERDICT_OK;
}

static void
add_addresses(struct view *v, const struct service_object *s, const struct claims *claims,
    const struct settings *settings)
{
	for (size_t i = 0; i < s->n_external_ips; i++) {
		struct msg_service_address *a;

		v->addresses = array_grow(
		    v->addresses, v->n_addresses, &v->cap_addresses, sizeof(*a));
		a = &v->addresses[v->n_addresses++];
		*a = (struct msg_service_address){
			.addr = s->external_ips[i],
			.origin = ORIGIN_EXTERNAL_IP,
		};
		judge_address(a, s, claims, settings);
	}
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

static bool
is_ours(const struct service_object *s, const struct settings *settings)
{
	if (!(s->flags & SERVICE_LOADBALANCER))
		return false;
	if (s->class)
		return strcmp(s->class, settings->conf.class) == 0;
	return settings->conf.claim_unclassed && settings->has_pools;
}

/* The verdict of the whole from those of its parts. */
static void
judge_service(struct view *v, const struct service_object *s)
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
	else {
		v->head.verdict = VERDICT_PENDING;
		str_copy(v->head.reason, sizeof(v->head.reason),
		    "address pools are not allocated yet; set spec.externalIPs to an "
		    "address of external_ips");
	}
}

void
view_build(struct view *v, const struct store_entry *e, const struct claims *claims,
    const struct settings *settings)
{
	const struct service_object *s = e->service;

	v->n_addresses = v->n_ports = v->n_endpoints = v->n_dropped = 0;
	v->n_sources = 0;
	v->head = (struct msg_service){ 0 };
	v->wanted =
	    s && (s->n_external_ips || s->bad_ip || s->fault || is_ours(s, settings));
	if (!v->wanted)
		return;
	v->head.key = s->id;
	memcpy(v->head.uid, s->uid, sizeof(v->head.uid));
	v->head.flags = s->flags;
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
	judge_service(v, s);
	endpoints_add(v, e, claims);
	v->head.endpoints = (uint32_t)v->n_endpoints;
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

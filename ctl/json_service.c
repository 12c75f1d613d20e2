/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services as JSON: their addresses, ports, endpoints. */
#include "json.h"
#include "model.h"

static json_t *
port(const struct model_service *s, size_t index)
{
	const struct msg_service_port *p = &s->ports[index];
	json_t *endpoints = json_packed(json_array());

	for (size_t i = 0; i < s->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &s->endpoints[i];

		if (e->port_index == index)
			json_array_append_new(endpoints,
			    JSON_PACK("{s:o, s:i, s:b, s:b}", "address",
				json_address(&e->addr), "port", e->port, "local",
				e->flags & ENDPOINT_LOCAL, "terminating",
				e->flags & ENDPOINT_TERMINATING));
	}
	return JSON_PACK("{s:s, s:i, s:o, s:b, s:o}", "protocol", proto_name(p->proto),
	    "port", p->port, "name", json_text_or_null(p->name), "conflict",
	    p->verdict == VERDICT_CONFLICT, "endpoints", endpoints);
}

/* Splits what the Service asks for into what it has and what it has not. */
static void
service_addresses(
    const struct model_service *s, json_t *taken, json_t *placement, json_t *not_taken)
{
	for (size_t i = 0; i < s->n_addresses; i++) {
		const struct msg_service_address *a = &s->addresses[i];

		if (a->verdict != VERDICT_OK) {
			json_array_append_new(not_taken,
			    JSON_PACK("{s:o, s:s, s:o}", "address",
				json_address(&a->addr), "verdict",
				model_verdict_name(a->verdict), "reason",
				json_text_or_null(a->reason)));
			continue;
		}
		json_array_append_new(taken, json_address(&a->addr));
		json_array_append_new(placement,
		    JSON_PACK("{s:o, s:o}", "address", json_address(&a->addr), "instance",
			json_text_or_null(a->instance)));
	}
}

static json_t *
source_ranges(const struct model_service *s)
{
	json_t *list = json_packed(json_array());
	char text[IPRANGE_STRLEN];

	for (size_t i = 0; i < s->n_sources; i++)
		json_array_append_new(
		    list, json_packed(json_string(iprange_format(&s->sources[i], text))));
	return list;
}

/* Only the answer to `services` has it. */
static json_t *
traffic(const struct model_service *s)
{
	const struct msg_count *c = &s->ctl.count;

	if (!s->ctl.counted)
		return json_null();
	return JSON_PACK("{s:I, s:I, s:I}", "connections", (json_int_t)c->connections,
	    "packets", (json_int_t)c->packets, "bytes", (json_int_t)c->bytes);
}

static json_t *
service(const struct model_service *s)
{
	json_t *taken = json_packed(json_array());
	json_t *placement = json_packed(json_array());
	json_t *not_taken = json_packed(json_array());
	json_t *ports = json_packed(json_array());

	service_addresses(s, taken, placement, not_taken);
	for (size_t i = 0; i < s->n_ports; i++)
		json_array_append_new(ports, port(s, i));
	return JSON_PACK("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:o}",
	    "namespace", s->info.key.ns, "name", s->info.key.name, "state",
	    service_state_name(s->ctl.state), "reason", json_text_or_null(s->ctl.reason),
	    "addresses", taken, "placement", placement, "addresses_not_taken", not_taken,
	    "ports", ports, "source_ranges", source_ranges(s), "external_traffic_policy",
	    s->info.flags & SERVICE_LOCAL ? "Local" : "Cluster", "rules_in_place",
	    s->ctl.in_place, "traffic", traffic(s));
}

json_t *
json_service_list(const struct model *m, bool problems)
{
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < m->n_services; i++)
		if (!problems || model_service_problem(&m->services[i]))
			json_array_append_new(list, service(&m->services[i]));
	return list;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <jansson.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "model.h"
#include "text.h"
#include "why.h"

/* json_pack fails only out of memory or on broken UTF-8, which is cleaned. */
#define PACK(...) packed(json_pack(__VA_ARGS__))

static json_t *
packed(json_t *json)
{
	if (!json)
		fatalx("out of memory");
	return json;
}

static json_t *
text_or_null(const char *text)
{
	return text[0] ? packed(json_string(text)) : json_null();
}

json_t *
json_address(const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN];

	return addr->family ? packed(json_string(ipaddr_format(addr, text)))
			    : json_null();
}

static json_t *
interval_ms(uint32_t us)
{
	if (us % US_PER_MS == 0)
		return packed(json_integer(us / (json_int_t)US_PER_MS));
	return packed(json_real((double)us / (double)US_PER_MS));
}

json_t *
json_time(const struct model *m, uint64_t then_us)
{
	char text[TEXT_TIME_LEN];

	return packed(json_string(text_time(model_wall_us(m, then_us), text)));
}

void
json_write(json_t *json, FILE *out)
{
	if (json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0)
		fputc('\n', out);
	json_decref(json);
}

/* ---- instances ---- */

/* Who else uses it, or has it before its first use here. */
static json_t *
conflict(const struct model *m, const struct msg_ctl_address *a)
{
	char mac[TEXT_MAC_LEN];

	if (!a->conflict_us && a->use != ADDRESS_TAKEN)
		return json_null();
	return PACK("{s:s, s:o, s:i, s:b}", "mac", text_mac(a->conflict_mac, mac), "seen",
	    a->conflict_us ? json_time(m, a->conflict_us) : json_null(), "heard",
	    (int)a->conflicts, "before_first_use", a->use == ADDRESS_TAKEN);
}

static json_t *
instance_addresses(const struct model *m, const struct model_instance *i)
{
	json_t *list = packed(json_array());

	for (size_t k = 0; k < i->n_addresses; k++) {
		const struct msg_ctl_address *a = &i->addresses[k];
		char text[IPADDR_STRLEN], prefix[IPADDR_STRLEN + 4];

		snprintf(prefix, sizeof(prefix), "%s/%u", ipaddr_format(&a->addr, text),
		    a->prefixlen);
		json_array_append_new(list,
		    PACK("{s:s, s:s, s:b, s:s, s:b, s:o, s:o}", "address", prefix,
			"origin", a->origin == ORIGIN_STATIC ? "static" : "service",
			"installed", a->installed, "interface",
			a->dev[0] ? a->dev : i->info.conf.interface, "advertised",
			a->origin == ORIGIN_STATIC && !a->excluded, "error",
			text_or_null(a->error), "conflict", conflict(m, a)));
	}
	return list;
}

static json_t *
instance_counters(const struct model_instance *i)
{
	json_t *object = packed(json_object());

	for (size_t k = 0; k < i->n_counters; k++)
		json_object_set_new(object, i->counters[k].name,
		    packed(json_integer((json_int_t)i->counters[k].value)));
	return object;
}

static json_t *
instance_tracks(const struct model *m, const struct model_instance *i)
{
	static const char *const states[] = {
		[TRACK_UNKNOWN] = "unknown",
		[TRACK_OK] = "ok",
		[TRACK_FAILED] = "failed",
	};
	json_t *list = packed(json_array());

	for (size_t k = 0; k < i->n_tracks; k++) {
		const struct msg_ctl_track *t = &i->tracks[k];

		json_array_append_new(list,
		    PACK("{s:s, s:s, s:s, s:i, s:b, s:i, s:b, s:o, s:o}", "kind",
			track_kind_name(t->kind), "name", t->name, "state",
			states[t->state], "weight", t->weight, "reverse", t->reverse,
			"adds", t->adds, "fault", t->fault, "why", text_or_null(t->why),
			"since", json_time(m, t->since_us)));
	}
	return list;
}

static json_t *
soft_reasons(uint32_t soft)
{
	json_t *list = packed(json_array());

	for (unsigned k = 0; k < SOFT_REASON_COUNT; k++)
		if (soft & 1u << k)
			json_array_append_new(
			    list, packed(json_string(soft_reason_name(1u << k))));
	return list;
}

/* Empty: not known. */
static const char *
master_node(const struct model *m, const struct model_instance *i)
{
	const struct msg_state *state = &i->info.state;
	const char *node = NULL;

	if (state->state == VRRP_MASTER)
		return m->node.node;
	if (state->state == VRRP_BACKUP && state->master.family)
		node = model_node_of(m, i->info.conf.name, &state->master);
	return node ? node : "";
}

static json_t *
instance(const struct model *m, const struct model_instance *i)
{
	const struct msg_instance *conf = &i->info.conf;
	const struct msg_state *state = &i->info.state;
	json_t *object;

	object = PACK("{s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:i, s:i, s:o, s:o}",
	    "name", conf->name, "family", conf->family == AF_INET6 ? "ipv6" : "ipv4",
	    "interface", conf->interface, "virtual_router_id", conf->vrid, "version",
	    conf->version, "state", vrrp_state_name(state->state), "reason",
	    text_or_null(
		i->info.tracker[0] ? i->info.tracker : vrrp_reason_text(state->reason)),
	    "since", json_time(m, state->since_us), "priority",
	    i->info.configured_priority, "effective_priority", conf->priority,
	    "advert_interval_ms", interval_ms(conf->advert_us), "master_address",
	    json_address(&state->master));
	json_object_update_new(object,
	    PACK("{s:o, s:o, s:b, s:b, s:I, s:b, s:o}", "master_priority",
		state->master.family ? packed(json_integer(state->master_priority))
				     : json_null(),
		"master_advert_interval_ms",
		state->master.family ? interval_ms(state->master_advert_us) : json_null(),
		"preempt", conf->preempt, "unicast", conf->unicast, "takeovers",
		(json_int_t)state->transitions, "service_addresses",
		i->info.wants_services, "addresses", instance_addresses(m, i)));
	json_object_update_new(object,
	    PACK("{s:o, s:b, s:b, s:o, s:o}", "soft_reasons", soft_reasons(i->info.soft),
		"handing_over", state->yielding, "handed_over", state->handed_over,
		"sync_group", text_or_null(conf->group), "tracks",
		instance_tracks(m, i)));
	json_object_set_new(object, "master_node", text_or_null(master_node(m, i)));
	if (i->n_counters)
		json_object_set_new(object, "counters", instance_counters(i));
	return object;
}

static json_t *
instances(const struct model *m)
{
	json_t *list = packed(json_array());

	for (size_t i = 0; i < m->n_instances; i++)
		json_array_append_new(list, instance(m, &m->instances[i]));
	return list;
}

/* ---- Services ---- */

static json_t *
port(const struct model_service *s, size_t index)
{
	const struct msg_service_port *p = &s->ports[index];
	json_t *endpoints = packed(json_array());

	for (size_t i = 0; i < s->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &s->endpoints[i];

		if (e->port_index == index)
			json_array_append_new(endpoints,
			    PACK("{s:o, s:i, s:b, s:b}", "address",
				json_address(&e->addr), "port", e->port, "local",
				e->flags & ENDPOINT_LOCAL, "terminating",
				e->flags & ENDPOINT_TERMINATING));
	}
	return PACK("{s:s, s:i, s:o, s:b, s:o}", "protocol", proto_name(p->proto), "port",
	    p->port, "name", text_or_null(p->name), "conflict",
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
			    PACK("{s:o, s:s, s:o}", "address", json_address(&a->addr),
				"verdict", model_verdict_name(a->verdict), "reason",
				text_or_null(a->reason)));
			continue;
		}
		json_array_append_new(taken, json_address(&a->addr));
		json_array_append_new(placement,
		    PACK("{s:o, s:o}", "address", json_address(&a->addr), "instance",
			text_or_null(a->instance)));
	}
}

static json_t *
source_ranges(const struct model_service *s)
{
	json_t *list = packed(json_array());
	char text[IPRANGE_STRLEN];

	for (size_t i = 0; i < s->n_sources; i++)
		json_array_append_new(
		    list, packed(json_string(iprange_format(&s->sources[i], text))));
	return list;
}

/* Only the answer to `services` has it. */
static json_t *
traffic(const struct model_service *s)
{
	const struct msg_count *c = &s->ctl.count;

	if (!s->ctl.counted)
		return json_null();
	return PACK("{s:I, s:I, s:I}", "connections", (json_int_t)c->connections,
	    "packets", (json_int_t)c->packets, "bytes", (json_int_t)c->bytes);
}

static json_t *
service(const struct model_service *s)
{
	json_t *taken = packed(json_array());
	json_t *placement = packed(json_array());
	json_t *not_taken = packed(json_array());
	json_t *ports = packed(json_array());

	service_addresses(s, taken, placement, not_taken);
	for (size_t i = 0; i < s->n_ports; i++)
		json_array_append_new(ports, port(s, i));
	return PACK("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:o}",
	    "namespace", s->info.key.ns, "name", s->info.key.name, "state",
	    service_state_name(s->ctl.state), "reason", text_or_null(s->ctl.reason),
	    "addresses", taken, "placement", placement, "addresses_not_taken", not_taken,
	    "ports", ports, "source_ranges", source_ranges(s), "external_traffic_policy",
	    s->info.flags & SERVICE_LOCAL ? "Local" : "Cluster", "rules_in_place",
	    s->ctl.in_place, "traffic", traffic(s));
}

static json_t *
services(const struct model *m, bool problems)
{
	json_t *list = packed(json_array());

	for (size_t i = 0; i < m->n_services; i++)
		if (!problems || model_service_problem(&m->services[i]))
			json_array_append_new(list, service(&m->services[i]));
	return list;
}

/* ---- the node ---- */

static json_t *
kubernetes(const struct model *m)
{
	const struct msg_source_state *source = &m->node.source;

	return PACK("{s:s, s:b, s:o, s:o, s:o, s:o}", "source", model_source_name(m),
	    "connected", model_connected(m), "stale_seconds",
	    model_has_news(m)
		? packed(json_integer((json_int_t)(model_stale_us(m) / US_PER_S)))
		: json_null(),
	    "server", text_or_null(source->server), "error", text_or_null(source->error),
	    "node_name_source", text_or_null(source->node_name_source));
}

static json_t *
forwarding(const struct model *m)
{
	return PACK("{s:s, s:s, s:b}", "mode", model_forward_name(m), "reason",
	    m->node.forward.reason, "in_sync", m->node.forward.in_sync);
}

static json_t *
drained(const struct model *m)
{
	const struct msg_ctl_node *n = &m->node;
	char text[TEXT_TIME_LEN];

	if (!n->drained_wall_us)
		return json_null();
	return PACK("{s:s, s:o}", "since", text_time(n->drained_wall_us, text), "reason",
	    text_or_null(n->drain_reason));
}

static json_t *
node(const struct model *m)
{
	const struct msg_ctl_node *n = &m->node;

	return PACK("{s:s, s:o, s:s, s:o, s:s, s:o, s:I, s:I}", "node", n->node,
	    "drained", drained(m), "version", n->version, "started",
	    json_time(m, n->started_us), "config", n->config, "config_error",
	    text_or_null(n->config_error), "child_restarts",
	    (json_int_t)n->children_restarts, "log_lines_dropped",
	    (json_int_t)n->log_dropped);
}

static json_t *
status(const struct model *m)
{
	json_t *object = node(m);

	json_object_update_new(object,
	    PACK("{s:o, s:o, s:o, s:o, s:o}", "instances", instances(m), "speakers",
		json_speakers(m), "services", services(m, false), "kubernetes",
		kubernetes(m), "forwarding", forwarding(m)));
	return object;
}

void
json_status(const struct model *m, FILE *out)
{
	json_write(status(m), out);
}

void
json_instances(const struct model *m, FILE *out)
{
	json_write(
	    PACK("{s:s, s:o}", "node", m->node.node, "instances", instances(m)), out);
}

void
json_services(const struct model *m, bool problems, FILE *out)
{
	json_write(
	    PACK("{s:s, s:o}", "node", m->node.node, "services", services(m, problems)),
	    out);
}

void
json_explanation(
    const struct model *m, const char *key, const struct explanation *e, FILE *out)
{
	static const char *const marks[] = {
		[EXPLAIN_OK] = "ok",
		[EXPLAIN_WARN] = "warning",
		[EXPLAIN_NO] = "missing",
		[EXPLAIN_SKIP] = "skipped",
	};
	json_t *steps = packed(json_array());
	const char *missing = "";

	for (size_t i = 0; i < e->n_steps; i++)
		json_array_append_new(steps,
		    PACK("{s:s, s:s, s:s}", "stage",
			explain_stage_name(e->steps[i].stage), "verdict",
			marks[e->steps[i].mark], "text", e->steps[i].text));
	if (e->missing >= 0)
		missing = explain_stage_name(e->steps[e->missing].stage);
	json_write(PACK("{s:s, s:s, s:o, s:o, s:o, s:s}", "service", key, "node",
		       m->node.node, "state",
		       m->n_services ? packed(json_string(
					   service_state_name(m->services[0].ctl.state)))
				     : json_null(),
		       "steps", steps, "missing", text_or_null(missing), "fix", e->fix),
	    out);
}

void
json_doctor(const struct doctor *d, FILE *out)
{
	json_t *list = packed(json_array());

	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		json_array_append_new(list,
		    PACK("{s:s, s:s, s:s, s:o}", "check", f->check, "verdict",
			doctor_mark_name(f->mark), "text", f->text, "fix",
			text_or_null(f->fix)));
	}
	json_write(PACK("{s:s, s:b, s:o}", "node", d->model->node.node, "well",
		       doctor_is_well(d), "findings", list),
	    out);
}

/* A line begins with what it is about: "edge: ...", "default/web: ...". */
static size_t
subject_len(const char *text)
{
	size_t len = strcspn(text, " ");

	return len > 1 && text[len - 1] == ':' ? len - 1 : 0;
}

static json_t *
event_of(const struct msg_ctl_event *e)
{
	char time[TEXT_TIME_LEN];
	size_t len = subject_len(e->text);

	return PACK("{s:I, s:s, s:s, s:o, s:s}", "id", (json_int_t)e->id, "time",
	    text_time(e->wall_us, time), "level", log_level_name(e->level), "subject",
	    len ? packed(json_stringn(e->text, len)) : json_null(), "text",
	    len ? e->text + len + 2 : e->text);
}

void
json_event(const struct msg_ctl_event *e, FILE *out)
{
	json_t *event = event_of(e);

	json_dumpf(event, out, JSON_COMPACT);
	fputc('\n', out);
	json_decref(event);
}

void
json_why(const struct why *w, FILE *out)
{
	const struct msg_ctl_instance *info = &w->instance->info;
	uint64_t takeover_us = why_takeover_us(info);
	json_t *list = packed(json_array());

	for (size_t i = 0; i < w->n_events; i++)
		if (why_is_of(w, &w->events[i]))
			json_array_append_new(list, event_of(&w->events[i]));
	json_write(PACK("{s:s, s:o, s:s, s:o, s:o}", "node", w->model->node.node,
		       "instance", instance(w->model, w->instance), "why",
		       model_instance_reason(w->instance), "takeover_ms",
		       takeover_us ? packed(json_real((double)takeover_us / US_PER_MS))
				   : json_null(),
		       "events", list),
	    out);
}

void
json_dump(const struct model *m, const char *config, const struct msg_ctl_event *events,
    size_t n_events, FILE *out)
{
	json_t *object = status(m), *list = packed(json_array());

	for (size_t i = 0; i < n_events; i++)
		json_array_append_new(list, event_of(&events[i]));
	json_object_update_new(
	    object, PACK("{s:s, s:o}", "configuration", config, "events", list));
	json_write(object, out);
}

void
json_texts(const struct model *m, FILE *out)
{
	json_t *lines = packed(json_array());

	for (size_t i = 0; i < m->n_texts; i++)
		json_array_append_new(lines,
		    PACK("{s:s, s:s}", "level", log_level_name(m->texts[i].level), "text",
			m->texts[i].text));
	json_write(PACK("{s:b, s:o, s:o}", "ok", m->end.code == 0, "text",
		       text_or_null(m->end.text), "lines", lines),
	    out);
}

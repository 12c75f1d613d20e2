/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"

#include <jansson.h>
#include <string.h>

#include "clock.h"
#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "model.h"
#include "text.h"
#include "why.h"

json_t *
json_packed(json_t *json)
{
	if (!json)
		fatalx("out of memory");
	return json;
}

json_t *
json_text_or_null(const char *text)
{
	return text[0] ? json_packed(json_string(text)) : json_null();
}

json_t *
json_address(const struct ipaddr *addr)
{
	char text[IPADDR_STRLEN];

	return addr->family ? json_packed(json_string(ipaddr_format(addr, text)))
			    : json_null();
}

json_t *
json_time(const struct model *m, uint64_t then_us)
{
	char text[TEXT_TIME_LEN];

	return json_packed(json_string(text_time(model_wall_us(m, then_us), text)));
}

void
json_write(json_t *json, FILE *out)
{
	if (json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0)
		fputc('\n', out);
	json_decref(json);
}

/* ---- the node ---- */

static json_t *
kubernetes(const struct model *m)
{
	const struct msg_source_state *source = &m->node.source;

	return JSON_PACK("{s:s, s:b, s:o, s:o, s:o, s:o}", "source", model_source_name(m),
	    "connected", model_connected(m), "stale_seconds",
	    model_has_news(m)
		? json_packed(json_integer((json_int_t)(model_stale_us(m) / US_PER_S)))
		: json_null(),
	    "server", json_text_or_null(source->server), "error",
	    json_text_or_null(source->error), "node_name_source",
	    json_text_or_null(source->node_name_source));
}

static json_t *
forwarding(const struct model *m)
{
	return JSON_PACK("{s:s, s:s, s:b}", "mode", model_forward_name(m), "reason",
	    m->node.forward.reason, "in_sync", m->node.forward.in_sync);
}

static json_t *
drained(const struct model *m)
{
	const struct msg_ctl_node *n = &m->node;
	char text[TEXT_TIME_LEN];

	if (!n->drained_wall_us)
		return json_null();
	return JSON_PACK("{s:s, s:o}", "since", text_time(n->drained_wall_us, text),
	    "reason", json_text_or_null(n->drain_reason));
}

static json_t *
node(const struct model *m)
{
	const struct msg_ctl_node *n = &m->node;

	return JSON_PACK("{s:s, s:o, s:s, s:o, s:s, s:o, s:I, s:I}", "node", n->node,
	    "drained", drained(m), "version", n->version, "started",
	    json_time(m, n->started_us), "config", n->config, "config_error",
	    json_text_or_null(n->config_error), "child_restarts",
	    (json_int_t)n->children_restarts, "log_lines_dropped",
	    (json_int_t)n->log_dropped);
}

static json_t *
status(const struct model *m)
{
	json_t *object = node(m);

	json_object_update_new(object,
	    JSON_PACK("{s:o, s:o, s:o, s:o, s:o}", "instances", json_instance_list(m),
		"speakers", json_speakers(m), "services", json_service_list(m, false),
		"kubernetes", kubernetes(m), "forwarding", forwarding(m)));
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
	json_write(JSON_PACK("{s:s, s:o}", "node", m->node.node, "instances",
		       json_instance_list(m)),
	    out);
}

void
json_services(const struct model *m, bool problems, FILE *out)
{
	json_write(JSON_PACK("{s:s, s:o}", "node", m->node.node, "services",
		       json_service_list(m, problems)),
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
	json_t *steps = json_packed(json_array());
	const char *missing = "";

	for (size_t i = 0; i < e->n_steps; i++)
		json_array_append_new(steps,
		    JSON_PACK("{s:s, s:s, s:s}", "stage",
			explain_stage_name(e->steps[i].stage), "verdict",
			marks[e->steps[i].mark], "text", e->steps[i].text));
	if (e->missing >= 0)
		missing = explain_stage_name(e->steps[e->missing].stage);
	json_write(
	    JSON_PACK("{s:s, s:s, s:o, s:o, s:o, s:s}", "service", key, "node",
		m->node.node, "state",
		m->n_services ? json_packed(json_string(
				    service_state_name(m->services[0].ctl.state)))
			      : json_null(),
		"steps", steps, "missing", json_text_or_null(missing), "fix", e->fix),
	    out);
}

void
json_doctor(const struct doctor *d, FILE *out)
{
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:s, s:o}", "check", f->check, "verdict",
			doctor_mark_name(f->mark), "text", f->text, "fix",
			json_text_or_null(f->fix)));
	}
	json_write(JSON_PACK("{s:s, s:b, s:o}", "node", d->model->node.node, "well",
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

	return JSON_PACK("{s:I, s:s, s:s, s:o, s:s}", "id", (json_int_t)e->id, "time",
	    text_time(e->wall_us, time), "level", log_level_name(e->level), "subject",
	    len ? json_packed(json_stringn(e->text, len)) : json_null(), "text",
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
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < w->n_events; i++)
		if (why_is_of(w, &w->events[i]))
			json_array_append_new(list, event_of(&w->events[i]));
	json_write(
	    JSON_PACK("{s:s, s:o, s:s, s:o, s:o}", "node", w->model->node.node,
		"instance", json_instance(w->model, w->instance), "why",
		model_instance_reason(w->instance), "takeover_ms",
		takeover_us ? json_packed(json_real((double)takeover_us / US_PER_MS))
			    : json_null(),
		"events", list),
	    out);
}

void
json_dump(const struct model *m, const char *config, const struct msg_ctl_event *events,
    size_t n_events, FILE *out)
{
	json_t *object = status(m), *list = json_packed(json_array());

	for (size_t i = 0; i < n_events; i++)
		json_array_append_new(list, event_of(&events[i]));
	json_object_update_new(
	    object, JSON_PACK("{s:s, s:o}", "configuration", config, "events", list));
	json_write(object, out);
}

void
json_texts(const struct model *m, FILE *out)
{
	json_t *lines = json_packed(json_array());

	for (size_t i = 0; i < m->n_texts; i++)
		json_array_append_new(lines,
		    JSON_PACK("{s:s, s:s}", "level", log_level_name(m->texts[i].level),
			"text", m->texts[i].text));
	json_write(JSON_PACK("{s:b, s:o, s:o}", "ok", m->end.code == 0, "text",
		       json_text_or_null(m->end.text), "lines", lines),
	    out);
}

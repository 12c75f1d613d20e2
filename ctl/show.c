/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "columns.h"
#include "doctor.h"
#include "explain.h"
#include "log.h"
#include "mem.h"
#include "model.h"
#include "table.h"
#include "text.h"

/* A key is padded to the width of the longest. */
#define KEY "%-12s"
/* So many Services with problems are named by status. */
#define SERVICES_SHOWN 10

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
show_source(const struct model *m, FILE *out)
{
	const struct msg_source_state *source = &m->node.source;
	char age[TEXT_DURATION_LEN];

	fprintf(out, KEY, "Services");
	if (!m->node.has_services) {
		fprintf(out, "none: %s has no services block\n", m->node.config);
		return;
	}
	if (source->source == SOURCE_NONE && source->health == HEALTH_STARTING) {
		fputs("starting, no list yet\n", out);
		return;
	}
	fprintf(out, "%s%s%s, ", model_source_name(m), source->server[0] ? " " : "",
	    source->server);
	if (model_connected(m)) {
		fprintf(out, "%s\n", model_connected_word(m));
		return;
	}
	if (model_has_news(m))
		fprintf(out, "NOT connected, last news %s ago\n",
		    text_duration(model_stale_us(m), age));
	else
		fputs("not connected yet\n", out);
	if (source->error[0])
		fprintf(out, KEY "%s\n", "", model_source_error(m));
}

static void
show_node(const struct model *m, FILE *out)
{
	const struct msg_ctl_node *n = &m->node;
	char age[TEXT_DURATION_LEN];

	fprintf(out, KEY "%s", "Node", n->node);
	if (n->node_source[0])
		fprintf(out, " (name: %s)", n->node_source);
	fprintf(out, ", vipd %s, up %s", n->version,
	    text_duration(model_age_us(m, n->started_us), age));
	if (n->children_restarts)
		fprintf(out, ", %" PRIu32 " child restart%s", n->children_restarts,
		    plural(n->children_restarts));
	if (n->log_dropped)
		fprintf(out, ", %" PRIu32 " log line%s lost", n->log_dropped,
		    plural(n->log_dropped));
	fputc('\n', out);
	show_source(m, out);
	if (n->has_services)
		fprintf(out, KEY "%s%s%s%s%s\n", "Forwarding", model_forward_name(m),
		    n->forward.reason[0] ? " (" : "", n->forward.reason,
		    n->forward.reason[0] ? ")" : "",
		    n->forward.mode == FORWARD_NONE ? ""
			: n->forward.in_sync        ? ", in sync"
						    : ", NOT in sync");
	if (n->config_error[0])
		fprintf(out, KEY "refused: %s\n", "Reload", n->config_error);
}

static void
show_drained(const struct model *m, FILE *out)
{
	uint64_t since = m->node.drained_wall_us, now = m->node.wall_us;
	char age[TEXT_DURATION_LEN];

	if (!since)
		return;
	fprintf(out, KEY "for %s%s%s; vipctl undrain ends it\n", "DRAINED",
	    text_duration(now > since ? now - since : 0, age),
	    m->node.drain_reason[0] ? ": " : "", m->node.drain_reason);
}

static size_t
count_services(const struct model *m, enum service_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_services; i++)
		n += m->services[i].ctl.state == state;
	return n;
}

static void
show_service_counts(const struct model *m, FILE *out)
{
	const char *sep = ": ";

	if (!m->n_services) {
		fputs("No Service asks for an address of vipd.\n", out);
		return;
	}
	fprintf(out, "%zu Service%s", m->n_services, plural(m->n_services));
	for (int state = 0; state < SERVICE_STATE_COUNT; state++) {
		size_t n = count_services(m, state);

		if (!n)
			continue;
		fprintf(out, "%s%zu %s", sep, n, service_state_name(state));
		sep = ", ";
	}
	fputs(".\n", out);
}

/* Opens the list of problems with its first one. */
static FILE *
problem(FILE *out, size_t *count)
{
	fputs((*count)++ ? "  " : "\nProblems:\n  ", out);
	return out;
}

/* What was heard longer ago may be over. */
#define CONFLICT_SHOWN_US (60 * US_PER_S)

static void
show_conflict(const struct model *m, const struct model_instance *in,
    const struct msg_ctl_address *a, FILE *out, size_t *count)
{
	uint64_t age = a->conflict_us ? model_age_us(m, a->conflict_us) : UINT64_MAX;
	char text[IPADDR_STRLEN], mac[TEXT_MAC_LEN], since[TEXT_DURATION_LEN];

	if (age > CONFLICT_SHOWN_US)
		return;
	fprintf(problem(out, count),
	    "%s: %s is used by %s too, heard %s ago (%" PRIu32 " times)\n"
	    "    FIX: find that station and take the address from it; if it is one of "
	    "the other nodes: vipctl why %s\n",
	    in->info.conf.name, ipaddr_format(&a->addr, text),
	    text_mac(a->conflict_mac, mac), text_duration(age, since), a->conflicts,
	    in->info.conf.name);
}

static void
show_instance_problems(const struct model *m, FILE *out, size_t *count)
{
	char remedy[REMEDY_LEN], text[IPADDR_STRLEN];

	for (size_t i = 0; i < m->n_instances; i++) {
		const struct model_instance *in = &m->instances[i];
		const struct msg_state *state = &in->info.state;

		if (state->state == VRRP_FAULT || state->state == VRRP_INIT)
			fprintf(problem(out, count), "%s: %s, %s\n    FIX: %s\n",
			    in->info.conf.name, vrrp_state_name(state->state),
			    model_instance_reason(in), remedy_instance(m, in, remedy));
		for (size_t k = 0; k < in->n_addresses; k++)
			show_conflict(m, in, &in->addresses[k], out, count);
		for (size_t k = 0; k < in->n_addresses; k++)
			if (in->addresses[k].error[0])
				fprintf(problem(out, count), "%s: %s is not on %s: %s\n",
				    in->info.conf.name,
				    ipaddr_format(&in->addresses[k].addr, text),
				    in->addresses[k].dev, in->addresses[k].error);
	}
}

static const char *
router_on(const struct model *m, const struct msg_ctl_speaker *s)
{
	for (size_t i = 0; i < m->n_instances; i++) {
		const struct msg_instance *conf = &m->instances[i].info.conf;

		if (conf->vrid == s->vrid && !strcmp(conf->interface, s->interface))
			return conf->name;
	}
	return NULL;
}

/* Another node of ours may have a key or a version of its own. */
static void
show_speaker_remedy(const struct model *m, const struct msg_ctl_speaker *s, FILE *out)
{
	const char *name = router_on(m, s);

	fputs("    FIX: ", out);
	if (name)
		fprintf(out, "if it is one of ours, see: vipctl why %s; else ", name);
	fputs("give one of both another", out);
	if (s->free_vrid)
		fprintf(out, "; %u is free on %s", s->free_vrid, s->interface);
	fputc('\n', out);
}

/* Those of no router here are told in JSON only: they harm nobody. */
static void
show_speakers(const struct model *m, FILE *out, size_t *count)
{
	char text[IPADDR_STRLEN], since[TEXT_DURATION_LEN];

	for (size_t i = 0; i < m->n_speakers; i++) {
		const struct msg_ctl_speaker *s = &m->speakers[i];

		if (!s->clashes)
			continue;
		fprintf(problem(out, count),
		    "%s: virtual_router_id %u is also used by %s, heard %s ago (%" PRIu32
		    " times)\n",
		    s->interface, s->vrid, ipaddr_format(&s->addr, text),
		    text_duration(model_age_us(m, s->heard_us), since), s->count);
		show_speaker_remedy(m, s, out);
	}
}

static void
show_service_problems(const struct model *m, FILE *out, size_t *count)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_services; i++) {
		const struct model_service *s = &m->services[i];

		if (model_service_problem(s) && n++ < SERVICES_SHOWN)
			fprintf(problem(out, count), "%s/%s: %s%s%s\n", s->info.key.ns,
			    s->info.key.name, service_state_name(s->ctl.state),
			    s->ctl.reason[0] ? ", " : "", s->ctl.reason);
	}
	if (n > SERVICES_SHOWN)
		fprintf(out, "  and %zu more: vipctl services --problems\n",
		    n - SERVICES_SHOWN);
	if (n)
		fputs("  Why: vipctl explain NAMESPACE/NAME\n", out);
}

void
show_status(const struct model *m, bool wide, FILE *out)
{
	size_t problems = 0;

	show_drained(m, out);
	show_node(m, out);
	fputc('\n', out);
	show_instances(m, wide, out);
	if (m->node.has_services) {
		fputc('\n', out);
		show_service_counts(m, out);
	}
	show_instance_problems(m, out, &problems);
	show_speakers(m, out, &problems);
	show_service_problems(m, out, &problems);
}

void
show_instances(const struct model *m, bool wide, FILE *out)
{
	struct table *t;

	if (!m->n_instances) {
		fprintf(out, "%s has no vrrp_instance.\n", m->node.config);
		return;
	}
	t = table_new(columns_of_instances(), wide);
	for (size_t i = 0; i < m->n_instances; i++)
		table_add(
		    t, &(struct table_row){ .model = m, .instance = &m->instances[i] });
	table_finish(t, out);
}

void
show_services(const struct model *m, bool problems, bool wide, FILE *out)
{
	struct table *t = NULL;

	for (size_t i = 0; i < m->n_services; i++) {
		if (problems && !model_service_problem(&m->services[i]))
			continue;
		if (!t)
			t = table_new(columns_of_services(), wide);
		table_add(
		    t, &(struct table_row){ .model = m, .service = &m->services[i] });
	}
	if (t)
		table_finish(t, out);
	else if (!m->node.has_services)
		fprintf(out, "%s has no services block: this node follows no Services.\n",
		    m->node.config);
	else if (problems && m->n_services)
		fprintf(out, "No problems: %zu Service%s.\n", m->n_services,
		    plural(m->n_services));
	else
		show_service_counts(m, out);
}

void
show_doctor(const struct doctor *d, FILE *out)
{
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];

		fprintf(out, "%-7s  %-12s  %s\n", doctor_mark_name(f->mark), f->check,
		    f->text);
		if (f->fix[0])
			fprintf(out, "%*sFIX: %s\n", 23, "", f->fix);
	}
}

void
show_event(const struct msg_ctl_event *e, FILE *out)
{
	char time[TEXT_TIME_LEN];

	fprintf(out, "%s  %-7s  %s\n", e->wall_us ? text_time(e->wall_us, time) : "-",
	    e->level == LOG_LEVEL_INFO ? "" : log_level_name(e->level), e->text);
}

void
show_explanation(
    const struct model *m, const char *key, const struct explanation *e, FILE *out)
{
	fprintf(out, "%s on %s%s%s\n\n", key, m->node.node, m->n_services ? ": " : "",
	    m->n_services ? service_state_name(m->services[0].ctl.state) : "");
	for (size_t i = 0; i < e->n_steps; i++)
		fprintf(out, "  %-2s  %-10s  %s\n", explain_mark_name(e->steps[i].mark),
		    explain_stage_name(e->steps[i].stage), e->steps[i].text);
	if (e->missing >= 0)
		fprintf(out, "\n%s: %s\n",
		    explain_found_fault(e) ? "First missing" : "Look at",
		    explain_stage_name(e->steps[e->missing].stage));
	fprintf(out, "%sFIX: %s\n", e->missing >= 0 ? "" : "\n", e->fix);
}

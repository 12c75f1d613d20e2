/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "why.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "model.h"
#include "remedy.h"
#include "show.h"
#include "text.h"

/* So many of its last events are shown. */
#define EVENTS_SHOWN 10
#define KEY "  %-10s  "

uint64_t
why_takeover_us(const struct msg_ctl_instance *info)
{
	const struct msg_instance *conf = &info->conf;
	uint64_t heard = info->state.master_advert_us, skew;

	if (info->state.state != VRRP_BACKUP)
		return 0;
	skew = (256 - conf->priority) * (conf->version == 2 ? US_PER_S : heard) / 256;
	return conf->down_adverts * heard + skew;
}

static void
show_master(const struct why *w, FILE *out)
{
	const struct msg_ctl_instance *info = &w->instance->info;
	const struct msg_state *s = &info->state;
	char text[IPADDR_STRLEN];
	const char *node;

	if (s->state == VRRP_MASTER)
		fprintf(out, KEY "this node, an advert every %g ms\n", "master",
		    (double)info->conf.advert_us / (double)US_PER_MS);
	if (s->state != VRRP_BACKUP)
		return;
	if (!s->master.family) {
		fprintf(out, KEY "none has been heard yet\n", "master");
	} else {
		node = model_node_of(w->model, info->conf.name, &s->master);
		fprintf(out, KEY "%s%s%s%s, priority %u, an advert every %g ms\n",
		    "master", node ? node : "", node ? " (" : "",
		    ipaddr_format(&s->master, text), node ? ")" : "", s->master_priority,
		    (double)s->master_advert_us / (double)US_PER_MS);
	}
	fprintf(out, KEY "after %.0f ms without an advert of it%s\n", "takeover",
	    (double)why_takeover_us(info) / (double)US_PER_MS,
	    info->conf.preempt ? ""
			       : "; a lower priority alone is no reason (nopreempt)");
}

/* "130: configured 150, -20 track_script chk (exit 1)" */
static void
show_priority(const struct why *w, FILE *out)
{
	const struct model_instance *i = w->instance;
	const struct msg_ctl_instance *info = &i->info;

	fprintf(out, KEY "%u: configured %u", "priority", info->conf.priority,
	    info->configured_priority);
	for (size_t k = 0; k < i->n_tracks; k++) {
		const struct msg_ctl_track *t = &i->tracks[k];

		if (t->adds)
			fprintf(out, ", %+" PRId32 " %s %s", t->adds,
			    track_kind_name((enum track_kind)t->kind), t->name);
	}
	for (unsigned k = 0; k < SOFT_REASON_COUNT; k++)
		if (info->soft & 1u << k)
			fprintf(out, ", below %d: %s", VRRP_PRIORITY_HEALTHY,
			    soft_reason_name(1u << k));
	fputc('\n', out);
}

static uint64_t
counter(const struct model_instance *i, const char *name)
{
	for (size_t k = 0; k < i->n_counters; k++)
		if (!strcmp(i->counters[k].name, name))
			return i->counters[k].value;
	return 0;
}

#define REFUSED "rx_"

/* What other routers say on other identifiers is none. */
static bool
is_refusal(const struct msg_counter *c)
{
	return !strncmp(c->name, REFUSED, strlen(REFUSED)) && strcmp(c->name, "rx_vrid");
}

static void
show_timers(const struct why *w, FILE *out)
{
	const struct model_instance *i = w->instance;
	uint64_t sent = counter(i, "adverts_sent");

	if (!sent)
		return;
	fprintf(out,
	    KEY "%" PRIu64 " of %" PRIu64 " adverts late by more than a tenth of the "
		"interval, %.2f ms on average\n",
	    "timers", counter(i, "adverts_late"), sent,
	    (double)counter(i, "lateness_us") / (double)sent / (double)US_PER_MS);
}

/* Of routers that do not take each other's adverts each may be master. */
static void
show_refused(const struct why *w, FILE *out)
{
	const struct model_instance *i = w->instance;
	const char *sep = ": ";
	uint64_t sum = 0;

	for (size_t k = 0; k < i->n_counters; k++)
		if (is_refusal(&i->counters[k]))
			sum += i->counters[k].value;
	if (!sum)
		return;
	fprintf(out, KEY "%" PRIu64 " adverts of others", "refused", sum);
	for (size_t k = 0; k < i->n_counters; k++) {
		const struct msg_counter *c = &i->counters[k];

		if (!c->value || !is_refusal(c))
			continue;
		fprintf(out, "%s%s %" PRIu64, sep, c->name + strlen(REFUSED), c->value);
		sep = ", ";
	}
	fputs(" (whose, and why: vipctl events)\n", out);
}

static void
show_changes(const struct why *w, FILE *out)
{
	const struct model_instance *i = w->instance;

	fprintf(out,
	    KEY "%" PRIu64 " to MASTER, %" PRIu64 " to BACKUP, %" PRIu64
		" to FAULT since vipd-engine began\n",
	    "changes", counter(i, "became_master"), counter(i, "became_backup"),
	    counter(i, "became_fault"));
}

static void
show_addresses(const struct why *w, FILE *out)
{
	const struct model_instance *i = w->instance;
	size_t installed = 0;

	for (size_t k = 0; k < i->n_addresses; k++)
		installed += i->addresses[k].installed;
	fprintf(out, KEY "%zu of %zu on an interface here\n", "addresses", installed,
	    i->n_addresses);
}

bool
why_is_of(const struct why *w, const struct msg_ctl_event *e)
{
	const char *name = w->instance->info.conf.name;
	size_t len = strlen(name);

	return !strncmp(e->text, name, len) && e->text[len] == ':';
}

static void
show_events(const struct why *w, FILE *out)
{
	size_t skip = 0;

	for (size_t k = 0; k < w->n_events; k++)
		skip += why_is_of(w, &w->events[k]);
	skip = skip > EVENTS_SHOWN ? skip - EVENTS_SHOWN : 0;
	fputs("\nIts last events (vipctl events has all):\n", out);
	for (size_t k = 0; k < w->n_events; k++)
		if (why_is_of(w, &w->events[k]) && (!skip || !skip--))
			show_event(&w->events[k], out);
}

void
why_show(const struct why *w, FILE *out)
{
	const struct msg_ctl_instance *info = &w->instance->info;
	char age[TEXT_DURATION_LEN], remedy[REMEDY_LEN];

	fprintf(out, "%s on %s has been %s for %s: %s\n\n", info->conf.name,
	    w->model->node.node, vrrp_state_name((enum vrrp_state)info->state.state),
	    text_duration(model_age_us(w->model, info->state.since_us), age),
	    model_instance_reason(w->instance));
	show_master(w, out);
	show_priority(w, out);
	show_timers(w, out);
	show_refused(w, out);
	show_changes(w, out);
	show_addresses(w, out);
	if (info->state.state == VRRP_FAULT || info->state.state == VRRP_INIT ||
	    info->state.reason == VRRP_REASON_OVERSLEPT)
		fprintf(
		    out, "\nFIX: %s\n", remedy_instance(w->model, w->instance, remedy));
	show_events(w, out);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <string.h>

#include "clock.h"
#include "hash.h"
#include "holder.h"
#include "mem.h"
#include "store.h"
#include "vacancy.h"
#include "view.h"
#include "writer.h"

/* Endpoints come after their Service, and pods are replaced. */
#define NO_ENDPOINTS_US (5 * US_PER_S)
/* As long as no node may have led (leader.h), and some. */
#define UNSAID_US (30 * US_PER_S)

/* Troubles that come with a reason. */
static const struct {
	uint32_t trouble;
	enum verdict verdict;
	enum event_reason event;
} reasoned[] = {
	{ REPORT_REFUSED, VERDICT_REFUSED, EVENT_EXTERNAL_IP_REFUSED },
	{ REPORT_CONFLICT, VERDICT_CONFLICT, EVENT_ADDRESS_CONFLICT },
	{ REPORT_INVALID, VERDICT_INVALID, EVENT_ALLOCATION_FAILED },
};

static uint32_t
trouble_of(enum verdict verdict)
{
	for (size_t i = 0; i < ARRAY_LEN(reasoned); i++)
		if (reasoned[i].verdict == verdict)
			return reasoned[i].trouble;
	return 0;
}

/* enum report_trouble, ored. */
static uint32_t
troubles_of(const struct view *v)
{
	uint32_t troubles = 0;

	if (!v->wanted)
		return 0;
	for (size_t i = 0; i < v->n_addresses; i++)
		if (v->addresses[i].origin == ORIGIN_EXTERNAL_IP ||
		    v->addresses[i].verdict == VERDICT_CONFLICT)
			troubles |= trouble_of((enum verdict)v->addresses[i].verdict);
	for (size_t i = 0; i < v->n_ports; i++)
		troubles |= trouble_of((enum verdict)v->ports[i].verdict);
	if (!v->n_addresses)
		troubles |= trouble_of((enum verdict)v->head.verdict);
	if (v->head.verdict == VERDICT_OK && !v->n_endpoints)
		troubles |= REPORT_NO_ENDPOINTS;
	return troubles;
}

/* The words of the first part that has the trouble. */
static const char *
reason_of(const struct view *v, enum verdict verdict)
{
	for (size_t i = 0; i < v->n_addresses; i++)
		if (v->addresses[i].verdict == verdict)
			return v->addresses[i].reason;
	return v->head.reason;
}

static void
say_no_endpoints(struct writer *w, const struct store_entry *e)
{
	writer_event(w, e->service, EVENT_NO_ENDPOINTS,
	    "no endpoint of this Service is ready: nothing answers on its addresses; "
	    "check its selector and the readiness of its pods");
}

static void
say(struct writer *w, const struct store_entry *e, const struct view *v, uint32_t what)
{
	for (size_t i = 0; i < ARRAY_LEN(reasoned); i++)
		if (what & reasoned[i].trouble)
			writer_event(w, e->service, reasoned[i].event, "%s",
			    reason_of(v, reasoned[i].verdict));
	if (what & REPORT_NO_ENDPOINTS)
		say_no_endpoints(w, e);
}

/* Of those troubles that have a reason: it may be another than before. */
static uint64_t
reasons_of(const struct view *v, uint32_t troubles)
{
	uint64_t h = HASH_INIT;

	for (size_t i = 0; i < ARRAY_LEN(reasoned); i++) {
		const char *text = reason_of(v, reasoned[i].verdict);

		if (troubles & reasoned[i].trouble)
			h = hash_add(h, text, strlen(text));
	}
	return hash_end(h);
}

/* Who does not lead keeps it for as long as nobody may have led. */
static uint32_t
due(struct writer *w, struct store_entry *e, uint32_t new, uint64_t now_us)
{
	uint32_t what = new;

	if (!writer_leads(w)) {
		e->unsaid |= new;
		if (new)
			e->unsaid_us = now_us;
		return 0;
	}
	if (now_us < e->unsaid_us + UNSAID_US)
		what |= e->unsaid & e->troubles;
	e->unsaid = 0;
	return what;
}

/*
 * What this node said of the Service is not true any longer: the next holder
 * says what is, unless no address of it is good, so that there will be none.
 */
static void
take_back(struct writer *w, const struct service_object *s, const struct view *v)
{
	struct service_status want = { 0 };

	if (!v->wanted || holder_address(v)) {
		writer_hold(w, s, &s->status);
		return;
	}
	status_set_condition(&want, STATUS_READY, false, "NotServed", v->head.reason);
	writer_hold(w, s, &want);
	status_fini(&want);
}

/* W3: who holds the first address writes VIPReady, and nobody else. */
static void
report_place(
    struct writer *w, const struct holder *h, struct store_entry *e, const struct view *v)
{
	const struct held_address *a = holder_speaks(h, v);
	struct service_status want = { 0 };
	char note[EVENT_NOTE_MAX];
	enum event_reason reason;

	if (!a) {
		if (e->holds)
			take_back(w, e->service, v);
		e->holds = false;
		return;
	}
	if (!e->holds &&
	    holder_event(
		&e->service->status, a, writer_node(w), &reason, note, sizeof(note)))
		writer_event(w, e->service, reason, "%s", note);
	e->holds = true;
	holder_want(&want, a, writer_node(w));
	writer_hold(w, e->service, &want);
	status_fini(&want);
}

/* W5: who leads cleans also what a holder has left. */
static void
clean_place(struct writer *w, const struct service_object *s)
{
	static const struct service_status none;

	if (writer_leads(w))
		writer_hold(w, s, &none);
}

void
report_failed(struct writer *w, const struct store_entry *e, const struct msg_failed *m)
{
	if (m->error && e->service)
		writer_event(w, e->service, EVENT_RULES_FAILED,
		    "node %s cannot forward this Service: %s", writer_node(w), m->text);
}

void
report(struct writer *w, const struct holder *h, struct store_entry *e,
    const struct view *v, uint64_t now_us)
{
	uint32_t troubles = troubles_of(v), new;
	uint64_t reasons;

	if (!e->service) {
		writer_forget(w, e->key);
		e->troubles = e->unsaid = 0;
		e->reasons = 0;
		e->no_endpoints_us = 0;
		e->holds = e->vacant = false;
		return;
	}
	if (!(troubles & REPORT_NO_ENDPOINTS))
		e->no_endpoints_us = 0;
	else if (!e->no_endpoints_us)
		e->no_endpoints_us = now_us;
	/* That one has to last: report_lasting() tells it. */
	troubles &= e->troubles | ~(uint32_t)REPORT_NO_ENDPOINTS;
	new = troubles & ~e->troubles;
	reasons = reasons_of(v, troubles);
	if (reasons != e->reasons)
		new |= troubles & ~(uint32_t)REPORT_NO_ENDPOINTS;
	e->troubles = troubles;
	e->reasons = reasons;
	say(w, e, v, due(w, e, new, now_us));
	report_place(w, h, e, v);
	if (!v->wanted)
		clean_place(w, e->service);
}

/* Its first good address, if the instance that carries it has no master. */
static const struct msg_service_address *
vacant_address(const struct view *v, const struct vacancy *vacancy, uint64_t now_us)
{
	const struct msg_service_address *a = holder_address(v);

	return a && vacancy_lasts(vacancy, a->instance, now_us) ? a : NULL;
}

static void
say_vacant(struct writer *w, struct store_entry *e, const struct msg_service_address *a)
{
	struct service_status want = { 0 };

	if (a) {
		holder_want_vacant(&want, &a->addr, a->instance);
		writer_hold(w, e->service, &want);
		status_fini(&want);
	} else if (e->vacant && !e->holds) {
		/* What has not been written yet is not true any longer. */
		writer_hold(w, e->service, &e->service->status);
	}
	e->vacant = a != NULL;
}

void
report_vacant(
    struct writer *w, const struct vacancy *vacancy, struct store *s, uint64_t now_us)
{
	bool any = writer_leads(w) && vacancy_any(vacancy, now_us);
	struct view v = { 0 };

	for (struct store_entry *e = s->entries; e; e = e->hh.next) {
		const struct msg_service_address *a = NULL;

		if (!e->service || (!any && !e->vacant))
			continue;
		if (any) {
			view_build(&v, e, s);
			a = vacant_address(&v, vacancy, now_us);
		}
		say_vacant(w, e, a);
	}
	view_fini(&v);
}

void
report_lasting(struct writer *w, struct store *s, uint64_t now_us)
{
	for (struct store_entry *e = s->entries; e; e = e->hh.next) {
		if (!e->service || !e->no_endpoints_us ||
		    e->troubles & REPORT_NO_ENDPOINTS ||
		    now_us < e->no_endpoints_us + NO_ENDPOINTS_US)
			continue;
		e->troubles |= REPORT_NO_ENDPOINTS;
		if (due(w, e, REPORT_NO_ENDPOINTS, now_us) & REPORT_NO_ENDPOINTS)
			say_no_endpoints(w, e);
	}
}

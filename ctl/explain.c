/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_walk.h"
#include "mem.h"
#include "model.h"
#include "text.h"

void
explain_say(struct explain_walk *w, enum explain_stage stage, enum explain_mark mark,
    const char *fmt, ...)
{
	struct explanation *e = w->out;
	struct explain_step *step;
	va_list ap;

	e->steps = array_grow(e->steps, e->n_steps, &e->cap_steps, sizeof(*step));
	step = &e->steps[e->n_steps];
	step->stage = stage;
	step->mark = mark;
	va_start(ap, fmt);
	vsnprintf(step->text, sizeof(step->text), fmt, ap);
	va_end(ap);
	text_clean(step->text, sizeof(step->text)); /* it may be cut */
	if ((mark == EXPLAIN_NO &&
		(e->missing < 0 || e->steps[e->missing].mark == EXPLAIN_WARN)) ||
	    (mark == EXPLAIN_WARN && e->missing < 0))
		e->missing = (int)e->n_steps;
	e->n_steps++;
}

void
explain_fix(struct explain_walk *w, const char *fmt, ...)
{
	va_list ap;

	if (w->out->missing != (int)w->out->n_steps - 1)
		return;
	va_start(ap, fmt);
	vsnprintf(w->out->fix, sizeof(w->out->fix), fmt, ap);
	va_end(ap);
	text_clean(w->out->fix, sizeof(w->out->fix));
}

const char *
explain_reason(const char *reason, const char *ours)
{
	return reason[0] ? reason : ours;
}

bool
explain_usable(const struct msg_service_address *a)
{
	return a->verdict == VERDICT_OK && a->addr.family;
}

bool
explain_has_usable(const struct explain_walk *w)
{
	for (size_t i = 0; w->s && i < w->s->n_addresses; i++)
		if (explain_usable(&w->s->addresses[i]))
			return true;
	return false;
}

static void
source(struct explain_walk *w)
{
	const struct msg_source_state *source = &w->m->node.source;
	const char *name = model_source_name(w->m);
	char remedy[REMEDY_LEN], age[TEXT_DURATION_LEN];

	remedy_source(w->m, remedy);
	if (!w->m->node.has_services) {
		explain_say(w, EXPLAIN_SOURCE, EXPLAIN_NO,
		    "%s has no services block: this node follows no Services",
		    w->m->node.config);
	} else if (model_connected(w->m)) {
		explain_say(w, EXPLAIN_SOURCE, EXPLAIN_OK, "%s, %s",
		    explain_reason(source->server, name), model_connected_word(w->m));
	} else if (w->s) {
		text_duration(model_stale_us(w->m), age);
		explain_say(w, EXPLAIN_SOURCE, EXPLAIN_WARN,
		    "%s is not followed: the last known state is served%s%s%s",
		    explain_reason(source->server, name),
		    model_has_news(w->m) ? ", " : "", model_has_news(w->m) ? age : "",
		    model_has_news(w->m) ? " old" : "");
	} else {
		explain_say(w, EXPLAIN_SOURCE, EXPLAIN_NO, "%s %s",
		    explain_reason(source->server, name),
		    model_has_news(w->m) ? "is not followed" : "has not answered yet");
	}
	explain_fix(w, "%s", remedy);
}

static void
unknown_service(struct explain_walk *w)
{
	const char *slash = strchr(w->key, '/');
	const char *server = w->m->node.source.server;

	explain_say(w, EXPLAIN_SERVICE, EXPLAIN_NO, "%s",
	    explain_reason(w->m->end.text, "vipd knows no such Service"));
	if (!slash || w->m->node.source.source == SOURCE_MANIFESTS)
		explain_fix(w, "put a Service %s with spec.externalIPs into %s", w->key,
		    explain_reason(server, "the manifests directory"));
	else
		explain_fix(w,
		    "see: kubectl -n %.*s get service %s; vipd takes those with "
		    "spec.externalIPs, and type LoadBalancer of its class, unless they "
		    "have the label service.kubernetes.io/service-proxy-name",
		    (int)(slash - w->key), w->key, slash + 1);
}

/* "what; remedy": the length of what. */
static int
what_len(const char *reason)
{
	const char *remedy = strstr(reason, "; ");

	return (int)(remedy ? (size_t)(remedy - reason) : strlen(reason));
}

/* The rest; all of it where that is not told apart. */
static const char *
remedy_of(const char *reason)
{
	const char *remedy = strstr(reason, "; ");

	return remedy ? remedy + 2 : reason;
}

static bool
is_ignored(const struct explain_walk *w)
{
	return w->s && w->s->info.verdict == VERDICT_IGNORED;
}

/* Nothing of it is here to walk through. */
static void
ignored(struct explain_walk *w)
{
	bool forlorn = w->s->info.flags & SERVICE_FORLORN;
	const char *reason = explain_reason(
	    w->s->info.reason, explain_reason(w->s->ctl.reason, "no reason given"));

	explain_say(w, EXPLAIN_SERVICE, forlorn ? EXPLAIN_NO : EXPLAIN_WARN,
	    "ignored: %.*s%s", what_len(reason), reason,
	    forlorn ? ", and nobody else has given it an address" : "");
	explain_fix(w, "%s, if vipd is to serve it", remedy_of(reason));
}

static void
service(struct explain_walk *w)
{
	const struct model_service *s = w->s;
	bool told_by_address = false;

	if (!s) {
		unknown_service(w);
		return;
	}
	if (is_ignored(w)) {
		ignored(w);
		return;
	}
	for (size_t i = 0; i < s->n_addresses; i++)
		told_by_address |= s->addresses[i].verdict != VERDICT_OK;
	if (s->info.verdict == VERDICT_OK || told_by_address ||
	    explain_lacks_allocation(w)) {
		explain_say(w, EXPLAIN_SERVICE, EXPLAIN_OK, "%s",
		    s->info.flags & SERVICE_LOADBALANCER ? "type LoadBalancer"
							 : "has external IPs");
		return;
	}
	explain_say(w, EXPLAIN_SERVICE, EXPLAIN_NO, "%s: %s",
	    model_verdict_name(s->info.verdict),
	    explain_reason(s->info.reason, "no reason given"));
	explain_fix(w, "%s", explain_reason(s->info.reason, "correct the Service"));
}

static void
refused_address(
    struct explain_walk *w, const struct msg_service_address *a, const char *text)
{
	explain_say(w, EXPLAIN_ADDRESS, EXPLAIN_NO, "%s (%s) %s%s%.*s",
	    a->addr.family ? text : "no address", model_origin_name(a->origin),
	    model_verdict_name(a->verdict), a->reason[0] ? ": " : "", what_len(a->reason),
	    a->reason);
	if (a->reason[0])
		explain_fix(w, "%s", a->reason);
	else if (a->verdict == VERDICT_REFUSED && a->origin == ORIGIN_EXTERNAL_IP)
		explain_fix(w,
		    "add %s to external_ips of the services block in %s on every "
		    "node and run: vipctl reload",
		    text, w->m->node.config);
	else if (a->verdict == VERDICT_PENDING)
		explain_fix(w, "wait; if it lasts, enlarge the address_pool in %s",
		    w->m->node.config);
	else
		explain_fix(w, "take %s out of the Service", text);
}

static void
addresses(struct explain_walk *w)
{
	if (!w->s) {
		explain_say(w, EXPLAIN_ADDRESS, EXPLAIN_SKIP, "waits for the Service");
		return;
	}
	for (size_t i = 0; i < w->s->n_addresses; i++) {
		const struct msg_service_address *a = &w->s->addresses[i];
		char text[IPADDR_STRLEN];

		ipaddr_format(&a->addr, text);
		if (!explain_usable(a))
			refused_address(w, a, text);
		else
			explain_say(w, EXPLAIN_ADDRESS, EXPLAIN_OK, "%s (%s), allowed",
			    text, model_origin_name(a->origin));
	}
	if (w->s->n_addresses)
		return;
	if (w->s->info.verdict != VERDICT_OK) {
		explain_say(w, EXPLAIN_ADDRESS, EXPLAIN_SKIP, "waits for %s",
		    explain_lacks_allocation(w) ? "an allocation" : "the Service");
		return;
	}
	explain_say(w, EXPLAIN_ADDRESS, EXPLAIN_NO, "it has no address");
	explain_fix(w,
	    "give it spec.externalIPs, or type LoadBalancer and an address_pool in %s",
	    w->m->node.config);
}

static void
placement(struct explain_walk *w)
{
	if (!explain_has_usable(w))
		explain_say(w, EXPLAIN_PLACEMENT, EXPLAIN_SKIP, "waits for an address");
	for (size_t i = 0; w->s && i < w->s->n_addresses; i++) {
		const struct msg_service_address *a = &w->s->addresses[i];
		char text[IPADDR_STRLEN];

		if (!explain_usable(a))
			continue;
		ipaddr_format(&a->addr, text);
		if (a->instance[0]) {
			explain_say(w, EXPLAIN_PLACEMENT, EXPLAIN_OK, "%s on instance %s",
			    text, a->instance);
			continue;
		}
		explain_say(w, EXPLAIN_PLACEMENT, EXPLAIN_NO,
		    "%s: no instance may carry it%s%s", text, a->reason[0] ? ": " : "",
		    a->reason);
		explain_fix(w,
		    "add %s to service_addresses of a vrrp_instance in %s on every "
		    "node and run: vipctl reload",
		    text, w->m->node.config);
	}
}

/* vipd sees something amiss that no stage has shown. */
static void
last_word(struct explain_walk *w)
{
	const struct msg_ctl_service *ctl = &w->s->ctl;

	if (ctl->state == SERVICE_SERVING || ctl->state == SERVICE_STANDBY ||
	    explain_found_fault(w->out))
		return;
	explain_say(w, EXPLAIN_SERVICE, EXPLAIN_NO, "%s: %s",
	    service_state_name(ctl->state),
	    explain_reason(ctl->reason, "no reason given"));
	explain_fix(w, "%s", explain_reason(ctl->reason, "see: journalctl -u vipd"));
}

static void
nothing_missing(struct explain_walk *w)
{
	for (size_t k = 0; k < w->s->n_addresses; k++) {
		const struct model_instance *i =
		    model_find_instance(w->m, w->s->addresses[k].instance);
		char master[IPADDR_STRLEN];
		const char *node;

		if (!i || i->info.state.state != VRRP_BACKUP)
			continue;
		node = model_node_of(w->m, i->info.conf.name, &i->info.state.master);
		snprintf(w->out->fix, sizeof(w->out->fix),
		    "nothing to fix on %s, which stands by; on the master, %s, run: "
		    "vipctl explain %s",
		    w->m->node.node,
		    node ? node : ipaddr_format(&i->info.state.master, master), w->key);
		return;
	}
	str_copy(w->out->fix, sizeof(w->out->fix), "nothing to fix");
}

void
explain(const struct model *m, const char *key, struct explanation *out)
{
	struct explain_walk w = {
		.m = m,
		.s = m->n_services ? &m->services[0] : NULL,
		.key = key,
		.out = out,
	};

	*out = (struct explanation){ .missing = -1 };
	source(&w);
	service(&w);
	if (is_ignored(&w))
		return;
	explain_pools(&w);
	explain_allocation(&w);
	addresses(&w);
	placement(&w);
	explain_node(&w);
	if (w.s)
		last_word(&w);
	if (out->missing < 0)
		nothing_missing(&w);
}

bool
explain_found_fault(const struct explanation *e)
{
	return e->missing >= 0 && e->steps[e->missing].mark == EXPLAIN_NO;
}

void
explain_free(struct explanation *e)
{
	free(e->steps);
	memset(e, 0, sizeof(*e));
}

const char *
explain_stage_name(enum explain_stage stage)
{
	static const char *const names[EXPLAIN_STAGE_COUNT] = {
		[EXPLAIN_SOURCE] = "source",
		[EXPLAIN_SERVICE] = "service",
		[EXPLAIN_POOL] = "pool",
		[EXPLAIN_ALLOCATION] = "allocation",
		[EXPLAIN_ADDRESS] = "address",
		[EXPLAIN_PLACEMENT] = "placement",
		[EXPLAIN_INSTANCE] = "instance",
		[EXPLAIN_INSTALLED] = "installed",
		[EXPLAIN_ANNOUNCED] = "announced",
		[EXPLAIN_RULES] = "rules",
		[EXPLAIN_ENDPOINTS] = "endpoints",
	};

	return names[stage];
}

const char *
explain_mark_name(enum explain_mark mark)
{
	static const char *const names[EXPLAIN_MARK_COUNT] = {
		[EXPLAIN_OK] = "ok",
		[EXPLAIN_WARN] = "!",
		[EXPLAIN_NO] = "NO",
		[EXPLAIN_SKIP] = "-",
	};

	return names[mark];
}

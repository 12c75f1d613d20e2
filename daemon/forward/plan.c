/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static bool
is_candidate(const struct msg_service_endpoint *e, size_t port, uint8_t family,
    bool local, uint32_t terminating)
{
	return e->port_index == port && e->addr.family == family &&
	    (e->flags & ENDPOINT_TERMINATING) == terminating &&
	    (!local || (e->flags & ENDPOINT_LOCAL));
}

/*
 * Appends the usable ones of a port for a family, of this node or of all
 * (KEP-1669): ready ones, or if there is none those that are about to end.
 */
static size_t
pick_endpoints(const struct told *told, size_t port, uint8_t family, bool local,
    enum endpoint_use use, struct endpoint *out)
{
	for (uint32_t terminating = 0; terminating <= ENDPOINT_TERMINATING;
	     terminating += ENDPOINT_TERMINATING) {
		size_t n = 0;

		for (size_t i = 0; i < told->n_endpoints; i++) {
			const struct msg_service_endpoint *e = &told->endpoints[i];

			if (!is_candidate(e, port, family, local, terminating))
				continue;
			out[n] = (struct endpoint){
				.port = e->port,
				.use = (uint8_t)use,
			};
			memcpy(out[n++].addr, e->addr.bytes, sizeof(e->addr.bytes));
		}
		if (n)
			return n;
	}
	return 0;
}

/* S7; a port without a local endpoint may be served as with Cluster. */
static bool
keeps_local(const struct told *told, size_t port, uint8_t family)
{
	if (!(told->head.flags & SERVICE_LOCAL))
		return false;
	if (!(told->head.flags & SERVICE_FALLBACK))
		return true;
	for (size_t i = 0; i < told->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &told->endpoints[i];

		if (e->port_index == port && e->addr.family == family &&
		    (e->flags & ENDPOINT_LOCAL))
			return true;
	}
	return false;
}

/* S10: source ranges hold for load balancer addresses. Of a static address
 * nobody knows any more why the Service has it: the strict way. */
static bool
is_restricted(const struct told *told, const struct msg_service_address *a)
{
	return told->n_sources > 0 && a->origin != ORIGIN_EXTERNAL_IP;
}

static size_t
pick_ranges(const struct told *told, uint8_t family, struct range *out)
{
	size_t n = 0;

	for (size_t i = 0; i < told->n_sources; i++) {
		const struct iprange *r = &told->sources[i];

		if (r->first.family != family || r->last.family != family)
			continue;
		memcpy(out[n].first, r->first.bytes, sizeof(out[n].first));
		memcpy(out[n++].last, r->last.bytes, sizeof(out[n].last));
	}
	return n;
}

static struct image *
port_image(const struct told *told, const struct msg_service_address *a, size_t port,
    const struct ruleset_conf *conf)
{
	/* An endpoint may be picked for both kinds of clients. */
	struct endpoint *_free_ endpoints =
	    xcalloc(2 * told->n_endpoints + 1, sizeof(*endpoints));
	struct range *_free_ ranges = xcalloc(told->n_sources + 1, sizeof(*ranges));
	struct wish_terms terms = {
		.treatment = TREAT_SERVE,
		.local = keeps_local(told, port, a->addr.family),
		.sticky = told->head.flags & SERVICE_AFFINITY_CLIENT,
		.restricted = is_restricted(told, a),
	};
	size_t n, n_here, n_ranges = 0;

	n = n_here = pick_endpoints(told, port, a->addr.family, false,
	    terms.local ? USE_INSIDE : USE_ALL, endpoints);
	if (terms.local) {
		n_here = pick_endpoints(
		    told, port, a->addr.family, true, USE_OUTSIDE, endpoints + n);
		n += n_here;
	}
	if (!n)
		terms.treatment = TREAT_REFUSE;
	else if (!n_here)
		terms.treatment = TREAT_DROP;
	if (terms.restricted)
		n_ranges = pick_ranges(told, a->addr.family, ranges);
	return image_make(&terms, endpoints, n, ranges, n_ranges, conf);
}

/* Takes image over; a target that is wished for already keeps its first wish. */
static void
add(struct wishes *w, const struct target_key *key, struct image *image)
{
	for (size_t i = 0; i < w->n; i++)
		if (memcmp(&w->at[i].key, key, sizeof(*key)) == 0) {
			image_free(image);
			return;
		}
	w->at[w->n++] = (struct wish){ .key = *key, .image = image };
}

static void
add_address(struct wishes *w, const struct told *told,
    const struct msg_service_address *a, const struct ruleset_conf *conf)
{
	struct wish_terms guard = {
		.treatment = a->origin == ORIGIN_STATIC ? TREAT_LEAVE : TREAT_GUARD,
		.gateway = a->gateway,
	};
	struct target_key key = { .addr = a->addr };

	add(w, &key, image_make(&guard, NULL, 0, NULL, 0, conf));
	for (size_t i = 0; i < told->n_ports; i++) {
		const struct msg_service_port *p = &told->ports[i];

		if (p->verdict != VERDICT_OK)
			continue;
		key.port = p->port;
		key.proto = p->proto;
		add(w, &key, port_image(told, a, i, conf));
	}
}

static bool
has_family(const struct told *told, uint8_t family)
{
	for (size_t i = 0; i < told->n_addresses; i++)
		if (told->addresses[i].verdict == VERDICT_OK &&
		    told->addresses[i].addr.family == family)
			return true;
	return false;
}

static int
key_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct target_key));
}

/* Whoever may have to answer over TCP, each once. */
static size_t
pick_backends(const struct told *told, struct target_key *out)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < told->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &told->endpoints[i];
		const struct msg_service_port *p = &told->ports[e->port_index];

		if (p->proto != IPPROTO_TCP || p->verdict != VERDICT_OK ||
		    !has_family(told, e->addr.family))
			continue;
		out[n++] = (struct target_key){
			.addr = e->addr,
			.port = e->port,
			.proto = p->proto,
			.backend = 1,
		};
	}
	if (n)
		qsort(out, n, sizeof(*out), key_cmp);
	for (size_t i = 0; i < n; i++)
		if (!kept || key_cmp(&out[kept - 1], &out[i]) != 0)
			out[kept++] = out[i];
	return kept;
}

static void
add_backends(struct wishes *w, const struct told *told, const struct ruleset_conf *conf)
{
	static const struct wish_terms hold = { .treatment = TREAT_HOLD };
	struct target_key *_free_ keys = xcalloc(told->n_endpoints + 1, sizeof(*keys));
	size_t n = pick_backends(told, keys);

	for (size_t i = 0; i < n; i++)
		w->at[w->n++] = (struct wish){
			.key = keys[i],
			.image = image_make(&hold, NULL, 0, NULL, 0, conf),
		};
}

struct wishes
plan_service(const struct told *told, const struct ruleset_conf *conf)
{
	struct wishes w = {
		.at = xcalloc(
		    told->n_addresses * (told->n_ports + 1) + told->n_endpoints + 1,
		    sizeof(*w.at)),
	};

	for (size_t i = 0; i < told->n_addresses; i++)
		if (told->addresses[i].verdict == VERDICT_OK)
			add_address(&w, told, &told->addresses[i], conf);
	add_backends(&w, told, conf);
	return w;
}

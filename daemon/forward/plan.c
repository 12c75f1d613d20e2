/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* The usable ones of a port for a family (KEP-1669): ready ones before those
 * that are about to end. */
static size_t
pick_endpoints(const struct told *told, size_t port, uint8_t family, bool local,
    struct endpoint *out)
{
	for (uint32_t terminating = 0; terminating <= ENDPOINT_TERMINATING;
	     terminating += ENDPOINT_TERMINATING) {
		size_t n = 0;

		for (size_t i = 0; i < told->n_endpoints; i++) {
			const struct msg_service_endpoint *e = &told->endpoints[i];

			if (e->port_index != port || e->addr.family != family ||
			    (e->flags & ENDPOINT_TERMINATING) != terminating ||
			    (local && !(e->flags & ENDPOINT_LOCAL)))
				continue;
			memset(&out[n], 0, sizeof(out[n]));
			memcpy(out[n].addr, e->addr.bytes, sizeof(out[n].addr));
			out[n++].port = e->port;
		}
		if (n)
			return endpoints_sort(out, n);
	}
	return 0;
}

static struct image *
port_image(const struct told *told, const struct msg_service_address *a, size_t port,
    const struct ruleset_conf *conf)
{
	struct endpoint *_free_ endpoints =
	    xcalloc(told->n_endpoints + 1, sizeof(*endpoints));
	bool local = told->head.flags & SERVICE_LOCAL;
	bool sticky = told->head.flags & SERVICE_AFFINITY_CLIENT;
	size_t n = pick_endpoints(told, port, a->addr.family, local, endpoints);
	enum treatment treatment = TREAT_SERVE;

	/* Source ranges hold for load balancer addresses (S10); until they are
	 * enforced nobody gets in, rather than everybody. */
	if (told->restricted && a->origin == ORIGIN_POOL)
		treatment = TREAT_DROP;
	else if (!n && local &&
	    pick_endpoints(told, port, a->addr.family, false, endpoints))
		treatment = TREAT_DROP;
	else if (!n)
		treatment = TREAT_REFUSE;
	return image_make(
	    treatment, endpoints, treatment == TREAT_SERVE ? n : 0, sticky, local, conf);
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
	enum treatment guard = a->origin == ORIGIN_STATIC ? TREAT_LEAVE : TREAT_GUARD;
	struct target_key key = { .addr = a->addr };

	add(w, &key, image_make(guard, NULL, 0, false, false, conf));
	for (size_t i = 0; i < told->n_ports; i++) {
		const struct msg_service_port *p = &told->ports[i];

		if (p->verdict != VERDICT_OK)
			continue;
		key.port = p->port;
		key.proto = p->proto;
		add(w, &key, port_image(told, a, i, conf));
	}
}

struct wishes
plan_service(const struct told *told, const struct ruleset_conf *conf)
{
	struct wishes w = {
		.at = xcalloc(told->n_addresses * (told->n_ports + 1) + 1, sizeof(*w.at)),
	};

	for (size_t i = 0; i < told->n_addresses; i++)
		if (told->addresses[i].verdict == VERDICT_OK)
			add_address(&w, told, &told->addresses[i], conf);
	return w;
}

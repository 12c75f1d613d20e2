/* SPDX-License-Identifier: GPL-2.0-or-later */
/* externalTrafficPolicy Local where no endpoint of a port is on this node. */
#include <stdio.h>
#include <string.h>

#include "explain_walk.h"
#include "model.h"

#define MASTERS_LEN 256

static bool
is_master(const struct model_node *n, const char *instance)
{
	for (size_t i = 0; i < n->n_instances; i++)
		if (n->instances[i].state == VRRP_MASTER &&
		    strcmp(n->instances[i].name, instance) == 0)
			return true;
	return false;
}

/* "edge on worker-b, edge6 on worker-a", of those that carry the Service. */
static void
masters(const struct explain_walk *w, char text[MASTERS_LEN])
{
	text[0] = '\0';
	for (size_t n = 0; n < w->m->n_nodes; n++)
		for (size_t i = 0; i < w->s->n_addresses; i++) {
			const char *instance = w->s->addresses[i].instance;
			const char *name = w->m->nodes[n].info.name;
			size_t at = strlen(text);
			char one[160];

			snprintf(one, sizeof(one), "%.64s on %.80s", instance, name);
			if (instance[0] && is_master(&w->m->nodes[n], instance) &&
			    !strstr(text, one))
				snprintf(text + at, MASTERS_LEN - at, "%s%.160s",
				    at ? ", " : "", one);
		}
}

void
explain_nothing_local(
    struct explain_walk *w, const struct msg_service_port *p, size_t count)
{
	const char *where = w->s->info.reason; /* the nodes that have some */
	char text[MASTERS_LEN];
	bool falls_back = w->s->info.flags & SERVICE_FALLBACK;

	masters(w, text);
	explain_say(w, EXPLAIN_ENDPOINTS, falls_back ? EXPLAIN_OK : EXPLAIN_WARN,
	    "%u/%s: externalTrafficPolicy is Local and none of %zu is on %s%s%s%s%s%s",
	    p->port, proto_name(p->proto), count, w->m->node.node,
	    where[0] ? "; they are on " : "", where, text[0] ? "; masters: " : "", text,
	    falls_back ? "; forwarded to other nodes (local_fallback cluster)" : "");
	explain_fix(w,
	    "run an endpoint on the master, or as many vrrp_instances as there are "
	    "candidates, so that each node is the master of one; or set local_fallback "
	    "cluster, or externalTrafficPolicy: Cluster");
}

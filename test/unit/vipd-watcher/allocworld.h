/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the allocator's tests: Services as the API has them, and what vipd
 * writes to them.
 */
#pragma once

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf_pool.h"
#include "mem.h"
#include "watcher/alloc.h"
#include "watcher/wish.h"

static inline struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	if (!ipaddr_parse(text, &a))
		abort();
	return a;
}

static inline struct pools *
pools_of(const char *text)
{
	struct conf_problems ps = { 0 };
	struct conf_pool *conf;
	size_t n;

	if (!conf_pools_load_text("t", text, strlen(text), &ps, &conf, &n))
		abort();
	conf_problems_free(&ps);
	return pools_new(conf, n);
}

/* What a test says of a Service; what it leaves out is the ordinary. */
struct spec {
	const char *ns; /* default */
	const char *name;
	const char *uid;
	int64_t created;
	uint16_t port;       /* 80 */
	uint8_t families[2]; /* IPv4 */
	enum family_policy policy;
	const char *wants; /* "A" or "A,B" */
	const char *pool, *sharing, *label, *bad;
	bool deleting;
	/* status, as vipd wrote it */
	struct ipaddr has[2];
	size_t n_has;
	const char *since;
	bool foreign;
};

static inline struct service_object *
make_service(const struct spec *spec)
{
	struct service_object *s = xcalloc(1, sizeof(*s));
	struct wish *w = s->wish = xcalloc(1, sizeof(*w));

	str_copy(s->id.ns, sizeof(s->id.ns), spec->ns ? spec->ns : "default");
	str_copy(s->id.name, sizeof(s->id.name), spec->name);
	str_copy(s->uid, sizeof(s->uid), spec->uid ? spec->uid : spec->name);
	s->created = spec->created;
	s->flags = SERVICE_LOADBALANCER;
	s->deleting = spec->deleting;
	s->ports = xcalloc(1, sizeof(*s->ports));
	s->ports[s->n_ports++] = (struct service_port){
		.port = spec->port ? spec->port : 80,
		.proto = IPPROTO_TCP,
		.name = xstrdup(""),
	};
	w->families[0] = spec->families[0] ? spec->families[0] : AF_INET;
	w->families[1] = spec->families[1];
	w->policy = spec->policy;
	w->pool = spec->pool ? xstrdup(spec->pool) : NULL;
	w->sharing = spec->sharing ? xstrdup(spec->sharing) : NULL;
	w->bad = spec->bad ? xstrdup(spec->bad) : NULL;
	if (spec->label) {
		w->labels = xcalloc(1, sizeof(*w->labels));
		w->labels[w->n_labels++] =
		    (struct label){ xstrdup("app"), xstrdup(spec->label) };
	}
	if (spec->wants) {
		char text[128], *rest = text, *item;

		str_copy(text, sizeof(text), spec->wants);
		while ((item = strsep(&rest, ",")))
			w->addrs[w->n_addrs++] = ip(item);
	}
	for (size_t i = 0; i < spec->n_has; i++)
		status_add_ingress(&s->status, &spec->has[i]);
	s->status.foreign_ingress = spec->foreign;
	if (spec->n_has && !spec->foreign) {
		status_set_condition(&s->status, STATUS_ALLOCATED, true, "Allocated", "");
		if (spec->since)
			s->status.conditions[STATUS_ALLOCATED].since =
			    xstrdup(spec->since);
	}
	return s;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of store.h: Services and slices, and what vipd is to be told of them. */
#pragma once

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "unit.h"
#include "watcher/settings.h"
#include "watcher/store.h"
#include "watcher/view.h"

static struct settings settings;
static struct store store;
static struct view view;

static inline struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert_msg(ipaddr_parse(text, &addr), "%s", text);
	return addr;
}

static inline void
setup(void)
{
	static struct iprange allowed[2], lan;
	static struct placement_instance edge = { .name = "edge", .vrid = 87 };

	ck_assert(iprange_parse("192.168.185.18-192.168.185.60", &allowed[0]));
	ck_assert(iprange_parse("10.9.0.0/24", &allowed[1]));
	ck_assert(iprange_parse("192.168.185.0/24", &lan));
	edge.ranges = &lan;
	edge.n_ranges = 1;
	settings = (struct settings){
		.external_ips = allowed,
		.n_external_ips = 2,
		.instances = &edge,
		.n_instances = 1,
	};
	str_copy(settings.conf.class, sizeof(settings.conf.class), "vipd.io/vip");
	store_init(&store, &settings);
}

static inline void
teardown(void)
{
	store_fini(&store);
	view_fini(&view);
}

/* "80" or "80,443" on one address; all TCP, named p80, p443. */
static inline struct service_object *
service(const char *name, const char *addr, int64_t created, int port, int port2)
{
	struct service_object *s = xcalloc(1, sizeof(*s));

	strcpy(s->id.ns, "default");
	str_copy(s->id.name, sizeof(s->id.name), name);
	s->created = created;
	s->asks = true;
	if (addr) {
		s->external_ips = xcalloc(1, sizeof(*s->external_ips));
		s->external_ips[s->n_external_ips++] = ip(addr);
	}
	s->ports = xcalloc(2, sizeof(*s->ports));
	for (int p = port; p; p = p == port ? port2 : 0) {
		s->ports[s->n_ports++] = (struct service_port){
			.port = (uint16_t)p,
			.proto = IPPROTO_TCP,
			.name = xasprintf("p%d", p),
		};
	}
	return s;
}

static inline struct slice_object *
slice(const char *name, const char *of, int port)
{
	struct slice_object *s = xcalloc(1, sizeof(*s));

	s->key = xasprintf("default/%s", name);
	s->service = xasprintf("default/%s", of);
	s->ports = xcalloc(1, sizeof(*s->ports));
	s->n_ports = 1;
	s->ports[0] = (struct slice_port){
		.port = (uint16_t)(port + 8000),
		.proto = IPPROTO_TCP,
		.name = xasprintf("p%d", port),
	};
	s->endpoints = xcalloc(8, sizeof(*s->endpoints));
	return s;
}

static inline struct slice_object *
with(struct slice_object *s, const char *addr, uint32_t flags)
{
	s->endpoints[s->n_endpoints++] =
	    (struct slice_endpoint){ .addr = ip(addr), .flags = flags };
	return s;
}

#define READY (SLICE_READY | SLICE_SERVING)
#define DYING (SLICE_SERVING | SLICE_TERMINATING)

static inline struct store_entry *
entry(const char *name)
{
	char key[SERVICE_KEY_LEN];
	struct store_entry *e;

	snprintf(key, sizeof(key), "default/%s", name);
	HASH_FIND(hh, store.entries, key, strlen(key), e);
	return e;
}

static inline const struct view *
look(const char *name)
{
	struct store_entry *e = entry(name);

	store_settle(&store);
	ck_assert_ptr_nonnull(e);
	view_build(&view, e, &store);
	return &view;
}

/* "10.0.0.1:8080 10.0.0.2:8080/L" with L local, T terminating. */
static inline const char *
endpoints(const char *name)
{
	static char text[2048];
	const struct view *v = look(name);
	char addr[IPADDR_STRLEN];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->n_endpoints; i++) {
		const struct msg_service_endpoint *ep = &v->endpoints[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%u%s%s%s",
		    i ? " " : "", ipaddr_format(&ep->addr, addr), ep->port,
		    ep->flags ? "/" : "", ep->flags & ENDPOINT_LOCAL ? "L" : "",
		    ep->flags & ENDPOINT_TERMINATING ? "T" : "");
	}
	return text;
}

static inline void
clean_all(void)
{
	struct store_entry *e, *next;

	store_settle(&store);
	for (e = TAILQ_FIRST(&store.dirty); e; e = next) {
		next = TAILQ_NEXT(e, of_dirty);
		store_clean(&store, e);
	}
}

static inline bool
is_dirty(const char *name)
{
	store_settle(&store);
	return entry(name) && entry(name)->dirty;
}

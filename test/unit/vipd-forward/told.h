/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services as intake leaves them, for the tests of what comes behind it. */
#pragma once

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "forward/intake.h"

#define TOLD_MAX 8

struct told_service {
	struct told told;
	struct msg_service_address addresses[TOLD_MAX];
	struct msg_service_port ports[TOLD_MAX];
	struct msg_service_endpoint endpoints[TOLD_MAX * TOLD_MAX];
};

static inline struct ipaddr
told_addr(const char *text)
{
	struct ipaddr a = { 0 };

	ipaddr_parse(text, &a);
	return a;
}

static inline void
told_begin(struct told_service *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->told.head.key.ns, NAME_LEN, "default");
	snprintf(s->told.head.key.name, NAME_LEN, "%s", name);
	s->told.addresses = s->addresses;
	s->told.ports = s->ports;
	s->told.endpoints = s->endpoints;
}

static inline struct msg_service_address *
told_address(struct told_service *s, const char *addr)
{
	struct msg_service_address *a = &s->addresses[s->told.n_addresses++];

	a->addr = told_addr(addr);
	a->origin = ORIGIN_EXTERNAL_IP;
	return a;
}

static inline struct msg_service_port *
told_port(struct told_service *s, uint16_t port)
{
	struct msg_service_port *p = &s->ports[s->told.n_ports++];

	p->port = port;
	p->proto = IPPROTO_TCP;
	return p;
}

static inline void
told_endpoint(struct told_service *s, uint16_t index, const char *addr, uint32_t flags)
{
	s->endpoints[s->told.n_endpoints++] = (struct msg_service_endpoint){
		.port_index = index,
		.port = 8080,
		.addr = told_addr(addr),
		.flags = flags,
	};
}

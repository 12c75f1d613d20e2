/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "intake.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static void
fault(struct told *t, int error, const char *text)
{
	if (t->error)
		return;
	t->error = error;
	t->text = text;
}

/* Appends m's records; false if that makes more than max. */
static bool
append(void **array, size_t *n, size_t max, size_t size, const struct msg *m)
{
	if (m->count > max - *n)
		return false;
	if (!m->count)
		return true;
	*array = xreallocarray(*array, *n + m->count, size);
	memcpy((char *)*array + *n * size, m->records, m->count * size);
	*n += m->count;
	return true;
}

static bool
is_sane_endpoint(const struct told *t, const struct msg_service_endpoint *e)
{
	if (e->port_index >= t->n_ports || !e->port || !ipaddr_is_routable(&e->addr))
		return false;
	/* A way back to ourselves. */
	for (size_t i = 0; i < t->n_addresses; i++)
		if (ipaddr_eq(&t->addresses[i].addr, &e->addr))
			return false;
	return true;
}

static void
check_endpoints(struct told *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n_endpoints; i++)
		if (is_sane_endpoint(t, &t->endpoints[i]))
			t->endpoints[kept++] = t->endpoints[i];
	if (kept < t->n_endpoints)
		t->oddity = "an endpoint has an impossible address or port";
	t->n_endpoints = kept;
}

/* Ports keep their index, which endpoints refer to. */
static void
check_ports(struct told *t)
{
	for (size_t i = 0; i < t->n_ports; i++) {
		struct msg_service_port *p = &t->ports[i];

		if (p->port &&
		    (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP ||
			p->proto == IPPROTO_SCTP))
			continue;
		p->verdict = VERDICT_INVALID;
		t->oddity = "a port has an impossible number or protocol";
	}
}

static void
finish(struct told *t)
{
	if (t->n_addresses * t->n_ports > INTAKE_TARGETS_MAX)
		fault(t, E2BIG, "too many addresses and ports");
	check_ports(t);
	check_endpoints(t);
}

static const char *
start(struct intake *in, const struct msg *m)
{
	if (in->open)
		return "SERVICE inside of a SERVICE";
	intake_clear(in);
	in->told.head = *(const struct msg_service *)m->head;
	in->open = true;
	return NULL;
}

const char *
intake_frame(struct intake *in, const struct msg *m)
{
	struct told *t = &in->told;
	bool fits = true;

	if (m->type == MSG_SERVICE)
		return start(in, m);
	if (!in->open)
		return "a part of a Service without its SERVICE";
	if (m->type == MSG_SERVICE_ADDRESSES)
		fits = append((void **)&t->addresses, &t->n_addresses,
		    INTAKE_ADDRESSES_MAX, sizeof(*t->addresses), m);
	else if (m->type == MSG_SERVICE_PORTS)
		fits = append((void **)&t->ports, &t->n_ports, INTAKE_PORTS_MAX,
		    sizeof(*t->ports), m);
	else if (m->type == MSG_SERVICE_ENDPOINTS)
		fits = append((void **)&t->endpoints, &t->n_endpoints,
		    INTAKE_ENDPOINTS_MAX, sizeof(*t->endpoints), m);
	else if (m->type == MSG_SERVICE_SOURCES)
		fits = append((void **)&t->sources, &t->n_sources, INTAKE_SOURCES_MAX,
		    sizeof(*t->sources), m);
	else
		in->open = false;
	if (!fits)
		fault(t, E2BIG, "too many addresses, ports, endpoints or source ranges");
	if (!in->open)
		finish(t);
	return NULL;
}

void
intake_clear(struct intake *in)
{
	free(in->told.addresses);
	free(in->told.ports);
	free(in->told.endpoints);
	free(in->told.sources);
	*in = (struct intake){ 0 };
}

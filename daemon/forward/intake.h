/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the frames of one Service together, from SERVICE to SERVICE_END. vipd
 * relays ports and endpoints unread, so what is in them is checked here: what
 * makes no sense is left out and named, the rest is served.
 */
#pragma once

#include "msg.h"

/* A Service larger than this is refused. */
#define INTAKE_ADDRESSES_MAX 128
#define INTAKE_PORTS_MAX 512
#define INTAKE_TARGETS_MAX 4096
#define INTAKE_ENDPOINTS_MAX 32768
#define INTAKE_SOURCES_MAX 1024

struct told {
	struct msg_service head;
	struct msg_service_address *addresses;
	size_t n_addresses;
	struct msg_service_port *ports;
	size_t n_ports;
	struct msg_service_endpoint *endpoints; /* port_index < n_ports */
	size_t n_endpoints;
	struct iprange *sources; /* loadBalancerSourceRanges; none: all */
	size_t n_sources;
	const char *oddity; /* what was left out of it; NULL */
	int error;          /* positive errno: why it cannot be served; 0 */
	const char *text;
};

struct intake {
	struct told told;
	bool open; /* between SERVICE and SERVICE_END */
};

/*
 * Takes SERVICE, ADDRESSES, PORTS, ENDPOINTS, SOURCES or END. At END the
 * Service is complete in in->told until intake_clear. Returns NULL, or what
 * is wrong with the order of frames.
 */
const char *intake_frame(struct intake *in, const struct msg *m);
void intake_clear(struct intake *in);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd is told of one Service: its addresses with verdict and placement,
 * its ports, and the usable endpoints of each port (KEP-1669), computed anew
 * from the Service and all its slices (E7), in an order that is the same on
 * every node (I6). Pure: (entry, claims, settings) -> messages.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct store;
struct store_entry;
struct view_candidate;

/* One is used again and again; view_fini() frees what it has grown to. */
struct view {
	bool wanted;  /* it has, or asks for, an address of vipd's */
	bool ignored; /* it asks somebody else: only the head is told, with why */
	struct msg_service head;
	struct msg_service_address *addresses;
	size_t n_addresses;
	size_t cap_addresses;
	struct msg_service_port *ports;
	size_t n_ports;
	size_t cap_ports;
	struct msg_service_endpoint *endpoints;
	size_t n_endpoints;
	size_t cap_endpoints;
	const struct iprange *sources; /* the object's */
	size_t n_sources;
	/* Endpoints that may not be one (E11): how many, and one of them. */
	size_t n_dropped;
	struct ipaddr dropped;
	struct view_candidate *scratch;
	size_t cap_scratch;
};

void view_build(struct view *v, const struct store_entry *e, const struct store *store);
void view_fini(struct view *v);
/* Equal views have equal hashes; never 0. */
uint64_t view_hash(const struct view *v);
/* Something of it is refused, in conflict, pending or malformed. */
bool view_has_trouble(const struct view *v);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instance carries an address (I12). Those that may are the ones whose
 * service_addresses contain it, else the bare ones. Where several may, the
 * allocator chooses (rendezvous hash of the address over virtual_router_ids)
 * and records its choice in the Service; every node obeys the record, and the
 * choice stays while its instance may carry the address. Pure: configuration
 * and API objects only, never the state of a node's interfaces.
 *
 * The record is the message of condition vipd.io/Placed:
 * "192.0.2.40=87, 2001:db8::1=88", addresses and virtual_router_ids.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"
#include "msg.h"

struct claims;
struct settings;

struct placement_instance {
	char name[NAME_LEN];
	uint8_t vrid;
	bool bare; /* carries what no other instance names */
	struct iprange *ranges;
	size_t n_ranges;
	size_t cap_ranges;
};

/* What speaks for one of several instances. */
struct placement_wish {
	const char *pin; /* an instance's name; NULL: none */
	uint8_t vrid;    /* of the record; 0: none */
	/* Whether the instance serves what a Service needs (NULL: each does):
	 * where some do, only those may carry the address. */
	bool (*suits)(void *arg, const struct placement_instance *in);
	void *arg;
};

/* What the allocator records: the pin, what is recorded, else its own choice. NULL
 * where none fits. */
const struct placement_instance *placement_choose(const struct ipaddr *addr,
    const struct placement_instance *instances, size_t n,
    const struct placement_wish *wish);
/*
 * What a node obeys: the record, or the only instance that fits. NULL: none
 * fits (*n_fit is 0), or the record is still to come.
 */
const struct placement_instance *placement_obey(const struct ipaddr *addr,
    const struct placement_instance *instances, size_t n, uint8_t vrid, size_t *n_fit);

/* 0: the record does not name the address. record may be NULL. */
uint8_t placement_recorded(const char *record, const struct ipaddr *addr);
/* Appends to a record of size bytes. */
void placement_record(char *record, size_t size, const struct ipaddr *addr, uint8_t vrid);

/* What speaks for addr: pin and record of the oldest Service that has one. */
struct placement_wish placement_wish_of(
    const struct claims *claims, const struct ipaddr *addr);

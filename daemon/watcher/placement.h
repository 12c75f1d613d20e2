/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instance carries an address (I12): the ones whose service_addresses
 * contain it, else the bare ones; among several the highest rendezvous hash of
 * the address over their virtual_router_ids. Pure, and the same on every node
 * and in every version: it follows from configuration and the address only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"
#include "msg.h"

struct placement_instance {
	char name[NAME_LEN];
	uint8_t vrid;
	bool bare; /* carries what no other instance names */
	struct iprange *ranges;
	size_t n_ranges;
	size_t cap_ranges;
};

/* The instance, or NULL where none fits. */
const struct placement_instance *placement_pick(
    const struct ipaddr *addr, const struct placement_instance *instances, size_t n);

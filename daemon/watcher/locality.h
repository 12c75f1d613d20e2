/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * externalTrafficPolicy Local and placement: an address whose Service wants
 * its endpoints on the node that holds it belongs on an instance whose master
 * has one that is ready. Who is master is known from the nodes' Leases. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct placement_instance;
struct service_object;
struct settings;
struct store;
struct store_entry;

/* What is kept of a node's name at each endpoint; never 0. */
uint64_t locality_of(const char *node);

struct locality {
	const struct store *store;
	const struct store_entry *entry; /* of the Service; NULL: none is local */
	uint64_t now_us;
};

/* The instance's master has a ready endpoint. arg: struct locality *. */
bool locality_suits(void *arg, const struct placement_instance *in);
/* Some instance's master has; of none it can be said while Leases are unknown. */
bool locality_any(struct locality *l);
/* The nodes that have a ready endpoint, for people: "worker-a, worker-b"; cut
 * behind a few. */
void locality_name(
    const struct store *store, const struct store_entry *e, char *text, size_t size);
/* Changes when the master of an instance does. */
uint64_t locality_masters(const struct store *store, uint64_t now_us);

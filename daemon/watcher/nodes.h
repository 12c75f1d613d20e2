/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Nodes of the cluster, as far as they matter: their addresses, which are
 * nobody else's (I8), and whether the cluster wants them to serve load
 * balancers (lines N1 to N4 of kubernetes.md). Pure.
 *
 * Every reason found here is a soft one: such a node serves only if no other
 * can, so that never every node is ineligible. A cordon is no reason (N3), nor
 * is a kubelet that does not answer: what serves, serves.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "decode.h"

#define NODE_OBJECT_NAME_LEN 256

enum node_out {
	NODE_WANTED,
	NODE_EXCLUDED,       /* the label exclude-from-external-load-balancers */
	NODE_OUT_OF_SERVICE, /* the taint */
	NODE_BEING_DELETED,
	NODE_GONE, /* there was one of this name */
};

struct node_object {
	char name[NODE_OBJECT_NAME_LEN];
	struct ipaddr *addresses; /* InternalIP, then ExternalIP */
	size_t n_internal;
	size_t n_addresses;
	enum node_out out;
};

struct node_entry {
	struct node_object *object;
	UT_hash_handle hh;
};

struct node_address;

struct nodes {
	struct node_entry *entries;
	struct node_address *addresses;
	uint32_t changes;         /* counts them */
	uint32_t address_changes; /* those that concern addresses */
};

enum decoded decode_node(const json_t *json, struct node_object **out, struct fault *f);
void node_object_free(struct node_object *n);

void nodes_fini(struct nodes *ns);
/* Take the objects. */
void nodes_put(struct nodes *ns, struct node_object *n);
void nodes_remove(struct nodes *ns, const char *name);
void nodes_replace(struct nodes *ns, void *const *objects, size_t n);
void nodes_compare(const struct nodes *ns, void *const *objects, size_t n, size_t *held,
    size_t *missing);

const struct node_object *nodes_find(const struct nodes *ns, const char *name);
/* The Node that has this address, of any type; NULL: none. */
const char *nodes_name_of(const struct nodes *ns, const struct ipaddr *addr);
/* All addresses, in no order; the caller frees them. */
struct ipaddr *nodes_addresses(const struct nodes *ns, size_t *n);
/* The one Node that has one of these as an InternalIP; NULL: none, or several. */
const struct node_object *nodes_of_addresses(
    const struct nodes *ns, const struct ipaddr *addresses, size_t n);
/* What it means, with the remedy; for people. */
const char *node_out_text(enum node_out out);

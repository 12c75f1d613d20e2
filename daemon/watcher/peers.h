/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes that run vipd, as their Leases vipd-NODE tell: version, hash of
 * the configuration, and each instance's state. Written every minute and on
 * change, so what is here is news for people and for placement, never the
 * ground of an election. Both directions of the annotation; pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "decode.h"
#include "msg.h"

#define PEERS_PREFIX "vipd-"
#define PEERS_ANNOTATION "vipd.io/node"
/* Not heard of for so long: its node is not running vipd. */
#define PEERS_STALE_S 180

struct nodes;

struct peer_object {
	struct msg_node head; /* seen_us and here: of whoever holds it */
	char version[128];    /* resourceVersion */
	struct msg_node_instance *instances;
	size_t n_instances;
};

struct peer_entry {
	struct peer_object *object;
	bool told; /* vipd knows it as it is */
	UT_hash_handle hh;
};

struct peers {
	struct peer_entry *entries; /* by the node's name */
	/* Names of Leases that are gone, to be told; owned. */
	char **gone;
	size_t n_gone;
	size_t cap_gone;
};

/* A Lease: DECODED_IGNORED if it is no node's. */
enum decoded decode_peer(const json_t *json, struct peer_object **out, struct fault *f);
void peer_object_free(struct peer_object *p);
/* The annotation's value; the caller frees it. */
char *peer_text(
    const struct msg_node *head, const struct msg_node_instance *instances, size_t n);

void peers_fini(struct peers *ps);
void peers_put(struct peers *ps, struct peer_object *p, uint64_t now_us);
/* name: of the Lease, without its namespace. */
void peers_remove(struct peers *ps, const char *lease);
void peers_replace(struct peers *ps, void *const *objects, size_t n, uint64_t now_us);
void peers_compare(const struct peers *ps, void *const *objects, size_t n, size_t *held,
    size_t *missing);

/* Forgets nodes that are not in the cluster any longer, once their Leases, which
 * nobody deletes, are stale. */
void peers_forget_removed(struct peers *ps, const struct nodes *nodes, uint64_t now_us);
/* The node's Lease is there, and not stale. */
bool peers_is_fresh(const struct peers *ps, const char *node, uint64_t now_us);
/* The node that is master of an instance, as far as is known; or NULL. */
const char *peers_master(const struct peers *ps, const char *instance, uint64_t now_us);

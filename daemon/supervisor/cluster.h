/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the watcher says of the other nodes that run vipd: kept for vipctl and
 * for nothing else. Elections never look here.
 */
#pragma once

#include <stdbool.h>
#include <uthash.h>

#include "msg.h"

struct chan;

/* Neither the watcher nor a cluster can make vipd grow beyond this. */
#define CLUSTER_NODES_MAX 4096

struct cluster_node {
	struct msg_node head;
	struct msg_node_instance *instances;
	size_t n_instances;
	UT_hash_handle hh;
};

struct cluster {
	struct cluster_node *nodes; /* by name */
};

/* MSG_NODE, MSG_NODE_GONE. */
void cluster_take(struct cluster *c, const struct msg *m);
/* A new watcher tells all of them again. */
void cluster_clear(struct cluster *c);
/* All of them, sorted by name. */
void cluster_answer(struct cluster *c, struct chan *to);

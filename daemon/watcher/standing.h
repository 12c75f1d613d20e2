/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this node stands in the cluster, both ways: vipd hears whether the
 * cluster wants this node to serve and which other nodes run vipd; the others
 * hear of this node through its Lease. Decides nothing else.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "msg.h"

struct api;
struct chan;
struct holder;
struct nodelease;
struct store;
struct writer;

struct standing {
	struct chan *chan;
	struct nodelease *lease; /* NULL: no API to write to */
	char config[20];
	bool was_here; /* a Node of our name has been seen */
	bool told_any; /* vipd has been told whether we may serve */
	struct msg_eligible told;
};

void standing_init(struct standing *st, struct chan *chan);
/* An API server to write to; config: hash of the configuration. */
void standing_open(
    struct standing *st, struct ev_loop *loop, struct api *api, const char *config);
void standing_close(struct standing *st);
/* Anything may have changed. nodes_known: all Nodes are in the store. */
void standing_update(struct standing *st, struct store *s, const struct holder *h,
    const struct writer *w, bool nodes_known);

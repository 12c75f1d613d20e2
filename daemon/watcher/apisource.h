/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API server as the source of Services: a kubeconfig, and a feed for each
 * of the two resources. Files are read again when they change, before each
 * request and after a 401 (A4); a kubeconfig that cannot be used is tried
 * again every two seconds. Several servers of the cluster are tried in turn. Before the
 * first list the store holds what the snapshot of an earlier run kept, if there is one of
 * this cluster (I4).
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

struct api;
struct apisource;
struct msg_watcher_conf;
struct source_ops;
struct source_state;
struct store;

/* conf is copied. */
struct apisource *apisource_new(struct ev_loop *loop, struct store *store,
    const struct msg_watcher_conf *conf, const struct source_ops *ops, void *arg);
void apisource_start(struct apisource *s);
void apisource_free(struct apisource *s);
/* Its write side; ends with it. */
struct api *apisource_api(struct apisource *s);
/* Lists everything again, from the newest state there is, then on_newest(). */
void apisource_read_newest(struct apisource *s);
/* All Nodes are in the store. */
bool apisource_knows_nodes(const struct apisource *s);
void apisource_state(const struct apisource *s, struct source_state *state);

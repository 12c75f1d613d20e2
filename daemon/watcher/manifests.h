/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of manifests as the source of Services, followed with inotify. A
 * file counts when it is closed after writing or renamed into place. One that
 * cannot be read or understood keeps the objects it had and is named in the
 * error; one that is removed takes them along at once. A directory that is not
 * there is waited for.
 */
#pragma once

#include <ev.h>

struct manifests;
struct source_ops;
struct source_state;
struct store;

/* node_name: configured; empty: found out. */
struct manifests *manifests_new(struct ev_loop *loop, struct store *store,
    const char *directory, const char *configured_node_name, const struct source_ops *ops,
    void *arg);
/* What is there is read before it returns. */
void manifests_start(struct manifests *m);
void manifests_free(struct manifests *m);
void manifests_state(const struct manifests *m, struct source_state *state);

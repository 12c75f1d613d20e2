/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two sources of Services, the API server and a directory of
 * manifests, have in common: they fill the store, and say how well they are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

struct source_ops {
	/* For the first time all there is has been put into the store;
	 * complete: nothing of it could not be read. May be called once more
	 * when that has come true. From a snapshot: what there was once. */
	void (*on_listed)(void *arg, enum sync_source source, bool complete);
	/* The store may have changed. */
	void (*on_changed)(void *arg);
	/* What apisource_read_newest() asked for is in the store. */
	void (*on_newest)(void *arg);
	/* The state may have changed. */
	void (*on_state)(void *arg);
};

struct source_state {
	bool listed;               /* on_listed was called, not for a snapshot */
	uint64_t fresh_us;         /* last proof of being up to date; 0 never */
	uint64_t snapshot_wall_us; /* of what the store holds; 0: it is none */
	char server[256];          /* URL or directory */
	char error[256];           /* with the remedy; empty: all is well */
	bool passing;              /* the error is nobody's fault and passes by itself */
	char node_name[256];
	const char *node_name_source;
};

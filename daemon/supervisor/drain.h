/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * That this node is drained, kept in the state directory until somebody ends
 * it: over restarts and reboots. The directory belongs to an unprivileged
 * child, so nothing in it is followed or trusted beyond that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

struct drain {
	bool on;
	uint64_t since_wall_us;
	char reason[REASON_LEN]; /* may be empty; printable */
};

/* What the directory holds; whatever cannot be read or understood but is there
 * counts as drained, with a warning. */
void drain_load(struct drain *d, const char *state_dir);
/* Both are on disk when they return 0; else -errno, and nothing has changed. */
int drain_begin(struct drain *d, const char *state_dir, const char *reason);
int drain_end(struct drain *d, const char *state_dir);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last JOURNAL_MAX log lines of vipd and its children (debug apart), kept
 * in memory for `vipctl events`, on a node whose system journal may be small,
 * slow or elsewhere. A line is an event: transitions with their cause, what
 * was refused, what came back. Knows nobody who reads it.
 */
#pragma once

#include <stdint.h>

#include "log.h"

#define JOURNAL_MAX 1024

struct journal_entry {
	uint64_t id; /* counts from 1 */
	uint64_t wall_us;
	enum log_level level;
	char *text;
};

struct journal {
	struct journal_entry entries[JOURNAL_MAX];
	uint64_t last_id; /* 0: none yet */
};

/* From now on every line that is logged comes here too, then on_line(arg). */
void journal_start(struct journal *j, void (*on_line)(void *arg), void *arg);
void journal_add(
    struct journal *j, enum log_level level, const char *line, uint64_t wall_us);
/* The oldest that is kept with an id above `after`; NULL: none. */
const struct journal_entry *journal_next(const struct journal *j, uint64_t after);

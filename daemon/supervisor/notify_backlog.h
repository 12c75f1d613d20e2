/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The changes of one instance or group that wait for their commands: in their
 * order, bounded, and the newest is never the one that is left out. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "conf_watch.h"

#define NOTIFY_BACKLOG_MAX 8

struct notify_event {
	enum conf_notify_event what; /* not NOTIFY_ANY */
	uint8_t priority;
};

struct notify_backlog {
	struct notify_event waiting[NOTIFY_BACKLOG_MAX];
	size_t count;
};

/* True if an older one had to be left out. */
bool notify_backlog_push(struct notify_backlog *b, const struct notify_event *e);
/* False: nothing waits. */
bool notify_backlog_pop(struct notify_backlog *b, struct notify_event *out);

/* "MASTER", ..., as commands and FIFOs are told. */
const char *notify_word(enum conf_notify_event what);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who reads the journal: `vipctl events` hears what it holds, with --follow
 * also every line from then on. A line is told from the event loop, never from
 * inside the call that logged it; a reader that lags behind a full journal is
 * told how many lines it missed, and never makes vipd wait or grow.
 */
#pragma once

#include <ev.h>

#include "control.h"
#include "journal.h"

#define FOLLOWERS_MAX 8

struct follower {
	struct control_client *client; /* NULL: free */
	uint64_t told;                 /* the last id */
	bool follows;
};

struct followers {
	struct ev_loop *loop;
	struct journal *journal;
	ev_prepare due;
	struct follower list[FOLLOWERS_MAX];
};

/* Takes every log line from now on. */
void followers_init(struct followers *fs, struct ev_loop *loop, struct journal *journal);
/* Answers the request; it ends at once, or with `follows` never. */
void followers_add(struct followers *fs, struct control_client *cl, bool follows);
void followers_remove(struct followers *fs, const struct control_client *cl);
/* The client has room again. */
void followers_drained(struct followers *fs);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's memory of the auth_hmac sequences that are used up, kept for the
 * next engine (MSG_MARKS). They mean nothing to vipd, and end with it.
 */
#pragma once

#include <stddef.h>

#include "msg.h"

/* Of one instance: a mark for each sender and one of its own. */
struct marks {
	struct msg_mark list[MARKS_SENDERS + 1];
	size_t n;
};

struct instances;

/* In place of the sender's last, else of the oldest where there is no room. */
void marks_keep(struct marks *marks, const struct msg_mark *mark);
/* From the engine. */
void marks_take(struct instances *is, const struct msg *m);
/* To a new one, which has been told of the instances. */
void marks_tell(const struct instances *is);

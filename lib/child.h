/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short ritual of vipd's children: each is executed as root with its
 * socket at MSG_CHILD_FD, sets itself up, drops what it does not need, says
 * HELLO, and from then on ends on vipd's word or when the socket closes.
 *
 * vipd passes what a child must know before HELLO by environment:
 * VIPD_USER (to become), VIPD_VERBOSE.
 */
#pragma once

#include <stdint.h>

#include "chan.h"

struct child {
	struct ev_loop *loop;
	struct chan chan;
	uint32_t log_dropped;
};

/*
 * First call of a child's main: refuses to run by hand (a message that says
 * how it is meant), ignores HUP, INT, TERM and PIPE, opens the channel and
 * sends log lines there.
 */
void child_init(struct child *c, const char *program, const struct chan_ops *ops);
/*
 * Becomes VIPD_USER with the capabilities of the mask (1 << CAP_...) and
 * nothing else, sets no_new_privs, and says HELLO. Fatal if it cannot drop.
 */
void child_drop(struct child *c, uint64_t keep);
/* The answer to MSG_PING. */
void child_pong(struct child *c);
/* For chan_ops.on_closed: exits. */
_Noreturn void child_closed(struct chan *chan, const char *why);

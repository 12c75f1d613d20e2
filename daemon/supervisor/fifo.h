/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify_fifo: lines for whoever reads them, never waited for. Without a reader
 * they stay in the FIFO until it is full; what does not fit is counted. Beside
 * it runs its script, if it has one, again and again.
 */
#pragma once

#include <stdint.h>

#include "log.h"
#include "run.h"

struct fifo {
	struct ev_loop *loop;
	struct runner *runner;
	struct conf_command conf; /* copies; text NULL: none */
	struct conf_command script;
	int fd;    /* -1: none */
	bool made; /* by vipd, so it goes with it */
	struct run *run;
	ev_timer again;
	unsigned failures;
	uint64_t began_us;
	struct log_limit drops;
};

void fifo_init(struct fifo *f, struct ev_loop *loop, struct runner *runner);
/* What did not change stays open, and its script goes on. */
void fifo_configure(
    struct fifo *f, const struct conf_command *conf, const struct conf_command *script);
void fifo_write(struct fifo *f, const char *line);
/* Ends its script, and removes the FIFO if vipd made it. */
void fifo_close(struct fifo *f);

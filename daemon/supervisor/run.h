/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs commands of the configuration: one process group each, as its user with
 * that user's groups, /dev/null as input, a short environment, no descriptor of
 * vipd's. Starting one forks and never waits; many at once are started a few a
 * loop round. Output is read and thrown away, but for the beginning, which is
 * logged at debug. Knows nothing of what a command is for.
 *
 * A command that is late counts as failed at once; its group gets SIGTERM and
 * 2 s later SIGKILL. on_gone comes when the process has ended, not before.
 */
#pragma once

#include <ev.h>

#include "conf_watch.h"

struct run;

enum run_end {
	RUN_EXITED, /* code: status */
	RUN_KILLED, /* code: signal */
	RUN_LATE,
	RUN_CANNOT, /* code: errno; it never began */
};

struct run_result {
	enum run_end end;
	int code;
	char text[160]; /* "exit 1", "cannot be run: ..." */
};

struct run_ops {
	void (*on_result)(void *arg, const struct run_result *result);
	/* The struct run is no more. */
	void (*on_gone)(void *arg);
};

struct run_user;

struct runner {
	struct ev_loop *loop;
	bool security; /* enable_script_security */
	struct run *first;
	struct run_user *users;
	ev_timer pace;
};

#define RUN_EXTRA_MAX 5

struct run_spec {
	const char *subject; /* of log lines: "vrrp_script chk_http" */
	const struct conf_command *command;
	const char *extra[RUN_EXTRA_MAX]; /* arguments behind its own; NULL ends */
	uint32_t timeout_us;              /* 0: none */
	int death_signal;                 /* when vipd dies */
	const struct run_ops *ops;
	void *arg;
};

void runner_init(struct runner *rs, struct ev_loop *loop);
/* Users are looked up again (they may have come); security as configured. */
void runner_configure(struct runner *rs, bool security);
/* Ends all of them; for the end of vipd. */
void runner_kill(struct runner *rs);

/* Copies what it needs of the spec. */
struct run *run_start(struct runner *rs, const struct run_spec *spec);
/* It is late in s seconds from now. */
void run_limit(struct run *r, double s);
/* Nobody waits for it any more: no callback; ended if it still runs. */
void run_abandon(struct run *r);

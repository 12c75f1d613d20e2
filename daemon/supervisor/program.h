/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One child process of vipd: its executable (opened once, so that an upgrade
 * on disk never mixes versions), its socket, and the rule that it always runs
 * (I10). Knows nothing of what the child does.
 *
 * A child that ends is started again at once; after three deaths in a row
 * before HELLO, or more than ten within a second of life, the pauses grow from
 * 0.5 s to 30 s, as they do while the system has no room for a process. One that hangs is
 * killed: its work would stand still for ever, and of a hanging engine the addresses
 * would stay beside its successor's.
 */
#pragma once

#include <ev.h>
#include <sys/types.h>

#include "chan.h"

struct program;

struct program_ops {
	/* HELLO has come: tell the child all it has to know. */
	void (*on_up)(struct program *p);
	const char *(*on_msg)(struct program *p, const struct msg *m);
	/* The child is gone (and will be started again unless stopped). */
	void (*on_down)(struct program *p);
	void (*on_drained)(struct program *p); /* may be NULL */
};

struct program {
	const char *name;
	enum msg_peer peer;
	const struct program_ops *ops;
	void *arg;
	struct ev_loop *loop;
	struct chan chan;
	ev_child child;
	ev_timer restart;
	ev_timer pulse;
	int exe;      /* descriptor of the executable */
	pid_t pid;    /* 0: not running */
	int realtime; /* SCHED_FIFO priority; 0: none */
	const char *user;
	bool up;              /* HELLO seen */
	bool wanted;          /* to be started again when it ends */
	unsigned failures;    /* deaths in a row that count for the pause */
	unsigned brief_lives; /* in a row */
	unsigned patience;    /* PINGs without an answer before it is killed */
	unsigned unanswered;
	uint64_t started_us;
	unsigned restarts;
	uint32_t log_dropped;
};

/* Between two PINGs. */
#define PROGRAM_PULSE_S 0.5

/* Opens DIR/NAME. -errno if that is not an executable file. */
int program_open(struct program *p, const char *dir, const char *name);
void program_start(struct program *p);
/* Sends STOP and starts it no more; on_down comes when it has ended. */
void program_stop(struct program *p);
/* Ends it the hard way. */
void program_kill(struct program *p);
bool program_is_running(const struct program *p);

/* Pure: pause in seconds before start number `failures` + 1. */
double program_restart_delay(unsigned failures);
/* Runs the executable with one argument and waits: its exit status, or -1. */
int program_run_once(const struct program *p, const char *argument);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings the kernel to what the model wants: reads vipd's tables once, then
 * writes differences, a transaction at a time, each leaving consistent tables;
 * reads again when somebody else has changed them. A refusal leaves what
 * stands, is named by the model, and is tried again.
 *
 * While a request is under way the model must not change: on_busy tells.
 */
#pragma once

#include "batch.h"
#include "kernel.h"
#include "log.h"
#include "model.h"
#include "reader.h"
#include "watch.h"
#include "written.h"

struct writer;

struct writer_ops {
	/* True: the model must be left alone until it is false again. */
	void (*on_busy)(struct writer *w, bool busy);
	/* A target has changed in the kernel; NULL: nothing stands. */
	void (*on_written)(struct writer *w, const struct target_key *key,
	    const struct image *old, const struct image *new);
	/* Something has got into the kernel, or an error came or went. */
	void (*on_progress)(struct writer *w);
};

enum writer_step { STEP_IDLE, STEP_CHECK, STEP_READ, STEP_WRITE };

struct writer {
	struct ev_loop *loop;
	const struct writer_ops *ops;
	struct model *model;
	struct kernel kernel;
	struct watch watch;
	struct reader reader;
	struct batch batch;
	ev_prepare prepare;
	ev_timer retry;
	ev_timer audit;
	struct table_seen tables[FAMILIES]; /* as known */
	enum writer_step step;
	bool started;
	bool need_check;
	bool need_read;
	bool need_rules;
	bool blocked; /* until the retry timer: nothing is accepted */
	struct changes changes;
	struct written_list written;
	uint64_t read_begin_us;
	double read_s; /* how long the last reading took */
	uint64_t read_end_us;
	struct log_limit losses;
	unsigned rereads;
	unsigned failures;
	int error; /* positive errno: why the tables are not as wanted */
};

/* Opens the sockets; fatal if there are none. */
void writer_init(struct writer *w, struct ev_loop *loop, struct model *model,
    const struct writer_ops *ops);
void writer_fini(struct writer *w);
/* The model has a configuration: begin, or write the rules anew. */
void writer_configure(struct writer *w);
/* The tables have been read and the rules stand. */
bool writer_is_loaded(const struct writer *w);
/* And nothing was refused. */
bool writer_in_sync(const struct writer *w);

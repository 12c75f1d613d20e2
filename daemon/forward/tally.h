/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went through each port: the counters in the elements of @served
 * (connections) and @traffic (packets, bytes), read on demand over a socket of
 * its own, in slices, so that no change waits for it. The kernel keeps them:
 * they outlive this process, and end when a port's last endpoint goes.
 */
#pragma once

#include "kernel.h"
#include "layout.h"

struct count {
	uint64_t connections;
	uint64_t packets;
	uint64_t bytes;
};

struct port_count;

struct tally {
	struct kernel kernel;
	struct port_count *ports; /* of the reading under way, or the last one */
	size_t step;
	bool reading;
	void (*on_ready)(struct tally *t);
};

/* 0 or -errno. */
int tally_open(struct tally *t, struct ev_loop *loop, void (*on_ready)(struct tally *t));
void tally_close(struct tally *t);
/* on_ready comes later; once also if it is asked for twice meanwhile. */
void tally_read(struct tally *t);
/* Adds what the last reading had of a port. */
void tally_add(const struct tally *t, const struct target_key *key, struct count *sum);

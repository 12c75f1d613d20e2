/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deletes or relaxes entries of connection tracking as flows.h says, over a
 * socket of its own: nftables never waits for it. One pass at a time reads the
 * table (or the entries of one address) in slices, and changes as it reads; what
 * is noted meanwhile is for the next pass. A pass costs by the table's size, 5 ms for
 * 262,144 buckets, so they take at most a twentieth of the time.
 */
#pragma once

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "flows.h"

struct mnl_socket;

struct conntrack {
	struct ev_loop *loop;
	struct flows flows;
	struct mnl_socket *nl;
	ev_io readable;
	ev_timer soon;
	uint64_t begin_us; /* of the pass under way, or the last one */
	uint64_t rest_until_us;
	uint32_t seq;
	uint32_t dump_seq; /* of the question under way */
	bool reading;
	uint8_t *changes;
	size_t len;
	size_t n; /* of changes */
	uint64_t changed;
};

/* 0 or -errno. */
int conntrack_open(struct conntrack *c, struct ev_loop *loop);
void conntrack_close(struct conntrack *c);
/* Something was noted in c->flows: look for it soon. */
void conntrack_kick(struct conntrack *c);

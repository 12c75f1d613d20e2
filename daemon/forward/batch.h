/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A transaction of nf_tables as bytes: messages between NFNL_MSG_BATCH_BEGIN
 * and _END, each with its own sequence number, so that a refusal names its
 * message. The kernel takes all of it or nothing (Linux,
 * net/netfilter/nfnetlink.c). Knows nothing of sockets.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch {
	uint8_t *buf;
	size_t len;
	size_t cap;
	size_t last;  /* where the last message begins */
	uint32_t seq; /* of the last message */
};

/* The most a single message may hold behind its header. */
#define BATCH_MESSAGE_MAX (48 * 1024)

/* Starts anew; the memory of the last batch is used again. */
void batch_begin(struct batch *b, uint32_t first_seq);
/*
 * The next message, an empty one of nf_tables to which the caller adds
 * attributes; it stays valid until the next call.
 */
struct nlmsghdr *batch_message(
    struct batch *b, uint16_t type, uint8_t family, uint16_t flags);
/* Closes it: the last message asks for an acknowledgement. */
void batch_end(struct batch *b);
void batch_fini(struct batch *b);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The long-lived netlink socket to nf_tables: one request at a time, a
 * transaction or a question, answered under ev_io. Knows what an answer's end
 * is and nothing of its contents.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct batch;
struct kernel;
struct mnl_socket;
struct nlmsghdr;

struct kernel_ops {
	/* A message of the answer to a question. */
	void (*on_message)(struct kernel *k, const struct nlmsghdr *nlh);
	/* The kernel refuses one message of a transaction, hence all of it.
	 * error: positive errno. */
	void (*on_refused)(struct kernel *k, uint32_t seq, int error);
	/* The request has ended; error (positive errno) is about the whole. */
	void (*on_done)(struct kernel *k, int error);
};

struct kernel {
	struct ev_loop *loop;
	const struct kernel_ops *ops;
	struct mnl_socket *nl;
	ev_io readable;
	ev_timer deadline;
	uint32_t portid;
	uint32_t seq; /* of the last message sent */
	uint32_t first_seq;
	bool busy;
	bool transaction;
	bool answered;
};

/* 0 or -errno. */
int kernel_open(struct kernel *k, struct ev_loop *loop, const struct kernel_ops *ops);
void kernel_close(struct kernel *k);
/* The number for the first message of the next request. */
uint32_t kernel_next_seq(struct kernel *k);
/* Sends; on_done comes later, also when sending fails. */
void kernel_transact(struct kernel *k, const struct batch *b);
void kernel_ask(struct kernel *k, const struct nlmsghdr *nlh);
/* For people: why the kernel refuses, at most 90 characters, with the remedy. */
#define KERNEL_ERROR_LEN 90
const char *kernel_error_text(int error);
/* A transaction without a loop, for --cleanup: 0 or -errno. */
int kernel_transact_now(const struct batch *b);

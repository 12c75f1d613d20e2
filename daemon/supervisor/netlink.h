/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One rtnetlink(7) socket under libev, for dumps, notifications and requests
 * alike: so everything arrives in the order in which the kernel did it, and
 * the notification of a request comes before its answer (but for IPv6
 * addresses, which are told once DAD has ended). What is dumped is the
 * caller's list.
 *
 * Dumps at the start and, by itself, whenever notifications were lost
 * (ENOBUFS) or a dump was disturbed by a change. Never waits, but for
 * netlink_wait_dumped(). (The kernel works a request off inside sendmsg(),
 * under the routing lock: who has many sends a few at a time.)
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

struct netlink_ops {
	/* A notification, or a record of a dump. */
	void (*on_message)(void *arg, struct nlmsghdr *nlh);
	/* A request was answered: 0 or a positive errno. */
	void (*on_answer)(void *arg, uint32_t seq, int error);
	/* Whatever on_message does not tell from now until on_dumped is gone.
	 * Answers that have not come will not come. */
	void (*on_dump)(void *arg);
	void (*on_dumped)(void *arg);
	/* All that was there has been taken. May be NULL. */
	void (*on_drained)(void *arg);
};

struct netlink_dump {
	int type;         /* RTM_GET*; 0 ends a list */
	uint8_t family;   /* AF_UNSPEC: all */
	uint8_t protocol; /* of routes: only those, with NETLINK_GET_STRICT_CHK */
};

struct netlink {
	struct ev_loop *loop;
	const struct netlink_dump *dumps;
	const struct netlink_ops *ops;
	void *arg;
	struct nl_sock *sock;
	ev_io readable;
	ev_timer again;
	const struct netlink_dump *stage; /* NULL: no dump is under way */
	bool lost;                        /* dump again */
};

/* Fatal if there is no such socket. groups: RTNLGRP_*, ended by 0; dumps, one
 * after the other, must outlive it. */
void netlink_open(struct netlink *nl, struct ev_loop *loop, const int *groups,
    const struct netlink_dump *dumps, const struct netlink_ops *ops, void *arg);
void netlink_close(struct netlink *nl);
/* Dumps and waits for it; fatal if the kernel does not answer. */
void netlink_wait_dumped(struct netlink *nl);
/* Dumps again, without waiting. */
void netlink_refresh(struct netlink *nl);
/* Lets the loop read. */
void netlink_start(struct netlink *nl);
/* Takes what the socket holds now; true when nothing is left. */
bool netlink_drain(struct netlink *nl);
/*
 * Sends msg (NULL: there was no memory), which was filled with error, a libnl one
 * or 0, and frees it. 0 and its sequence number, or a libnl error (-NLE_AGAIN: the
 * socket is full).
 */
int netlink_request(struct nl_sock *sock, struct nl_msg *msg, int error, uint32_t *seq);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of a SOCK_SEQPACKET connection that carries lib/msg.h: parses what
 * arrives, queues what the socket does not take at once, and closes on the
 * first violation. Knows nothing of what messages mean.
 *
 * Never blocks. chan_send always takes the message; who produces in bulk
 * looks at chan_backlog() and goes on in on_drained(). A message that can never
 * be sent ends the connection, so none is lost between two that arrive.
 */
#pragma once

#include <ev.h>

#include "msg.h"

struct chan;

struct chan_ops {
	/*
	 * One good message. Descriptors in m->fds are the receiver's now.
	 * Returns NULL, or why the connection has to end. Must not free the
	 * channel.
	 */
	const char *(*on_msg)(struct chan *c, const struct msg *m);
	/* The queue has become empty after chan_send had to queue. */
	void (*on_drained)(struct chan *c); /* may be NULL */
	/* The connection has ended; why is NULL when the peer closed it. The
	 * channel is closed already and may be freed here. */
	void (*on_closed)(struct chan *c, const char *why);
};

struct chan_frame;

struct chan {
	struct ev_loop *loop;
	const struct chan_ops *ops;
	enum msg_peer peer;
	ev_io readable;
	ev_io writable;
	ev_timer again; /* instead of it, while the kernel is short of memory */
	struct chan_frame *first;
	struct chan_frame **last;
	size_t backlog;
	int fd; /* -1: closed */
};

/* Takes fd (made non-blocking) and starts reading. */
void chan_open(struct chan *c, struct ev_loop *loop, int fd, enum msg_peer peer,
    const struct chan_ops *ops);
/* Closes the socket and drops the queue, without a callback. */
void chan_close(struct chan *c);
bool chan_is_open(const struct chan *c);
void chan_send(struct chan *c, enum msg_type type, const void *head, const void *records,
    size_t count);
void chan_send_seq(struct chan *c, enum msg_type type, uint32_t seq, const void *head,
    const void *records, size_t count);
/* The descriptors stay the caller's; the message carries copies. */
void chan_send_fds(
    struct chan *c, enum msg_type type, const void *head, const int *fds, size_t n_fds);
/* A finished message as received or built (relaying). */
void chan_send_raw(struct chan *c, const void *message, size_t len);
/* Bytes queued that the socket has not taken. */
size_t chan_backlog(const struct chan *c);
/* Stops and goes on reading (back-pressure). */
void chan_pause(struct chan *c);
void chan_resume(struct chan *c);
/* Reads what is there now, without waiting for the loop. */
void chan_poll(struct chan *c);

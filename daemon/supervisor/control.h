/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: vipctl asks, vipd streams records (lib/msg.h) and ends
 * with CTL_END. Who may ask: root everything, the socket's group what changes
 * nothing; others are not let in (the socket's mode). A client that reads too slowly,
 * asks twice at once or talks nonsense is closed; there are never more than
 * CONTROL_CLIENTS_MAX.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "chan.h"

#define CONTROL_CLIENTS_MAX 16

struct control_client;

struct control_ops {
	/*
	 * Answers a request with control_text / chan_send on to, and a final
	 * control_end, now or later (to stays valid until control_end or
	 * until `gone` says otherwise).
	 */
	void (*request)(
	    void *arg, struct control_client *cl, const struct msg_ctl_request *req);
	void (*gone)(void *arg, struct control_client *cl);
	/* What the client did not take at once is sent now. */
	void (*drained)(void *arg);
};

struct control {
	struct ev_loop *loop;
	const struct control_ops *ops;
	void *arg;
	ev_io accepting;
	ev_timer again; /* instead, while there are no descriptors */
	struct control_client *clients;
	size_t n_clients;
	char path[108];
};

/* Listens on RUN_DIR/control.sock, which belongs to group (0: root's); -errno
 * with a message logged. */
int control_open(struct control *c, struct ev_loop *loop, const char *run_dir,
    gid_t group, const struct control_ops *ops, void *arg);
/* Closes all and removes the socket. */
void control_close(struct control *c);
/* The answer goes on for as long as the client likes. */
void control_keep(struct control_client *cl);
/* The client may change things. */
bool control_is_root(const struct control_client *cl);
struct chan *control_chan(struct control_client *cl);
void control_text(struct control_client *cl, uint32_t level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void control_end(struct control_client *cl, uint32_t code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

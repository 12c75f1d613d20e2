/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"
#include "mem.h"

/* Some ten thousand notifications; net.core.rmem_max is far less. */
#define RECEIVE_BUFFER (8 << 20)
/* One datagram: the kernel fills at most 32 KiB of a dump at a time. */
#define DATAGRAM_MAX 65536
#define FIRST_DUMP_MS 5000
#define AGAIN_S 1.0
/* Datagrams taken at once, so that a storm leaves time for other work. */
#define DRAIN_MAX 512

/* ---- dumps ---- */

static void
try_again_later(struct netlink *nl, const char *why)
{
	log_err("rtnetlink dump: %s; tried again", why);
	nl->stage = NULL;
	ev_timer_again(nl->loop, &nl->again);
}

static void
request_dump(struct netlink *nl, const struct netlink_dump *dump)
{
	struct rtgenmsg all = { .rtgen_family = dump->family };
	struct rtmsg routes = {
		.rtm_family = dump->family,
		.rtm_protocol = dump->protocol,
	};
	bool of_routes = dump->type == RTM_GETROUTE;
	int error;

	nl->stage = dump;
	error = nl_send_simple(nl->sock, dump->type, NLM_F_DUMP,
	    of_routes ? (void *)&routes : &all, of_routes ? sizeof(routes) : sizeof(all));
	if (error < 0)
		try_again_later(nl, nl_geterror(error));
}

/* One dump at a time: the kernel refuses a second one on a socket. */
static void
begin_dump(struct netlink *nl)
{
	nl->lost = false;
	nl->ops->on_dump(nl->arg);
	request_dump(nl, nl->dumps);
}

void
netlink_refresh(struct netlink *nl)
{
	if (nl->stage)
		nl->lost = true;
	else
		begin_dump(nl);
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	struct netlink *nl = container_of(w, struct netlink, again);

	(void)events;
	ev_timer_stop(loop, w);
	netlink_refresh(nl);
}

static int
on_dump_part_done(struct nl_msg *msg, void *arg)
{
	struct netlink *nl = arg;

	(void)msg;
	if (nl->stage && nl->stage[1].type && !nl->lost) {
		request_dump(nl, nl->stage + 1);
	} else if (nl->stage) {
		nl->stage = NULL;
		if (!nl->lost)
			nl->ops->on_dumped(nl->arg);
	}
	return NL_OK;
}

static int
on_dump_interrupted(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct netlink *)arg)->lost = true;
	return NL_OK;
}

/* ---- what arrives ---- */

static int
on_valid(struct nl_msg *msg, void *arg)
{
	struct netlink *nl = arg;

	nl->ops->on_message(nl->arg, nlmsg_hdr(msg));
	return NL_OK;
}

static int
on_ack(struct nl_msg *msg, void *arg)
{
	struct netlink *nl = arg;

	nl->ops->on_answer(nl->arg, nlmsg_hdr(msg)->nlmsg_seq, 0);
	return NL_OK;
}

static int
on_refused(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct netlink *nl = arg;

	(void)from;
	if (nl->stage && err->msg.nlmsg_type == nl->stage->type)
		try_again_later(nl, strerror(-err->error));
	else
		nl->ops->on_answer(nl->arg, err->msg.nlmsg_seq, -err->error);
	return NL_SKIP;
}

/* False when there was nothing. */
static bool
receive(struct netlink *nl)
{
	int error = nl_recvmsgs_default(nl->sock);

	if (error == -NLE_NOMEM && !nl->lost) {
		log_debug("rtnetlink notifications were lost; reading all again");
		nl->lost = true;
	}
	if (nl->lost && !nl->stage)
		begin_dump(nl);
	return error != -NLE_AGAIN;
}

static void
tell_drained(const struct netlink *nl)
{
	if (nl->ops->on_drained)
		nl->ops->on_drained(nl->arg);
}

bool
netlink_drain(struct netlink *nl)
{
	bool more = true;

	for (int i = 0; i < DRAIN_MAX && more; i++)
		more = receive(nl);
	tell_drained(nl);
	return !more;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	netlink_drain(container_of(w, struct netlink, readable));
}

void
netlink_wait_dumped(struct netlink *nl)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(nl->sock), .events = POLLIN };

	begin_dump(nl);
	while (nl->stage || nl->lost) {
		int n = poll(&pfd, 1, FIRST_DUMP_MS);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			fatalx("the kernel does not answer a dump (rtnetlink)");
		receive(nl);
	}
	tell_drained(nl);
}

/* ---- set-up ---- */

static void
set_callbacks(struct netlink *nl)
{
	struct nl_sock *sock = nl->sock;

	/* Notifications have no sequence of ours. */
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_valid, nl);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, on_dump_part_done, nl);
	nl_socket_modify_cb(sock, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_dump_interrupted, nl);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, on_ack, nl);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, on_refused, nl);
}

/* Beyond net.core.rmem_max with CAP_NET_ADMIN; else as large as allowed. */
static void
set_buffer(int fd)
{
	int bytes = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

void
netlink_open(struct netlink *nl, struct ev_loop *loop, const int *groups,
    const struct netlink_dump *dumps, const struct netlink_ops *ops, void *arg)
{
	int error;

	memset(nl, 0, sizeof(*nl));
	nl->loop = loop;
	nl->dumps = dumps;
	nl->ops = ops;
	nl->arg = arg;
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		fatalx("out of memory");
	set_callbacks(nl);
	error = nl_connect(nl->sock, NETLINK_ROUTE);
	if (error < 0)
		fatalx("rtnetlink socket: %s", nl_geterror(error));
	set_buffer(nl_socket_get_fd(nl->sock));
	nl_socket_disable_msg_peek(nl->sock);
	nl_socket_set_msg_buf_size(nl->sock, DATAGRAM_MAX);
	nl_socket_set_nonblocking(nl->sock);
	for (; *groups; groups++)
		if ((error = nl_socket_add_membership(nl->sock, *groups)) < 0)
			fatalx("rtnetlink notifications: %s", nl_geterror(error));
	ev_io_init(&nl->readable, on_readable, nl_socket_get_fd(nl->sock), EV_READ);
	ev_timer_init(&nl->again, on_again, AGAIN_S, AGAIN_S);
}

void
netlink_start(struct netlink *nl)
{
	ev_io_start(nl->loop, &nl->readable);
}

void
netlink_close(struct netlink *nl)
{
	ev_io_stop(nl->loop, &nl->readable);
	ev_timer_stop(nl->loop, &nl->again);
	nl_socket_free(nl->sock);
}

/* ---- requests ---- */

int
netlink_request(struct nl_sock *sock, struct nl_msg *msg, int error, uint32_t *seq)
{
	if (!msg)
		return -NLE_NOMEM;
	if (!error) {
		nl_complete_msg(sock, msg);
		*seq = nlmsg_hdr(msg)->nlmsg_seq;
		error = nl_send(sock, msg);
	}
	nlmsg_free(msg);
	return error < 0 ? error : 0;
}

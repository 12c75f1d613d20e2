/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include <sys/socket.h>

#include "batch.h"
#include "mem.h"

/* A transaction is one datagram; the default buffer takes 200 KiB. */
#define SEND_BUFFER (32 * 1024 * 1024)
#define RECEIVE_BUFFER (1024 * 1024)
/* A dump fills the reader's buffer up to this. */
#define READ_SIZE (32 * 1024)
/* Of silence. */
#define DEADLINE_S 10.0

static void
done(struct kernel *k, int error)
{
	k->busy = false;
	ev_timer_stop(k->loop, &k->deadline);
	k->ops->on_done(k, error);
}

static int
error_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	return -e->error;
}

/* An answer to a transaction; true if it ends it. */
static bool
on_transaction_answer(struct kernel *k, const struct nlmsghdr *nlh, int *error)
{
	int refused;

	if (nlh->nlmsg_type != NLMSG_ERROR)
		return false;
	k->answered = true;
	refused = error_of(nlh);
	if (!refused)
		return false;
	/* Errors of the whole come with the number of NFNL_MSG_BATCH_BEGIN. */
	if (nlh->nlmsg_seq == k->first_seq) {
		*error = refused;
		return true;
	}
	k->ops->on_refused(k, nlh->nlmsg_seq, refused);
	return false;
}

static bool
on_answer(struct kernel *k, const struct nlmsghdr *nlh, int *error)
{
	if (k->transaction)
		return on_transaction_answer(k, nlh, error);
	if (nlh->nlmsg_type == NLMSG_DONE)
		return true;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		*error = error_of(nlh);
		return true;
	}
	k->ops->on_message(k, nlh);
	return false;
}

/* One datagram; true if the request has ended. */
static bool
read_one(struct kernel *k, const void *buf, size_t len, int *error)
{
	const struct nlmsghdr *nlh = buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq - k->first_seq > k->seq - k->first_seq)
			continue; /* of an older request */
		if (on_answer(k, nlh, error))
			return true;
	}
	return false;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct kernel *k = container_of(w, struct kernel, readable);
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
	int error = 0;
	ssize_t n;

	(void)loop;
	(void)events;
	while ((n = mnl_socket_recvfrom(k->nl, buf, sizeof(buf))) > 0)
		if (k->busy && read_one(k, buf, (size_t)n, &error)) {
			done(k, error);
			return;
		}
	if (n < 0 && errno != EWOULDBLOCK && errno != EINTR && k->busy)
		done(k, errno);
	/* nfnetlink works in the sender's context: all answers to a transaction
	 * are queued before sendmsg returns, so there are no more. */
	else if (k->busy && k->transaction && k->answered)
		done(k, 0);
	else if (k->busy)
		ev_timer_again(k->loop, &k->deadline);
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	done(container_of(w, struct kernel, deadline), ETIMEDOUT);
}

static int
open_socket(struct mnl_socket **out)
{
	struct mnl_socket *nl =
	    mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int on = 1, send = SEND_BUFFER, receive = RECEIVE_BUFFER;
	int error;

	if (!nl)
		return -errno;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = errno;
		mnl_socket_close(nl);
		return -error;
	}
	/* What cannot be had shows as EMSGSIZE or ENOBUFS when it is missed. */
	setsockopt(
	    mnl_socket_get_fd(nl), SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof(send));
	setsockopt(
	    mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive));
	mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = nl;
	return 0;
}

int
kernel_open(struct kernel *k, struct ev_loop *loop, const struct kernel_ops *ops)
{
	int error;

	*k = (struct kernel){ .loop = loop, .ops = ops };
	error = open_socket(&k->nl);
	if (error)
		return error;
	k->portid = mnl_socket_get_portid(k->nl);
	ev_io_init(&k->readable, on_readable, mnl_socket_get_fd(k->nl), EV_READ);
	ev_io_start(loop, &k->readable);
	ev_timer_init(&k->deadline, on_deadline, 0., DEADLINE_S);
	return 0;
}

void
kernel_close(struct kernel *k)
{
	ev_io_stop(k->loop, &k->readable);
	ev_timer_stop(k->loop, &k->deadline);
	mnl_socket_close(k->nl);
}

uint32_t
kernel_next_seq(struct kernel *k)
{
	return k->seq + 1;
}

static void
send_request(struct kernel *k, const void *data, size_t len, uint32_t last_seq)
{
	k->first_seq = k->seq + 1;
	k->seq = last_seq;
	k->busy = true;
	k->answered = false;
	if (mnl_socket_sendto(k->nl, data, len) < 0)
		done(k, errno);
	else
		ev_timer_again(k->loop, &k->deadline);
}

void
kernel_transact(struct kernel *k, const struct batch *b)
{
	k->transaction = true;
	send_request(k, b->buf, b->len, b->seq);
}

void
kernel_ask(struct kernel *k, const struct nlmsghdr *nlh)
{
	k->transaction = false;
	send_request(k, nlh, nlh->nlmsg_len, nlh->nlmsg_seq);
}

/* The first error among the answers, which are all there. */
static int
first_error(struct mnl_socket *nl)
{
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
	ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
	int left = (int)n;

	if (n < 0)
		return -errno;
	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_type == NLMSG_ERROR && error_of(nlh))
			return -error_of(nlh);
	return 0;
}

int
kernel_transact_now(const struct batch *b)
{
	struct mnl_socket *nl = NULL;
	int error = open_socket(&nl);

	if (error)
		return error;
	if (mnl_socket_sendto(nl, b->buf, b->len) < 0)
		error = -errno;
	else
		error = first_error(nl);
	mnl_socket_close(nl);
	return error;
}

const char *
kernel_error_text(int error)
{
	switch (error) {
	case EOPNOTSUPP:
		return "no nf_tables, or older than Linux 5.9; modprobe nf_tables, or "
		       "forwarding { mode none }";
	case ENOENT:
		return "a module of nf_tables is missing; modprobe nft_chain_nat "
		       "nft_masq "
		       "nft_reject nft_fib";
	case EPERM:
		return "not permitted; vipd-forward needs CAP_NET_ADMIN";
	default:
		return strerror(error);
	}
}

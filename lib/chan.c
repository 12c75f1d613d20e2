/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

/* Messages read for one wake-up, so that no peer keeps the loop for itself. */
#define READ_BURST 64
#define FDS_MAX 2

/* The kernel is short of memory: until it is asked again. */
#define SHORTAGE_S 0.01

struct chan_frame {
	struct chan_frame *next;
	size_t len;
	int fds[FDS_MAX];
	size_t n_fds;
	uint8_t data[];
};

static void
frame_free(struct chan_frame *f)
{
	for (size_t i = 0; i < f->n_fds; i++)
		close(f->fds[i]);
	free(f);
}

static void
drop_queue(struct chan *c)
{
	struct chan_frame *f, *next;

	for (f = c->first; f; f = next) {
		next = f->next;
		frame_free(f);
	}
	c->first = NULL;
	c->last = &c->first;
	c->backlog = 0;
}

void
chan_close(struct chan *c)
{
	if (c->fd < 0)
		return;
	ev_io_stop(c->loop, &c->readable);
	ev_io_stop(c->loop, &c->writable);
	ev_timer_stop(c->loop, &c->again);
	close(c->fd);
	c->fd = -1;
	drop_queue(c);
}

bool
chan_is_open(const struct chan *c)
{
	return c->ops && c->fd >= 0;
}

static void
fail(struct chan *c, const char *why)
{
	chan_close(c);
	c->ops->on_closed(c, why);
}

/* Memory of the kernel's, or a full queue of descriptors in flight: it comes back
 * like room in the socket, but nothing says when. */
static bool
is_shortage(int error)
{
	return error == -ENOBUFS || error == -ENOMEM || error == -ETOOMANYREFS;
}

static bool
is_passing(int error)
{
	return error == -EWOULDBLOCK || is_shortage(error);
}

/* 0, or -errno. */
static int
send_now(struct chan *c, const void *data, size_t len, const int *fds, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cm;

	if (n_fds) {
		mh.msg_control = control.space;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	if (sendmsg(c->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return -errno;
}

static void
enqueue(struct chan *c, const void *data, size_t len, const int *fds, size_t n_fds)
{
	struct chan_frame *f = xcalloc(1, sizeof(*f) + len);

	f->len = len;
	memcpy(f->data, data, len);
	for (size_t i = 0; i < n_fds; i++)
		f->fds[f->n_fds++] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
	*c->last = f;
	c->last = &f->next;
	c->backlog += len;
	if (!ev_is_active(&c->again))
		ev_io_start(c->loop, &c->writable);
}

/*
 * What failed for good (the peer is gone, a descriptor could not be copied) shows
 * as a close on the reading side of both ends, and only there is it reported: no
 * callback fires inside a caller's send.
 */
static void
give_up(const struct chan *c)
{
	shutdown(c->fd, SHUT_RDWR);
}

static void
send_or_queue(struct chan *c, const void *data, size_t len, const int *fds, size_t n_fds)
{
	int error;

	if (c->fd < 0)
		return;
	error = c->first ? -EWOULDBLOCK : send_now(c, data, len, fds, n_fds);
	if (is_passing(error))
		enqueue(c, data, len, fds, n_fds);
	else if (error)
		give_up(c);
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)events;
	ev_io_start(loop, &container_of(w, struct chan, again)->writable);
}

/* A socket with room is writable all the time: not to be asked all the time. */
static void
wait_for_room(struct chan *c, int error)
{
	if (!is_shortage(error))
		return;
	ev_io_stop(c->loop, &c->writable);
	ev_timer_set(&c->again, SHORTAGE_S, 0.);
	ev_timer_start(c->loop, &c->again);
}

static void
on_writable(struct ev_loop *loop, ev_io *w, int events)
{
	struct chan *c = container_of(w, struct chan, writable);
	struct chan_frame *f;
	int error;

	(void)events;
	while ((f = c->first)) {
		error = send_now(c, f->data, f->len, f->fds, f->n_fds);
		if (is_passing(error)) {
			wait_for_room(c, error);
			return;
		}
		if (error)
			give_up(c);
		c->first = f->next;
		if (!c->first)
			c->last = &c->first;
		c->backlog -= f->len;
		frame_free(f);
	}
	ev_io_stop(loop, w);
	if (c->ops->on_drained)
		c->ops->on_drained(c);
}

static size_t
take_fds(struct msghdr *mh, int fds[FDS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm; cm = CMSG_NXTHDR(mh, cm)) {
		size_t got = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		if (got > FDS_MAX - n)
			got = FDS_MAX - n;
		memcpy(fds + n, CMSG_DATA(cm), got * sizeof(int));
		n += got;
	}
	return n;
}

static const char *
deliver(struct chan *c, const void *buf, size_t len, const int *fds, size_t n_fds)
{
	const char *why;
	struct msg m;

	why = msg_parse(buf, len, c->peer, &m);
	if (!why && n_fds != msg_info(m.type)->fds)
		why = "wrong number of descriptors";
	if (why) {
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		return why;
	}
	for (size_t i = 0; i < n_fds; i++)
		m.fds[i] = fds[i];
	return c->ops->on_msg(c, &m);
}

/* True if a message was read and the channel is still there. */
static bool
read_one(struct chan *c)
{
	_Alignas(8) uint8_t buf[MSG_MAX + 1];
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	int fds[FDS_MAX] = { -1, -1 };
	const char *why;
	ssize_t n;

	n = recvmsg(c->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n <= 0) {
		fail(c, n < 0 && errno != ECONNRESET ? strerror(errno) : NULL);
		return false;
	}
	why = deliver(c, buf, (size_t)n, fds, take_fds(&mh, fds));
	if (why && c->fd >= 0) {
		fail(c, why); /* c may be freed now */
		return false;
	}
	return c->fd >= 0;
}

void
chan_poll(struct chan *c)
{
	for (int i = 0; i < READ_BURST; i++)
		if (!read_one(c) || !ev_is_active(&c->readable))
			return;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	chan_poll(container_of(w, struct chan, readable));
}

void
chan_open(struct chan *c, struct ev_loop *loop, int fd, enum msg_peer peer,
    const struct chan_ops *ops)
{
	*c = (struct chan){ .loop = loop, .ops = ops, .peer = peer, .fd = fd };
	c->last = &c->first;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	ev_io_init(&c->readable, on_readable, fd, EV_READ);
	ev_io_init(&c->writable, on_writable, fd, EV_WRITE);
	ev_timer_init(&c->again, on_again, SHORTAGE_S, 0.);
	ev_io_start(loop, &c->readable);
}

void
chan_send_seq(struct chan *c, enum msg_type type, uint32_t seq, const void *head,
    const void *records, size_t count)
{
	uint8_t buf[MSG_MAX];

	send_or_queue(c, buf, msg_build(buf, type, seq, head, records, count), NULL, 0);
}

void
chan_send(struct chan *c, enum msg_type type, const void *head, const void *records,
    size_t count)
{
	chan_send_seq(c, type, 0, head, records, count);
}

void
chan_send_fds(
    struct chan *c, enum msg_type type, const void *head, const int *fds, size_t n_fds)
{
	uint8_t buf[MSG_MAX];

	send_or_queue(c, buf, msg_build(buf, type, 0, head, NULL, 0), fds, n_fds);
}

void
chan_send_raw(struct chan *c, const void *message, size_t len)
{
	send_or_queue(c, message, len, NULL, 0);
}

size_t
chan_backlog(const struct chan *c)
{
	return c->backlog;
}

void
chan_pause(struct chan *c)
{
	ev_io_stop(c->loop, &c->readable);
}

void
chan_resume(struct chan *c)
{
	if (c->fd >= 0)
		ev_io_start(c->loop, &c->readable);
}

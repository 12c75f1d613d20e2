/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a channel does when its socket does not take a message at once. */
#include "chan.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

#define SENT 5

/* The socket of the test: refuses as often as it is told to. */
static int refusals, refusal, tries;

ssize_t
sendmsg(int fd, const struct msghdr *mh, int flags)
{
	tries++;
	if (refusals > 0) {
		refusals--;
		errno = refusal;
		return -1;
	}
	return syscall(SYS_sendmsg, fd, mh, flags);
}

struct heard {
	struct chan chan;
	uint32_t seq[SENT];
	size_t count;
	bool drained, closed;
};

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	struct heard *h = container_of(c, struct heard, chan);

	ck_assert_uint_lt(h->count, SENT);
	h->seq[h->count++] = m->seq;
	return NULL;
}

static void
on_drained(struct chan *c)
{
	container_of(c, struct heard, chan)->drained = true;
}

static void
on_closed(struct chan *c, const char *why)
{
	(void)why;
	container_of(c, struct heard, chan)->closed = true;
}

static const struct chan_ops ops = {
	.on_msg = on_msg,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static void
connect_both(struct ev_loop *loop, struct heard *from, struct heard *to)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	chan_open(&from->chan, loop, fds[0], PEER_VIPD, &ops);
	chan_open(&to->chan, loop, fds[1], PEER_FORWARD, &ops);
}

START_TEST(no_message_is_lost_or_overtaken_while_the_kernel_has_no_room)
{
	static const int reasons[] = { EAGAIN, ENOBUFS, ENOMEM, ETOOMANYREFS };
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct heard from = { 0 }, to = { 0 };

		connect_both(loop, &from, &to);
		refusal = reasons[i];
		refusals = 3;
		for (uint32_t seq = 0; seq < SENT; seq++)
			chan_send_seq(&from.chan, MSG_IN_PLACE, seq, NULL, NULL, 0);
		ck_assert_uint_gt(chan_backlog(&from.chan), 0);
		for (int turn = 0; turn < 100 && to.count < SENT; turn++)
			ev_run(loop, EVRUN_ONCE);
		ck_assert_msg(to.count == SENT, "%zu of %d arrived after %s", to.count,
		    SENT, strerror(reasons[i]));
		for (uint32_t seq = 0; seq < SENT; seq++)
			ck_assert_uint_eq(to.seq[seq], seq);
		ck_assert(from.drained);
		ck_assert_uint_eq(chan_backlog(&from.chan), 0);
		chan_close(&from.chan);
		chan_close(&to.chan);
	}
	ev_loop_destroy(loop);
}
END_TEST

START_TEST(a_kernel_without_memory_is_not_asked_all_the_time)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct heard from = { 0 }, to = { 0 };

	connect_both(loop, &from, &to);
	refusal = ENOMEM;
	refusals = 3;
	tries = 0;
	chan_send_seq(&from.chan, MSG_IN_PLACE, 1, NULL, NULL, 0);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(tries, 2);
	chan_send_seq(&from.chan, MSG_IN_PLACE, 2, NULL, NULL, 0);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(tries, 2);
	for (int turn = 0; turn < 100 && to.count < 2; turn++)
		ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_eq(to.count, 2);
	ck_assert_int_eq(tries, 5);
	chan_close(&from.chan);
	chan_close(&to.chan);
	ev_loop_destroy(loop);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_told_by_reading_and_not_by_sending)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct heard from = { 0 }, to = { 0 };

	connect_both(loop, &from, &to);
	chan_close(&to.chan);
	chan_send(&from.chan, MSG_IN_PLACE, NULL, NULL, 0);
	ck_assert(!from.closed);
	ck_assert_uint_eq(chan_backlog(&from.chan), 0);
	ev_run(loop, EVRUN_NOWAIT);
	ck_assert(from.closed);
	ck_assert(!chan_is_open(&from.chan));
	ev_loop_destroy(loop);
}
END_TEST

/* Whoever waits for it would wait for ever: both ends begin anew. */
START_TEST(a_message_that_can_never_be_sent_ends_the_connection)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	for (int queued = 0; queued < 2; queued++) {
		struct heard from = { 0 }, to = { 0 };

		connect_both(loop, &from, &to);
		refusal = queued ? EAGAIN : EBADF;
		refusals = 1;
		chan_send(&from.chan, MSG_IN_PLACE, NULL, NULL, 0);
		refusal = EBADF;
		refusals = queued;
		ck_assert(!from.closed);
		for (int turn = 0; turn < 10 && !(from.closed && to.closed); turn++)
			ev_run(loop, EVRUN_NOWAIT);
		ck_assert(from.closed && to.closed);
		ck_assert_uint_eq(to.count, 0);
	}
	ev_loop_destroy(loop);
}
END_TEST

/* A copy of it could not be made while there was no room. */
START_TEST(a_descriptor_that_was_lost_ends_the_connection)
{
	struct rlimit before, none;
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct heard from = { 0 }, to = { 0 };

	connect_both(loop, &from, &to);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	refusal = EAGAIN;
	refusals = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	chan_send_fds(&to.chan, MSG_ANNOUNCE_SOCKET, NULL, &to.chan.fd, 1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (int turn = 0; turn < 10 && !(from.closed && to.closed); turn++)
		ev_run(loop, EVRUN_NOWAIT);
	ck_assert(from.closed && to.closed);
	ck_assert_uint_eq(from.count, 0);
	ev_loop_destroy(loop);
}
END_TEST

UNIT_MAIN("chan", no_message_is_lost_or_overtaken_while_the_kernel_has_no_room,
    a_kernel_without_memory_is_not_asked_all_the_time,
    a_peer_that_is_gone_is_told_by_reading_and_not_by_sending,
    a_message_that_can_never_be_sent_ends_the_connection,
    a_descriptor_that_was_lost_ends_the_connection)

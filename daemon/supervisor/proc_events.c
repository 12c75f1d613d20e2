/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc_events.h"

#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mem.h"

#define ROUND_MAX 256

/* What the kernel sends and takes: these two heads, and then the matter. */
#define HEAD (sizeof(struct nlmsghdr) + sizeof(struct cn_msg))

int
proc_events_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	const enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	const struct cn_msg cn = { .id = { CN_IDX_PROC, CN_VAL_PROC },
		.len = sizeof(op) };
	const struct nlmsghdr nlh = { .nlmsg_len = HEAD + sizeof(op),
		.nlmsg_type = NLMSG_DONE };
	struct iovec iov[] = {
		{ (void *)&nlh, sizeof(nlh) },
		{ (void *)&cn, sizeof(cn) },
		{ (void *)&op, sizeof(op) },
	};
	int fd = socket(
	    AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	int error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    writev(fd, iov, ARRAY_LEN(iov)) == (ssize_t)nlh.nlmsg_len)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* False: not for us. */
static bool
translate(const struct proc_event *e, struct proc_event_told *out)
{
	switch ((unsigned)e->what) {
	case PROC_EVENT_FORK:
		out->type = PROC_TOLD_FORK;
		out->pid = e->event_data.fork.child_tgid;
		out->parent = e->event_data.fork.parent_tgid;
		return e->event_data.fork.child_pid == e->event_data.fork.child_tgid;
	case PROC_EVENT_EXEC:
		out->type = PROC_TOLD_CHANGE;
		out->pid = e->event_data.exec.process_tgid;
		return true;
	case PROC_EVENT_COMM:
		out->type = PROC_TOLD_CHANGE;
		out->pid = e->event_data.comm.process_tgid;
		return e->event_data.comm.process_pid == out->pid;
	case PROC_EVENT_EXIT:
		out->type = PROC_TOLD_EXIT;
		out->pid = e->event_data.exit.process_tgid;
		return e->event_data.exit.process_pid == out->pid;
	default:
		return false;
	}
}

void
proc_events_read(
    int fd, void (*fn)(void *arg, const struct proc_event_told *e), void *arg)
{
	struct proc_event_told lost = { .type = PROC_TOLD_LOST }, told;
	char buf[1024];
	struct proc_event e;

	for (int i = 0; i < ROUND_MAX; i++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n =
		    recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		if (n < 0 && errno == ENOBUFS)
			fn(arg, &lost);
		if (n < 0 && errno != ENOBUFS)
			return;
		/* Only the kernel is believed; it may tell less than we know of. */
		if (n <= (ssize_t)HEAD || from.nl_pid != 0)
			continue;
		memset(&e, 0, sizeof(e));
		memcpy(&e, buf + HEAD,
		    (size_t)n - HEAD < sizeof(e) ? (size_t)n - HEAD : sizeof(e));
		if (translate(&e, &told))
			fn(arg, &told);
	}
}

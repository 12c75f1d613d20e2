/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "mem.h"

#define NEWGEN (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN)

/* Each transaction ends with one NEWGEN, in a datagram of its own. All the
 * objects before it are of no interest, and kube-proxy sends thousands. */
static int
only_generations(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NEWGEN), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static bool
is_foreign(const struct watch *w, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;

	return mnl_nlmsg_ok(nlh, (int)len) && nlh->nlmsg_type == NEWGEN &&
	    nlh->nlmsg_pid != w->own_portid;
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct watch *w = container_of(io, struct watch, readable);
	_Alignas(struct nlmsghdr) uint8_t buf[1024];
	bool foreign = false;
	ssize_t n;

	(void)loop;
	(void)events;
	while ((n = mnl_socket_recvfrom(w->nl, buf, sizeof(buf))) > 0)
		foreign |= is_foreign(w, buf, (size_t)n);
	/* Lost some (ENOBUFS): it may have been anybody. */
	if (n < 0 && errno != EWOULDBLOCK && errno != EINTR)
		foreign = true;
	if (foreign)
		w->on_foreign(w);
}

int
watch_open(struct watch *w, struct ev_loop *loop, uint32_t own_portid,
    void (*on_foreign)(struct watch *w))
{
	int group = NFNLGRP_NFTABLES, error;

	*w = (struct watch){
		.loop = loop,
		.own_portid = own_portid,
		.on_foreign = on_foreign,
	};
	w->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!w->nl)
		return -errno;
	if (only_generations(mnl_socket_get_fd(w->nl)) < 0 ||
	    mnl_socket_bind(w->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(w->nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) <
		0) {
		error = errno;
		mnl_socket_close(w->nl);
		return -error;
	}
	ev_io_init(&w->readable, on_readable, mnl_socket_get_fd(w->nl), EV_READ);
	ev_io_start(loop, &w->readable);
	return 0;
}

void
watch_close(struct watch *w)
{
	ev_io_stop(w->loop, &w->readable);
	mnl_socket_close(w->nl);
}

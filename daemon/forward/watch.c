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

/* Behind the header and struct nfgenmsg: the first attribute, which is the
 * table's name whatever the object is. */
#define NAME_AT (NLMSG_HDRLEN + sizeof(struct nfgenmsg) + NLA_HDRLEN)
#define NAME_4 0x76697064 /* "vipd", and then a NUL */

/*
 * Each transaction ends with one NEWGEN, in a datagram of its own. The objects
 * before it are of no interest (kube-proxy sends thousands) but for our table's,
 * of which the headers do. Those of several tables in one datagram go by the
 * first one's name.
 */
static int
filter(int fd, uint32_t own_portid)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(own_portid), 7, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NEWGEN), 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NAME_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NAME_4, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NAME_AT + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, NLMSG_HDRLEN),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct watch *w = container_of(io, struct watch, readable);
	bool foreign = false, touched = false;
	struct nlmsghdr nlh;
	ssize_t n;

	(void)loop;
	(void)events;
	while ((n = recv(mnl_socket_get_fd(w->nl), &nlh, sizeof(nlh), 0)) > 0) {
		foreign |= nlh.nlmsg_type == NEWGEN;
		touched |= nlh.nlmsg_type != NEWGEN;
	}
	/* Lost some (ENOBUFS): it may have been anything. */
	if (n < 0 && errno != EWOULDBLOCK && errno != EINTR)
		foreign = touched = true;
	if (touched)
		w->ops->on_touched(w);
	if (foreign)
		w->ops->on_foreign(w);
}

int
watch_open(struct watch *w, struct ev_loop *loop, uint32_t own_portid,
    const struct watch_ops *ops)
{
	int group = NFNLGRP_NFTABLES, error;

	*w = (struct watch){ .loop = loop, .ops = ops };
	w->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!w->nl)
		return -errno;
	if (filter(mnl_socket_get_fd(w->nl), own_portid) < 0 ||
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
watch_look_away(struct watch *w, bool away)
{
	int group = NFNLGRP_NFTABLES;

	mnl_socket_setsockopt(w->nl,
	    away ? NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP, &group,
	    sizeof(group));
}

void
watch_close(struct watch *w)
{
	ev_io_stop(w->loop, &w->readable);
	mnl_socket_close(w->nl);
}

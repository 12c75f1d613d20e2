/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "route_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include "log.h"
#include "mem.h"
#include "route.h"

/*
 * BPF reads in network order what netlink(7) has in the host's. A message that
 * begins a datagram stands for all of it: a notification is alone, and a dump
 * has nothing but what was asked for.
 */
static void
attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		    NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ROUTE_PROTO, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		fatal("rtnetlink socket filter");
}

void
route_socket_open(
    struct netlink *nl, struct ev_loop *loop, const struct netlink_ops *ops, void *arg)
{
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, 0 };
	static const struct netlink_dump dumps[] = {
		{ RTM_GETROUTE, AF_INET, ROUTE_PROTO },
		{ RTM_GETROUTE, AF_INET6, ROUTE_PROTO },
		{ 0 },
	};
	int one = 1, fd;

	netlink_open(nl, loop, groups, dumps, ops, arg);
	fd = nl_socket_get_fd(nl->sock);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)) < 0)
		fatal("rtnetlink dumps cannot be filtered (Linux 4.20)");
	attach_filter(fd);
}

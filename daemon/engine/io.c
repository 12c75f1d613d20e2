/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define ETHERNET_TYPE_AT 12

int
io_receive(int fd, void *buf, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);
		/* Told once when the interface goes down; the rest is there. */
	} while (n < 0 && (errno == EINTR || errno == ENETDOWN));
	return n < 0 ? -errno : (int)n;
}

/* msg_control has room for it. */
static void
add_control(struct msghdr *mh, int level, int type, const void *data, size_t len)
{
	char *at = (char *)mh->msg_control + mh->msg_controllen;
	struct cmsghdr *cm = (struct cmsghdr *)(void *)at;

	cm->cmsg_level = level;
	cm->cmsg_type = type;
	cm->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cm), data, len);
	mh->msg_controllen += CMSG_SPACE(len);
}

/* Source address and TTL travel with each packet: ip(7) IP_PKTINFO, IP_TTL,
 * ipv6(7). */
int
io_send(int fd, uint32_t ifindex, const struct ipaddr *src, const struct ipaddr *dst,
    uint8_t ttl, const void *message, size_t len)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_scope_id = ifindex };
	struct in_pktinfo info4 = { .ipi_ifindex = (int)ifindex };
	struct in6_pktinfo info6 = { .ipi6_ifindex = ifindex };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		    CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	int hops = ttl;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)message, .iov_len = len };
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
	};

	if (dst->family == AF_INET) {
		memcpy(&to4.sin_addr, dst->bytes, 4);
		memcpy(&info4.ipi_spec_dst, src->bytes, 4);
		mh.msg_name = &to4;
		mh.msg_namelen = sizeof(to4);
		add_control(&mh, IPPROTO_IP, IP_PKTINFO, &info4, sizeof(info4));
		add_control(&mh, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
	} else {
		memcpy(&to6.sin6_addr, dst->bytes, 16);
		memcpy(&info6.ipi6_addr, src->bytes, 16);
		mh.msg_name = &to6;
		mh.msg_namelen = sizeof(to6);
		add_control(&mh, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
		add_control(&mh, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof(hops));
	}
	if (sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)ifindex,
		.sll_halen = 6,
	};

	memcpy(to.sll_addr, frame, 6);
	memcpy(&to.sll_protocol, (const uint8_t *)frame + ETHERNET_TYPE_AT, 2);
	if (sendto(fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&to,
		sizeof(to)) < 0)
		return -errno;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

#define IPPROTO_VRRP 112
#define CLASS_NETWORK_CONTROL 0xc0
#define RECEIVE_BUFFER (1 << 20)
/* What the kernel knows beside the bytes (linux/filter.h). */
#define AUX(field) ((uint32_t)(SKF_AD_OFF + (field)))
#define KIND (SOCK_CLOEXEC | SOCK_NONBLOCK)

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

static int
set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int
attach(int fd, const struct sock_filter *code, size_t n)
{
	struct sock_fprog prog = {
		.len = (unsigned short)n,
		.filter = (struct sock_filter *)(uintptr_t)code,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return -errno;
	return 0;
}

/* Behind it the next instruction follows; or the packet is dropped. */
#define FROM_LEN 5
static void
put_from(struct sock_filter code[FROM_LEN], const uint8_t mac[ETH_ALEN])
{
	const uint32_t from = (uint32_t)(SKF_LL_OFF + ETH_ALEN);
	const struct sock_filter list[FROM_LEN] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)mac[0] << 24 | mac[1] << 16 | mac[2] << 8 | mac[3], 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, from + 4),
		BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(mac[4] << 8 | mac[5]), 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(code, list, sizeof(list));
}

/*
 * On SOCK_DGRAM the filter sees the packet from its IP header on. A VRRP
 * message must follow directly: an extension header or a fragment is not one.
 * A frame that was handed up to a VLAN or macvlan on this interface comes by
 * here too; the device it belongs to tells it apart.
 */
static int
attach_vrrp(int fd, int ifindex, uint8_t family, const uint8_t *vmac)
{
	const struct sock_filter code4[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AUX(SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ifindex, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AUX(SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_MULTICAST, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct iphdr, protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_VRRP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct iphdr, frag_off)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IP_MF | IP_OFFMASK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_filter code6[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AUX(SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ifindex, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AUX(SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_MULTICAST, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct ip6_hdr, ip6_nxt)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_VRRP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	const struct sock_filter *tail = family == AF_INET ? code4 : code6;
	size_t n = family == AF_INET ? ARRAY_LEN(code4) : ARRAY_LEN(code6);
	struct sock_filter code[FROM_LEN + ARRAY_LEN(code4)];

	if (!vmac)
		return attach(fd, tail, n);
	put_from(code, vmac);
	memcpy(code + FROM_LEN, tail, n * sizeof(*code));
	return attach(fd, code, FROM_LEN + n);
}

/*
 * On SOCK_RAW the filter sees the Ethernet header first. Neighbour messages
 * follow the IPv6 header directly.
 */
static int
attach_neighbours(int fd, int ifindex)
{
	const uint32_t next_at = ETH_HLEN + offsetof(struct ip6_hdr, ip6_nxt);
	const uint32_t type_at = ETH_HLEN + sizeof(struct ip6_hdr);
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AUX(SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ifindex, 0, 10),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AUX(SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST, 8, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_HLEN - 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_ARP, 5, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, next_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, type_at),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return attach(fd, code, ARRAY_LEN(code));
}

static int
attach_nothing(int fd)
{
	static const struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };

	return attach(fd, code, ARRAY_LEN(code));
}

/* The socket is deaf (protocol 0) until bind names what it hears. */
static int
start_hearing(int fd, int ifindex, uint16_t ethertype)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = ifindex,
	};
	int error = set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);

	if (!error && bind(fd, (struct sockaddr *)&sll, sizeof(sll)) < 0)
		error = -errno;
	return error;
}

static int
open_receive(int ifindex, uint8_t family, const uint8_t *vmac)
{
	int fd, error;

	fd = socket(AF_PACKET, SOCK_DGRAM | KIND, 0);
	if (fd < 0)
		return -errno;
	error = attach_vrrp(fd, ifindex, family, vmac);
	if (!error)
		error = start_hearing(
		    fd, ifindex, family == AF_INET ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	if (error)
		close(fd);
	return error ? error : fd;
}

static int
open_neighbours(int ifindex, uint16_t ethertype)
{
	int fd, error;

	fd = socket(AF_PACKET, SOCK_RAW | KIND, 0);
	if (fd < 0)
		return -errno;
	error = attach_neighbours(fd, ifindex);
	if (!error)
		error = start_hearing(fd, ifindex, ethertype);
	if (error)
		close(fd);
	return error ? error : fd;
}

static struct ip_mreqn
group4(int ifindex)
{
	return (struct ip_mreqn){
		.imr_ifindex = ifindex,
		.imr_multiaddr.s_addr = htonl(0xe0000012), /* 224.0.0.18 */
	};
}

static struct ipv6_mreq
group6(int ifindex)
{
	struct ipv6_mreq group = { .ipv6mr_interface = (unsigned)ifindex };

	inet_pton(AF_INET6, "ff02::12", &group.ipv6mr_multiaddr);
	return group;
}

/* IP_ADD_MEMBERSHIP or IP_DROP_MEMBERSHIP, IPV6_JOIN_GROUP or IPV6_LEAVE_GROUP. */
static int
set_membership(int fd, int ifindex, uint8_t family, bool joined)
{
	struct ip_mreqn g4 = group4(ifindex);
	struct ipv6_mreq g6 = group6(ifindex);
	int r;

	if (family == AF_INET)
		r = setsockopt(fd, IPPROTO_IP,
		    joined ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &g4, sizeof(g4));
	else
		r = setsockopt(fd, IPPROTO_IPV6,
		    joined ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &g6, sizeof(g6));
	return r < 0 ? -errno : 0;
}

int
socket_join_again(int fd, int ifindex, uint8_t family)
{
	/* An answer that there was nothing to leave is what is expected. */
	set_membership(fd, ifindex, family, false);
	return set_membership(fd, ifindex, family, true);
}

static int
configure_send4(int fd, int ifindex)
{
	struct ip_mreqn group = group4(ifindex);
	int error;

	if ((error = set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 255)) ||
	    (error = set(fd, IPPROTO_IP, IP_TTL, 255)) ||
	    (error = set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0)) ||
	    (error = set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0)) ||
	    (error = set(fd, IPPROTO_IP, IP_TOS, CLASS_NETWORK_CONTROL)))
		return error;
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

static int
configure_send6(int fd, int ifindex)
{
	int error;

	if ((error = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255)) ||
	    (error = set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255)) ||
	    (error = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)) ||
	    (error = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)) ||
	    (error = set(fd, IPPROTO_IPV6, IPV6_TCLASS, CLASS_NETWORK_CONTROL)) ||
	    (error = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, ifindex)))
		return error;
	return 0;
}

static int
open_send(const char *ifname, int ifindex, uint8_t family, bool join)
{
	int fd, error;

	fd = socket(family, SOCK_RAW | KIND, IPPROTO_VRRP);
	if (fd < 0)
		return -errno;
	error = attach_nothing(fd);
	if (!error &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
		(socklen_t)strlen(ifname) + 1) < 0)
		error = -errno;
	if (!error)
		error = set(fd, SOL_SOCKET, SO_PRIORITY, 6);
	if (!error)
		error = family == AF_INET ? configure_send4(fd, ifindex)
					  : configure_send6(fd, ifindex);
	if (!error && join)
		error = set_membership(fd, ifindex, family, true);
	if (error)
		close(fd);
	return error ? error : fd;
}

int
socket_open_vrrp(
    const char *ifname, int ifindex, uint8_t family, const uint8_t *vmac, int fds[2])
{
	int receive, send;

	receive = open_receive(ifindex, family, vmac);
	if (receive < 0)
		return receive;
	send = open_send(ifname, ifindex, family, !vmac);
	if (send < 0) {
		close(receive);
		return send;
	}
	fds[0] = receive;
	fds[1] = send;
	return 0;
}

int
socket_open_hearing(int ifindex, int fds[2])
{
	int arp, nd;

	arp = open_neighbours(ifindex, ETHERTYPE_ARP);
	if (arp < 0)
		return arp;
	nd = open_neighbours(ifindex, ETHERTYPE_IPV6);
	if (nd < 0) {
		close(arp);
		return nd;
	}
	fds[0] = arp;
	fds[1] = nd;
	return 0;
}

int
socket_open_announce(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | KIND, 0);

	return fd < 0 ? -errno : fd;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Against the real kernel, each test in a network namespace of its own with
 * one veth pair: vipd's sockets are on eth0, peer0 is the wire. Frames of the
 * other side are injected there, and what eth0 sends is seen there.
 */
#include "supervisor/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "netns.h"
#include "unit.h"

#define PATIENCE_MS 5000
#define ETH0_MAC 0x02, 0, 0, 0, 0, 1
#define OTHER_MAC 0x02, 0, 0, 0, 0, 9
#define MACVLAN_MAC 0x02, 0, 0, 0, 0, 7
#define GROUP4_MAC 0x01, 0x00, 0x5e, 0, 0, 0x12
#define GROUP6_MAC 0x33, 0x33, 0, 0, 0, 0x12
#define BROADCAST_MAC 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

static int eth0, wire;

static int
open_wire(void)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("peer0"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sll, sizeof(sll)), 0);
	return fd;
}

static void
setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sh("ip link set lo up && ip link add eth0 address 02:00:00:00:00:01 type veth "
	   "peer name peer0 && ip link set eth0 addrgenmode none up && "
	   "ip link set peer0 addrgenmode none up && "
	   "ip addr add 192.0.2.1/24 dev eth0 && "
	   "ip addr add fe80::1/64 dev eth0 nodad");
	eth0 = (int)if_nametoindex("eth0");
	wire = open_wire();
}

static void
open_pair(uint8_t family, int fds[2])
{
	ck_assert_int_eq(socket_open_vrrp("eth0", eth0, family, NULL, fds), 0);
}

/* ---- frames from the wire ---- */

struct frame {
	uint8_t dst[6];
	uint8_t protocol;
	uint16_t fragment; /* flags and offset; IPv4 */
	uint8_t mark;      /* first byte of the payload, to know it again */
};

static size_t
build4(const struct frame *f, uint8_t *out)
{
	static const uint8_t head[] = { 0x02, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45, 0xc0, 0,
		28, 0, 0, 0, 0, 255, 0, 0, 0, 192, 0, 2, 2, 224, 0, 0, 18 };
	uint32_t sum = 0;

	memcpy(out, f->dst, 6);
	memcpy(out + 6, head, sizeof(head));
	memset(out + 34, f->mark, 8);
	out[20] = (uint8_t)(f->fragment >> 8);
	out[21] = (uint8_t)f->fragment;
	out[23] = f->protocol;
	for (int i = 14; i < 34; i += 2)
		sum += (uint32_t)out[i] << 8 | out[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	out[24] = (uint8_t)(sum >> 8);
	out[25] = (uint8_t)sum;
	return 42;
}

static size_t
build6(const struct frame *f, uint8_t *out)
{
	static const uint8_t head[] = { 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x6c, 0, 0, 0, 0,
		8, 0, 255 };

	memcpy(out, f->dst, 6);
	memcpy(out + 6, head, sizeof(head));
	out[20] = f->protocol;
	inet_pton(AF_INET6, "fe80::2", out + 22);
	inet_pton(AF_INET6, "ff02::12", out + 38);
	memset(out + 54, f->mark, 8);
	return 62;
}

static void
inject_from(const uint8_t *mac, uint8_t family, const struct frame *f)
{
	uint8_t buf[128];
	size_t len = family == AF_INET ? build4(f, buf) : build6(f, buf);

	if (mac)
		memcpy(buf + 6, mac, 6);
	ck_assert_int_eq(send(wire, buf, len, 0), (ssize_t)len);
}

static void
inject(uint8_t family, const struct frame *f)
{
	inject_from(NULL, family, f);
}

/* The mark of the next packet heard, which starts at its IP header. */
static int
hear(int fd, uint8_t family)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t buf[256];
	ssize_t n;

	ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
	n = recv(fd, buf, sizeof(buf), 0);
	ck_assert_int_eq(n, family == AF_INET ? 28 : 48);
	return buf[n - 1];
}

static const struct frame group4 = { .dst = { GROUP4_MAC }, .protocol = 112, .mark = 1 };
static const struct frame group6 = { .dst = { GROUP6_MAC }, .protocol = 112, .mark = 1 };

/* All of `wrong`, then a good one: that one is the first to be heard. */
static void
expect_only_the_last(
    uint8_t family, const struct frame *wrong, size_t n, const struct frame *good)
{
	int fds[2];

	setup();
	open_pair(family, fds);
	for (size_t i = 0; i < n; i++)
		inject(family, &wrong[i]);
	inject(family, good);
	ck_assert_int_eq(hear(fds[0], family), good->mark);
}

START_TEST(hears_adverts_over_ipv4_and_nothing_else)
{
	static const struct frame wrong[] = {
		{ { GROUP4_MAC }, 17, 0, 0xa0 }, { { GROUP4_MAC }, 0, 0, 0xa1 },
		{ { BROADCAST_MAC }, 112, 0, 0xa2 }, { { OTHER_MAC }, 112, 0, 0xa3 },
		{ { GROUP4_MAC }, 112, 0x2000, 0xa4 }, /* first fragment */
		{ { GROUP4_MAC }, 112, 1, 0xa5 },      /* last one */
	};

	expect_only_the_last(AF_INET, wrong, ARRAY_LEN(wrong), &group4);
}
END_TEST

START_TEST(hears_adverts_over_ipv6_and_nothing_else)
{
	static const struct frame wrong[] = {
		{ { GROUP6_MAC }, 17, 0, 0xa0 },
		{ { GROUP6_MAC }, 44, 0, 0xa1 }, /* fragment header */
		{ { OTHER_MAC }, 112, 0, 0xa2 },
	};

	expect_only_the_last(AF_INET6, wrong, ARRAY_LEN(wrong), &group6);
}
END_TEST

START_TEST(hears_unicast_to_its_interface)
{
	const struct frame unicast = { { ETH0_MAC }, 112, 0, 2 };

	for (int f = 0; f < 2; f++)
		expect_only_the_last(f ? AF_INET6 : AF_INET, NULL, 0, &unicast);
}
END_TEST

/*
 * A frame that eth0 hands up to a device on top of it passes the packet
 * sockets of both; an advert of another VLAN is none of this interface.
 */
START_TEST(does_not_hear_what_belongs_to_a_device_on_top)
{
	const struct frame theirs = { { MACVLAN_MAC }, 112, 0, 0xa0 };
	int fds[2], upper[2];

	setup();
	sh("ip link add mv0 link eth0 address 02:00:00:00:00:07 type macvlan && "
	   "ip link set mv0 addrgenmode none up");
	open_pair(AF_INET, fds);
	ck_assert_int_eq(
	    socket_open_vrrp("mv0", (int)if_nametoindex("mv0"), AF_INET, NULL, upper), 0);
	inject(AF_INET, &theirs);
	ck_assert_int_eq(hear(upper[0], AF_INET), 0xa0);
	inject(AF_INET, &group4);
	ck_assert_int_eq(hear(fds[0], AF_INET), group4.mark);
}
END_TEST

/* Multicasts of others reach it, too, if it has joined a group of the same hash. */
START_TEST(a_macvlan_hears_what_comes_from_its_own_mac)
{
	static const uint8_t macs[][6] = { { 0x02, 0, 0, 0, 0, 2 },
		{ 0x03, 0, 0, 0, 0, 7 }, { 0x02, 0, 0, 1, 0, 7 }, { 0x02, 0, 0, 0, 1, 7 },
		{ MACVLAN_MAC } };
	static const uint8_t own[6] = { MACVLAN_MAC };
	const size_t last = ARRAY_LEN(macs) - 1;
	int upper[2];

	setup();
	sh("ip link add mv0 link eth0 address 02:00:00:00:00:07 type macvlan mode "
	   "private "
	   "&& ip link set mv0 addrgenmode none allmulticast on up");
	for (int f = 0; f < 2; f++) {
		uint8_t family = f ? AF_INET6 : AF_INET;
		struct frame frame = f ? group6 : group4;

		ck_assert_int_eq(socket_open_vrrp("mv0", (int)if_nametoindex("mv0"),
				     family, own, upper),
		    0);
		for (size_t i = 0; i <= last; i++) {
			frame.mark = (uint8_t)(0xa0 + i);
			inject_from(macs[i], family, &frame);
		}
		ck_assert_int_eq(hear(upper[0], family), 0xa0 + (int)last);
	}
}
END_TEST

START_TEST(a_host_firewall_that_drops_all_input_starves_a_raw_socket_only)
{
	static const struct frame *const adverts[] = { &group4, &group6 };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	char byte;
	int raw, fds[2];

	setup();
	sh("nft 'table inet t { chain i { type filter hook input priority 0; "
	   "policy drop; }; }'");
	for (int i = 0; i < 2; i++) {
		open_pair(families[i], fds);
		raw = socket(families[i], SOCK_RAW | SOCK_NONBLOCK, 112);
		ck_assert_int_ge(raw, 0);
		inject(families[i], adverts[i]);
		ck_assert_int_eq(hear(fds[0], families[i]), adverts[i]->mark);
		ck_assert_int_eq(recv(raw, &byte, 1, 0), -1);
	}
}
END_TEST

START_TEST(the_sending_socket_queues_nothing)
{
	char byte;
	int fds[2];

	setup();
	open_pair(AF_INET, fds);
	for (int i = 0; i < 10; i++)
		inject(AF_INET, &group4);
	ck_assert_int_eq(hear(fds[0], AF_INET), group4.mark);
	ck_assert_int_eq(recv(fds[1], &byte, 1, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* ---- frames to the wire ---- */

/* The next frame of protocol 112 that eth0 sent. */
static void
see(uint8_t family, uint8_t *frame, size_t size)
{
	struct pollfd pfd = { .fd = wire, .events = POLLIN };
	size_t at = family == AF_INET ? 23 : 20;

	do {
		ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
		ck_assert_int_gt(recv(wire, frame, size, 0), 23);
	} while (frame[12] != (family == AF_INET ? 0x08 : 0x86) || frame[at] != 112);
}

START_TEST(adverts_over_ipv4_leave_with_ttl_255_and_class_c0)
{
	static const uint8_t group[] = { GROUP4_MAC };
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint8_t payload[32] = { 0 }, frame[256];
	int fds[2];

	setup();
	open_pair(AF_INET, fds);
	inet_pton(AF_INET, "224.0.0.18", &to.sin_addr);
	ck_assert_int_eq(
	    sendto(fds[1], payload, 32, 0, (struct sockaddr *)&to, sizeof(to)), 32);
	see(AF_INET, frame, sizeof(frame));
	ck_assert_mem_eq(frame, group, 6);
	ck_assert_uint_eq(frame[15], 0xc0);
	ck_assert_uint_eq(frame[22], 255);
	/* unicast alike */
	sh("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0");
	inet_pton(AF_INET, "192.0.2.2", &to.sin_addr);
	ck_assert_int_eq(
	    sendto(fds[1], payload, 32, 0, (struct sockaddr *)&to, sizeof(to)), 32);
	see(AF_INET, frame, sizeof(frame));
	ck_assert_uint_eq(frame[5], 2);
	ck_assert_uint_eq(frame[22], 255);
	/* its own packets do not come back */
	ck_assert_int_eq(recv(fds[0], payload, 1, 0), -1);
}
END_TEST

START_TEST(adverts_over_ipv6_leave_with_hop_limit_255_and_class_c0)
{
	static const uint8_t group[] = { GROUP6_MAC };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	uint8_t payload[32] = { 0 }, frame[256];
	int fds[2];

	setup();
	open_pair(AF_INET6, fds);
	inet_pton(AF_INET6, "ff02::12", &to.sin6_addr);
	ck_assert_int_eq(
	    sendto(fds[1], payload, 32, 0, (struct sockaddr *)&to, sizeof(to)), 32);
	see(AF_INET6, frame, sizeof(frame));
	ck_assert_mem_eq(frame, group, 6);
	ck_assert_uint_eq(frame[14], 0x6c); /* version 6, class 0xc0 */
	ck_assert_uint_eq(frame[15] & 0xf0, 0);
	ck_assert_uint_eq(frame[21], 255);
	ck_assert_int_eq(recv(fds[0], payload, 1, 0), -1);
}
END_TEST

START_TEST(both_groups_are_joined_where_switches_snoop)
{
	int fds[2];

	setup();
	open_pair(AF_INET, fds);
	open_pair(AF_INET6, fds);
	sh("ip maddr show dev eth0 | grep -q 'inet *224.0.0.18'");
	sh("ip maddr show dev eth0 | grep -q 'inet6 *ff02::12'");
}
END_TEST

START_TEST(groups_that_the_kernel_forgot_are_joined_again)
{
	int fds[4];

	setup();
	open_pair(AF_INET, fds);
	open_pair(AF_INET6, fds + 2);
	sh("ip link set eth0 mtu 1279 && ip link set eth0 mtu 1280");
	sh("! ip maddr show dev eth0 | grep -q ff02::12");
	ck_assert_int_eq(socket_join_again(fds[3], eth0, AF_INET6), 0);
	sh("ip maddr show dev eth0 | grep -q 'inet6 *ff02::12'");
	/* Once more where nothing was forgotten. */
	ck_assert_int_eq(socket_join_again(fds[1], eth0, AF_INET), 0);
	sh("ip maddr show dev eth0 | grep -q 'inet *224.0.0.18'");
}
END_TEST

START_TEST(descriptors_are_closed_on_exec_and_never_block)
{
	int fds[5], n = 0;

	setup();
	open_pair(AF_INET, fds);
	open_pair(AF_INET6, fds + 2);
	fds[4] = socket_open_announce();
	for (; n < 5; n++) {
		ck_assert_int_ge(fds[n], 0);
		ck_assert(fcntl(fds[n], F_GETFD) & FD_CLOEXEC);
		ck_assert(fcntl(fds[n], F_GETFL) & O_NONBLOCK);
	}
}
END_TEST

START_TEST(an_interface_that_is_not_there_costs_no_descriptor)
{
	int before, after, fds[2];

	setup();
	before = dup(0);
	close(before);
	ck_assert_int_lt(socket_open_vrrp("no0", 4711, AF_INET, NULL, fds), 0);
	ck_assert_int_lt(socket_open_vrrp("no0", eth0, AF_INET, NULL, fds), 0);
	ck_assert_int_lt(socket_open_vrrp("no0", 4711, AF_INET6, NULL, fds), 0);
	ck_assert_int_lt(socket_open_hearing(4711, fds), 0);
	after = dup(0);
	ck_assert_int_eq(after, before);
}
END_TEST

/* An ARP request or a neighbour message of this kind to dst; mark ends it. */
static void
inject_neighbour(uint8_t kind, const uint8_t dst[6], uint8_t mark)
{
	uint8_t buf[64] = { 0 };

	memcpy(buf, dst, 6);
	memcpy(buf + 6, (uint8_t[6]){ OTHER_MAC }, 6);
	if (kind == 0) {
		memcpy(buf + 12, "\x08\x06", 2);
	} else {
		memcpy(buf + 12, "\x86\xdd", 2);
		buf[20] = 58;
		buf[54] = kind;
	}
	buf[63] = mark;
	ck_assert_int_eq(send(wire, buf, sizeof(buf), 0), sizeof(buf));
}

/* The mark of the next whole frame. */
static int
hear_frame(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t buf[128];

	ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
	ck_assert_int_eq(recv(fd, buf, sizeof(buf), 0), 64);
	ck_assert_mem_eq(buf + 6, ((uint8_t[6]){ OTHER_MAC }), 6);
	return buf[63];
}

START_TEST(hears_neighbours_and_nothing_else)
{
	static const uint8_t all[6] = { BROADCAST_MAC }, own[6] = { ETH0_MAC },
			     group[6] = { GROUP6_MAC }, other[6] = { MACVLAN_MAC };
	uint8_t buf[128] = { BROADCAST_MAC, ETH0_MAC, 0x08, 0x06 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = eth0 };
	int fds[2], announce;

	setup();
	ck_assert_int_eq(socket_open_hearing(eth0, fds), 0);
	inject_neighbour(0, other, 1); /* for another host */
	inject_neighbour(0, all, 2);
	inject_neighbour(0, own, 3);
	ck_assert_int_eq(hear_frame(fds[0]), 2);
	ck_assert_int_eq(hear_frame(fds[0]), 3);
	inject_neighbour(134, group, 4); /* router advertisement */
	inject_neighbour(135, group, 5);
	inject_neighbour(136, group, 6);
	inject_neighbour(136, other, 7);
	inject_neighbour(128, own, 8); /* echo */
	inject_neighbour(136, own, 9);
	ck_assert_int_eq(hear_frame(fds[1]), 5);
	ck_assert_int_eq(hear_frame(fds[1]), 6);
	ck_assert_int_eq(hear_frame(fds[1]), 9);

	/* its own voice it does not hear */
	announce = socket_open_announce();
	to.sll_ifindex = eth0;
	to.sll_halen = 6;
	ck_assert_int_eq(
	    sendto(announce, buf, 60, 0, (struct sockaddr *)&to, sizeof(to)), 60);
	inject_neighbour(0, all, 10);
	ck_assert_int_eq(hear_frame(fds[0]), 10);
}
END_TEST

START_TEST(announcements_go_out_as_they_are)
{
	static const uint8_t arp[60] = { BROADCAST_MAC, ETH0_MAC, 0x08, 0x06, 0, 1 };
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = 6 };
	struct pollfd pfd;
	uint8_t frame[128];
	int fd;

	setup();
	fd = socket_open_announce();
	to.sll_ifindex = eth0;
	ck_assert_int_eq(
	    sendto(fd, arp, sizeof(arp), 0, (struct sockaddr *)&to, sizeof(to)), 60);
	pfd = (struct pollfd){ .fd = wire, .events = POLLIN };
	do {
		ck_assert_int_eq(poll(&pfd, 1, PATIENCE_MS), 1);
		ck_assert_int_gt(recv(wire, frame, sizeof(frame), 0), 14);
	} while (frame[12] != 0x08 || frame[13] != 0x06);
	ck_assert_mem_eq(frame, arp, 16);
	/* and it hears nothing */
	inject(AF_INET, &group4);
	ck_assert_int_eq(recv(fd, frame, sizeof(frame), 0), -1);
}
END_TEST

UNIT_MAIN("socket", hears_adverts_over_ipv4_and_nothing_else,
    hears_adverts_over_ipv6_and_nothing_else, hears_unicast_to_its_interface,
    does_not_hear_what_belongs_to_a_device_on_top,
    a_macvlan_hears_what_comes_from_its_own_mac,
    a_host_firewall_that_drops_all_input_starves_a_raw_socket_only,
    the_sending_socket_queues_nothing, adverts_over_ipv4_leave_with_ttl_255_and_class_c0,
    adverts_over_ipv6_leave_with_hop_limit_255_and_class_c0,
    both_groups_are_joined_where_switches_snoop,
    groups_that_the_kernel_forgot_are_joined_again,
    descriptors_are_closed_on_exec_and_never_block,
    an_interface_that_is_not_there_costs_no_descriptor, hears_neighbours_and_nothing_else,
    announcements_go_out_as_they_are)

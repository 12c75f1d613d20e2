/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tests of engine.h: the engine between a vipd and a LAN that are both
 * played here. Messages go through the real channel, packets come through a
 * socket pair, what is sent is looked at.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "cursor.h"
#include "engine/engine.h"
#include "engine/io.h"
#include "mem.h"
#include "unit.h"

#define ADVERT_US 10000
#define IFINDEX 4
#define OTHER_IFINDEX 5

/* Shared with a forked engine. */
static struct {
	unsigned adverts;
	unsigned frames;
	unsigned frames_elsewhere;
	uint8_t mac;      /* the last byte of the last frame's source */
	uint8_t priority; /* of the last advert */
	uint8_t vrid;
} * net;

static struct engine engine;
static int vipd, lan, announce_fd;

int
io_receive(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC);

	return n < 0 ? -errno : (int)n;
}

int
io_send(int fd, uint32_t ifindex, const struct ipaddr *src, const struct ipaddr *dst,
    uint8_t ttl, const void *message, size_t len)
{
	(void)fd;
	(void)ifindex;
	(void)ttl;
	(void)src;
	(void)dst;
	(void)len;
	net->adverts++;
	net->vrid = ((const uint8_t *)message)[1];
	net->priority = ((const uint8_t *)message)[2];
	return 0;
}

int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	(void)fd;
	(void)len;
	ck_assert(ifindex == IFINDEX || ifindex == OTHER_IFINDEX);
	if (ifindex == OTHER_IFINDEX)
		net->frames_elsewhere++;
	else
		net->frames++;
	net->mac = ((const uint8_t *)frame)[11];
	return 0;
}

/* Before check opens its own files: the engine's socket goes here. */
__attribute__((constructor)) static void
keep_descriptor_free(void)
{
	int fd = open("/dev/null", O_RDONLY);

	dup2(fd, MSG_CHILD_FD);
	if (fd != MSG_CHILD_FD)
		close(fd);
}

static inline struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

/* ---- vipd's side ---- */

static inline void
tell_fds(enum msg_type type, const void *head, const void *records, size_t n,
    const int *fds, size_t n_fds)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec iov = { buf, msg_build(buf, type, 0, head, records, n) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds) {
		struct cmsghdr *cm;

		mh.msg_control = control;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	ck_assert_int_ge(sendmsg(vipd, &mh, 0), 0);
}

static inline void
tell(enum msg_type type, const void *head, const void *records, size_t n)
{
	tell_fds(type, head, records, n, NULL, 0);
}

static inline void
tell_interface_at(uint32_t ifindex, uint8_t mac)
{
	struct msg_interface m = {
		.ifindex = ifindex,
		.mtu = 1500,
		.name = "eth0",
		.usable = 1,
		.mac = { 2, 0, 0, 0, 0, mac },
		.primary4 = ip("192.0.2.10"),
	};

	tell(MSG_INTERFACE, &m, NULL, 0);
}

static inline void
tell_interface(uint8_t mac)
{
	tell_interface_at(IFINDEX, mac);
}

/* Records of INSTALLED and REMOVED. */
static inline void
tell_addresses(enum msg_type type, uint32_t id, const struct ipaddr *addrs, size_t n,
    uint32_t ifindex)
{
	struct msg_installed_record list[100];
	struct msg_instance_ref ref = { .id = id };

	for (size_t i = 0; i < n; i++)
		list[i] = (struct msg_installed_record){ addrs[i], ifindex };
	tell(type, &ref, list, n);
}

static inline struct msg_instance
instance(uint32_t id)
{
	return (struct msg_instance){
		.id = id,
		.ifindex = IFINDEX,
		.name = "edge",
		.interface = "eth0",
		.family = AF_INET,
		.version = 3,
		.vrid = (uint8_t)(id + 6),
		.priority = 150,
		.preempt = 1,
		.garp_repeat = 2,
		.down_adverts = 3,
		.advert_us = ADVERT_US,
	};
}

static inline void
tell_instance(const struct msg_instance *m)
{
	struct msg_instance_ref ref = { .id = m->id };
	struct ipaddr a = ip("192.0.2.5");

	tell(MSG_INSTANCE, m, NULL, 0);
	tell(MSG_INSTANCE_ADVERTISED, &ref, &a, 1);
	tell(MSG_INSTANCE_END, &ref, NULL, 0);
}

/* Runs the engine until what holds, or fails. */
static inline void
run_until(bool (*what)(void))
{
	uint64_t end = clock_us() + 10 * US_PER_S;

	while (!what()) {
		ck_assert_msg(clock_us() < end, "it did not happen in time");
		ev_run(engine.child.loop, EVRUN_ONCE);
	}
}

/* Runs what is ready now. */
static inline void
run(void)
{
	for (int i = 0; i < 10; i++)
		ev_run(engine.child.loop, EVRUN_NOWAIT);
}

/* The next message of a type from the engine; false: none is there. */
static inline bool
hear(enum msg_type type, void *head, size_t len)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	struct msg m;
	ssize_t n;

	while ((n = recv(vipd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		ck_assert_ptr_null(msg_parse(buf, (size_t)n, PEER_ENGINE, &m));
		if (m.type != type)
			continue;
		memcpy(head, m.head, len);
		return true;
	}
	return false;
}

static inline enum vrrp_state
next_state(void)
{
	struct msg_state m;

	ck_assert_msg(hear(MSG_STATE, &m, sizeof(m)), "no state was told");
	return (enum vrrp_state)m.state;
}

/* ---- the LAN's side ---- */

static inline void
send_signed(uint8_t vrid, uint8_t priority, struct trailer *trailer, uint64_t wall_us)
{
	struct ipaddr src = ip("192.0.2.20"), dst = advert_group(AF_INET), addr;
	uint8_t packet[96] = { 0x45, 0xc0, [6] = 0x40, [8] = 255, [9] = IPPROTO_VRRP };
	struct advert a = {
		.family = AF_INET,
		.version = 3,
		.vrid = vrid,
		.priority = priority,
		.advert_us = ADVERT_US,
		.n_addrs = 1,
	};
	uint16_t sum;

	addr = ip("192.0.2.5");
	a.addrs = addr.bytes;
	packet[3] =
	    (uint8_t)(20 + advert_write(&a, &src, &dst, trailer, wall_us, packet + 20));
	memcpy(packet + 12, src.bytes, 4);
	memcpy(packet + 16, dst.bytes, 4);
	sum = checksum_fold(checksum_add(0, packet, 20));
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
	ck_assert_int_ge(send(lan, packet, packet[3], 0), 0);
}

static inline void
send_advert(uint8_t vrid, uint8_t priority)
{
	send_signed(vrid, priority, NULL, 0);
}

/* The first sync is not over yet. */
static inline void
start_sync(void)
{
	struct msg_sync_begin begin = { 0 };
	struct msg_sockets sockets = { .ifindex = IFINDEX, .family = AF_INET };
	int pair[2], fds[2];

	net = mmap(NULL, sizeof(*net), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	vipd = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
	close(pair[1]);
	if (pair[0] != MSG_CHILD_FD) {
		ck_assert_int_eq(dup2(pair[0], MSG_CHILD_FD), MSG_CHILD_FD);
		close(pair[0]);
	}
	engine_init(&engine);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	lan = pair[1];
	announce_fd = open("/dev/null", O_RDWR);
	fds[0] = pair[0];
	fds[1] = announce_fd;
	tell(MSG_SYNC_BEGIN, &begin, NULL, 0);
	tell_interface(1);
	tell_fds(MSG_SOCKETS, &sockets, NULL, 0, fds, 2);
	tell_fds(MSG_ANNOUNCE_SOCKET, NULL, NULL, 0, &announce_fd, 1);
	run();
	close(pair[0]);
}

static inline void
end_sync(void)
{
	struct msg_sync_end end = { .complete = 1 };

	tell(MSG_SYNC_END, &end, NULL, 0);
	run();
}

static inline void
start(void)
{
	start_sync();
	end_sync();
}

static inline bool
is_master(void)
{
	return engine.roster.first && engine.roster.first->vrrp.state == VRRP_MASTER;
}

static inline bool
has_announced(void)
{
	return net->frames >= 2;
}

static inline bool
has_resigned(void)
{
	return net->adverts && net->priority == 0;
}

static inline void
become_master(void)
{
	struct msg_instance m = instance(1);

	tell_instance(&m);
	run_until(is_master);
	run();
}

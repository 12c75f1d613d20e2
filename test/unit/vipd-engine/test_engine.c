/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine between a vipd and a LAN that are both played here: messages go
 * through the real channel, packets come through a socket pair, what is sent
 * is looked at.
 */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "cursor.h"
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

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

/* ---- vipd's side ---- */

static void
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

static void
tell(enum msg_type type, const void *head, const void *records, size_t n)
{
	tell_fds(type, head, records, n, NULL, 0);
}

static void
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

static void
tell_interface(uint8_t mac)
{
	tell_interface_at(IFINDEX, mac);
}

/* Records of INSTALLED and REMOVED. */
static void
tell_addresses(enum msg_type type, uint32_t id, const struct ipaddr *addrs, size_t n,
    uint32_t ifindex)
{
	struct msg_installed_record list[100];
	struct msg_instance_ref ref = { .id = id };

	for (size_t i = 0; i < n; i++)
		list[i] = (struct msg_installed_record){ addrs[i], ifindex };
	tell(type, &ref, list, n);
}

static struct msg_instance
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

static void
tell_instance(const struct msg_instance *m)
{
	struct msg_instance_ref ref = { .id = m->id };
	struct ipaddr a = ip("192.0.2.5");

	tell(MSG_INSTANCE, m, NULL, 0);
	tell(MSG_INSTANCE_ADVERTISED, &ref, &a, 1);
	tell(MSG_INSTANCE_END, &ref, NULL, 0);
}

/* Runs the engine until what holds, or fails. */
static void
run_until(bool (*what)(void))
{
	uint64_t end = clock_us() + 10 * US_PER_S;

	while (!what()) {
		ck_assert_msg(clock_us() < end, "it did not happen in time");
		ev_run(engine.child.loop, EVRUN_ONCE);
	}
}

/* Runs what is ready now. */
static void
run(void)
{
	for (int i = 0; i < 10; i++)
		ev_run(engine.child.loop, EVRUN_NOWAIT);
}

/* The next message of a type from the engine; false: none is there. */
static bool
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

static enum vrrp_state
next_state(void)
{
	struct msg_state m;

	ck_assert_msg(hear(MSG_STATE, &m, sizeof(m)), "no state was told");
	return (enum vrrp_state)m.state;
}

/* ---- the LAN's side ---- */

static void
send_advert(uint8_t vrid, uint8_t priority)
{
	struct ipaddr src = ip("192.0.2.20"), dst = advert_group(AF_INET), addr;
	uint8_t packet[64] = { 0x45, 0xc0, [6] = 0x40, [8] = 255, [9] = IPPROTO_VRRP };
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
	packet[3] = (uint8_t)(20 + advert_write(&a, &src, &dst, NULL, 0, packet + 20));
	memcpy(packet + 12, src.bytes, 4);
	memcpy(packet + 16, dst.bytes, 4);
	sum = checksum_fold(checksum_add(0, packet, 20));
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
	ck_assert_int_ge(send(lan, packet, packet[3], 0), 0);
}

/* The first sync is not over yet. */
static void
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

static void
end_sync(void)
{
	struct msg_sync_end end = { .complete = 1 };

	tell(MSG_SYNC_END, &end, NULL, 0);
	run();
}

static void
start(void)
{
	start_sync();
	end_sync();
}

static bool
is_master(void)
{
	return engine.roster.first && engine.roster.first->vrrp.state == VRRP_MASTER;
}

static bool
has_announced(void)
{
	return net->frames >= 2;
}

static bool
has_resigned(void)
{
	return net->adverts && net->priority == 0;
}

static void
become_master(void)
{
	struct msg_instance m = instance(1);

	tell_instance(&m);
	run_until(is_master);
	run();
}

START_TEST(the_newest_state_is_told_and_only_when_it_changes)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start();
	tell_instance(&m);
	run();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	tell_instance(&m);
	ev_run(engine.child.loop, EVRUN_NOWAIT);
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	run_until(is_master);
	run();
	ck_assert_int_eq(next_state(), VRRP_MASTER);
}
END_TEST

static bool
all_announced(void)
{
	return net->frames >= 200;
}

START_TEST(only_installed_addresses_are_announced_and_only_by_a_master)
{
	struct msg_instance m = instance(1);
	struct ipaddr a = ip("192.0.2.5");

	start();
	tell_instance(&m);
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	run();
	ck_assert_uint_eq(net->frames, 0);
	run_until(has_announced);
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_MASTER);
	tell_addresses(MSG_REMOVED, 1, &a, 1, IFINDEX);
	run();
	ck_assert_uint_eq(net->frames, 2);
}
END_TEST

static bool
has_announced_again(void)
{
	return net->frames >= 4;
}

START_TEST(a_new_mac_is_announced)
{
	struct ipaddr a = ip("192.0.2.5");

	start();
	become_master();
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	run_until(has_announced);
	tell_interface(1);
	run();
	ck_assert_uint_eq(net->frames, 2);
	tell_interface(2);
	run_until(has_announced_again);
}
END_TEST

static bool
has_announced_on_both(void)
{
	return net->frames >= 2 && net->frames_elsewhere >= 2;
}

static bool
has_announced_elsewhere_again(void)
{
	return net->frames_elsewhere >= 4;
}

/* virtual_ipaddress { ... dev eth1 }. */
START_TEST(an_address_is_announced_on_the_interface_that_has_it)
{
	struct ipaddr a = ip("192.0.2.5"), b = ip("198.51.100.5");
	struct msg_interface_gone gone = { OTHER_IFINDEX };

	start();
	become_master();
	tell_interface_at(OTHER_IFINDEX, 9);
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	tell_addresses(MSG_INSTALLED, 1, &b, 1, OTHER_IFINDEX);
	run_until(has_announced_on_both);
	run();
	ck_assert_uint_eq(net->frames, 2);
	ck_assert_uint_eq(net->frames_elsewhere, 2);

	/* Its own MAC, and only what is there when that one changes. */
	tell_interface_at(OTHER_IFINDEX, 10);
	run_until(has_announced_elsewhere_again);
	run();
	ck_assert_uint_eq(net->mac, 10);
	ck_assert_uint_eq(net->frames, 2);

	/* Gone, told again, and back: nothing is sent into the void. */
	tell(MSG_INTERFACE_GONE, &gone, NULL, 0);
	tell_addresses(MSG_INSTALLED, 1, &b, 1, OTHER_IFINDEX);
	run();
	ck_assert_uint_eq(net->frames_elsewhere, 4);
	tell_addresses(MSG_REMOVED, 1, &b, 1, OTHER_IFINDEX);
	tell_interface_at(OTHER_IFINDEX, 10);
	run();
	ck_assert_uint_eq(net->frames_elsewhere, 4);
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_MASTER);
}
END_TEST

START_TEST(routers_take_turns_in_announcing)
{
	struct msg_instance m = instance(1);
	struct ipaddr list[100];

	start();
	for (uint8_t i = 0; i < 100; i++)
		list[i] = ipaddr_from4((uint8_t[4]){ 10, 0, 0, i });
	for (m.id = 1; m.id <= 3; m.id++) {
		m.vrid = (uint8_t)(6 + m.id);
		m.garp_repeat = 1;
		tell_instance(&m);
		tell_addresses(MSG_INSTALLED, m.id, list, m.id == 2 ? 0 : 100, IFINDEX);
	}
	run_until(all_announced);
	ck_assert_uint_eq(engine.roster.first->counters.value[COUNT_ARP_SENT], 100);
}
END_TEST

/* Self-fencing: what waits in the socket comes before a timer that is due. */
START_TEST(a_late_engine_hears_before_it_speaks)
{
	unsigned adverts;

	start();
	become_master();
	adverts = net->adverts;
	send_advert(7, 200);
	usleep(5 * ADVERT_US); /* the engine has no CPU */
	ck_assert_uint_lt(vrrp_deadline(&engine.roster.first->vrrp), clock_us());
	run();
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net->adverts, adverts);
}
END_TEST

/* I10 */
START_TEST(one_that_resumes_tells_no_other_state_than_master)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start_sync();
	m.resume = 1;
	tell_instance(&m);
	run();
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	end_sync();
	ck_assert_int_eq(next_state(), VRRP_MASTER);
	ck_assert_uint_ge(net->adverts, 1);
}
END_TEST

START_TEST(one_that_resumes_yields_to_what_its_socket_held)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start_sync();
	m.resume = 1;
	send_advert(7, 200);
	tell_instance(&m);
	run();
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	end_sync();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	ck_assert_uint_eq(net->adverts, 0);
}
END_TEST

START_TEST(what_a_complete_sync_does_not_name_resigns_and_goes)
{
	struct msg_sync_begin begin = { 0 };
	struct msg_instance other = instance(2);

	start();
	become_master();
	tell(MSG_SYNC_BEGIN, &begin, NULL, 0);
	tell_instance(&other);
	end_sync();
	run_until(has_resigned);
	ck_assert_uint_eq(net->vrid, 7);
	ck_assert_uint_eq(engine.roster.first->conf.head.id, 2);
	ck_assert_ptr_null(engine.roster.first->next);
}
END_TEST

START_TEST(an_instance_that_goes_resigns)
{
	struct msg_instance_ref ref = { .id = 1 };

	start();
	become_master();
	tell(MSG_INSTANCE_GONE, &ref, NULL, 0);
	run_until(has_resigned);
	ck_assert_ptr_null(engine.roster.first);
}
END_TEST

START_TEST(an_interface_that_goes_is_a_fault)
{
	struct msg_interface_gone gone = { IFINDEX };

	start();
	become_master();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	ck_assert_int_eq(next_state(), VRRP_MASTER);
	tell(MSG_INTERFACE_GONE, &gone, NULL, 0);
	run();
	ck_assert_int_eq(next_state(), VRRP_FAULT);
	ck_assert_ptr_null(engine.ifaces);
}
END_TEST

START_TEST(routers_on_one_interface_hear_their_own_identifier)
{
	struct msg_instance one = instance(1), two = instance(2);
	struct instance *in;

	start();
	tell_instance(&one);
	tell_instance(&two);
	run();
	send_advert(8, 200);
	send_advert(99, 200);
	run();
	in = engine.roster.first;
	ck_assert_uint_eq(in->counters.value[COUNT_ADVERTS_RECEIVED], 0);
	ck_assert_uint_eq(in->next->counters.value[COUNT_ADVERTS_RECEIVED], 1);
	ck_assert_uint_eq(engine.ifaces->ports[0].counters.rx[ADVERT_VRID], 1);
}
END_TEST

START_TEST(counters_are_told_for_every_instance)
{
	struct msg_instance one = instance(1), two = instance(2);
	struct msg_instance_ref ref;

	start();
	tell_instance(&one);
	tell_instance(&two);
	tell(MSG_COUNTERS_REQUEST, NULL, NULL, 0);
	run();
	ck_assert(hear(MSG_COUNTERS, &ref, sizeof(ref)));
	ck_assert_uint_eq(ref.id, 1);
	ck_assert(hear(MSG_COUNTERS, &ref, sizeof(ref)));
	ck_assert_uint_eq(ref.id, 2);
}
END_TEST

/* States between may be lost, the last one may not. */
START_TEST(a_full_channel_delays_states_and_loses_none_that_counts)
{
	struct msg_instance m = instance(1);
	struct msg_state state;
	int last = -1;

	start();
	while (chan_backlog(&engine.child.chan) == 0)
		chan_send(&engine.child.chan, MSG_LOG, &(struct msg_log){ 0 }, NULL, 0);
	tell_instance(&m);
	run_until(is_master);
	ck_assert(engine.roster.first->dirty);
	while (chan_backlog(&engine.child.chan) || engine.roster.first->dirty) {
		ev_run(engine.child.loop, EVRUN_NOWAIT);
		while (hear(MSG_STATE, &state, sizeof(state)))
			last = state.state;
	}
	while (hear(MSG_STATE, &state, sizeof(state)))
		last = state.state;
	ck_assert_int_eq(last, VRRP_MASTER);
}
END_TEST

/* A child that is master; how it ends is the caller's. */
static pid_t
forked_master(void)
{
	pid_t pid;

	start();
	become_master();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(vipd);
		ev_loop_fork(engine.child.loop);
		ev_run(engine.child.loop, 0);
		_exit(99);
	}
	close(MSG_CHILD_FD);
	return pid;
}

static int
exit_code(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(told_to_stop_it_resigns_and_ends_well)
{
	pid_t pid = forked_master();

	tell(MSG_STOP, NULL, NULL, 0);
	ck_assert_int_eq(exit_code(pid), 0);
	ck_assert(has_resigned());
}
END_TEST

START_TEST(vipds_death_is_a_withdrawal)
{
	pid_t pid = forked_master();

	close(vipd);
	ck_assert_int_eq(exit_code(pid), 0);
	ck_assert(has_resigned());
}
END_TEST

START_TEST(nonsense_from_vipd_ends_it_with_a_resignation)
{
	struct msg_instance_ref ref = { .id = 77 };
	pid_t pid = forked_master();

	tell(MSG_INSTANCE_END, &ref, NULL, 0);
	ck_assert_int_eq(exit_code(pid), 1);
	ck_assert(has_resigned());
}
END_TEST

UNIT_MAIN("engine", the_newest_state_is_told_and_only_when_it_changes,
    only_installed_addresses_are_announced_and_only_by_a_master, a_new_mac_is_announced,
    an_address_is_announced_on_the_interface_that_has_it,
    routers_take_turns_in_announcing, a_late_engine_hears_before_it_speaks,
    one_that_resumes_tells_no_other_state_than_master,
    one_that_resumes_yields_to_what_its_socket_held,
    what_a_complete_sync_does_not_name_resigns_and_goes, an_instance_that_goes_resigns,
    an_interface_that_goes_is_a_fault, routers_on_one_interface_hear_their_own_identifier,
    counters_are_told_for_every_instance,
    a_full_channel_delays_states_and_loses_none_that_counts,
    told_to_stop_it_resigns_and_ends_well, vipds_death_is_a_withdrawal,
    nonsense_from_vipd_ends_it_with_a_resignation)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of address.h, against the real kernel (netns.h). */
#pragma once

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "netns.h"
#include "supervisor/address.h"
#include "unit.h"

static struct links *links;
static struct addresses *as;
static unsigned installed, removed, failed, seen_gone, lines, early;
static uint32_t last_owner;
static struct msg_installed_record last_place;
static int last_error;

/* The kernel would take a packet for it now, not send it on. */
static inline bool
is_local6(const struct ipaddr *addr)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = 9 }, from;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(from);
	bool local;

	memcpy(&to.sin6_addr, addr->bytes, 16);
	local = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &len) == 0 &&
	    memcmp(&from.sin6_addr, addr->bytes, 16) == 0;
	close(fd);
	return local;
}

static inline void
on_installed(void *arg, uint32_t owner, const struct msg_installed_record *list, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		early += list[i].addr.family == AF_INET6 && !is_local6(&list[i].addr);
	last_owner = owner;
	last_place = list[n - 1];
	installed += (unsigned)n;
}

static inline void
on_removed(void *arg, uint32_t owner, const struct msg_installed_record *list, size_t n)
{
	(void)arg;
	(void)owner;
	last_place = list[n - 1];
	removed += (unsigned)n;
}

static inline void
on_failed(void *arg, uint32_t owner, const struct ipaddr *addr, int error)
{
	(void)arg;
	(void)owner;
	(void)addr;
	failed++;
	last_error = error;
}

static inline void
on_link(void *arg, uint32_t ifindex)
{
	(void)arg;
	addresses_on_link(as, ifindex);
}

static inline void
on_own_address(void *arg, const struct link_address *a, bool present)
{
	(void)arg;
	seen_gone += !present;
	addresses_on_own(as, a, present);
}

static inline void
on_foreign_change(void *arg)
{
	(void)arg;
	addresses_on_foreign(as);
}

static inline void
on_answer(void *arg, uint32_t seq, int error)
{
	(void)arg;
	addresses_on_answer(as, seq, error);
}

static const struct addresses_ops ops = { on_installed, on_removed, on_failed };
static const struct links_ops links_ops = {
	.on_link = on_link,
	.on_link_gone = on_link,
	.on_own_address = on_own_address,
	.on_answer = on_answer,
	.on_foreign_change = on_foreign_change,
};

static inline void
start(void)
{
	links = links_new(loop, &links_ops, NULL);
	as = addresses_new(loop, links, &ops, NULL);
	links_replay_own(links);
	links_start(links);
}

static inline void
setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sh("ip link set lo up && ip link add eth0 type veth peer name peer0 && "
	   "ip link set eth0 up && ip link set peer0 up && "
	   "ip addr add 192.0.2.1/24 dev eth0");
	loop = ev_loop_new(EVFLAG_AUTO);
	start();
}

static inline struct address_want
service(const char *text)
{
	struct address_want w = { .is_service = true, .dev = "eth0" };

	ck_assert(ipaddr_parse(text, &w.addr));
	w.prefixlen = ipaddr_bits(&w.addr);
	return w;
}

static inline struct address_want
fixed(const char *prefix)
{
	struct address_want w = { .dev = "eth0" };

	ck_assert(ipaddr_parse_prefix(prefix, &w.addr, &w.prefixlen));
	return w;
}

static inline void
count_line(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
	lines++;
}

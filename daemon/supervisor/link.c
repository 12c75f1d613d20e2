/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uthash.h>

#include "log.h"
#include "mem.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11 /* linux/if_addr.h of 5.18 */
#endif

#define RECEIVE_BUFFER (4 << 20)
#define FIRST_DUMP_MS 5000
/* Datagrams taken at once, so that a storm leaves time for other work. */
#define DRAIN_MAX 512

/* Key and value of one address; own ones and foreign ones alike. */
struct known {
	struct {
		uint32_t ifindex;
		uint32_t prefixlen;
		struct ipaddr addr;
	} key;
	uint32_t flags;
	uint8_t scope;
	bool own;
	bool seen;
	UT_hash_handle hh;
};

struct link {
	uint32_t ifindex;
	struct msg_interface shown;
	bool seen;
	UT_hash_handle hh;
};

enum dump_stage { DUMP_NONE, DUMP_LINKS, DUMP_ADDRESSES };

struct links {
	struct ev_loop *loop;
	const struct links_ops *ops;
	void *arg;
	struct nl_sock *sock;
	ev_io readable;
	struct link *all;
	struct known *foreign; /* few: node addresses */
	struct known *own;     /* may be thousands */
	enum dump_stage stage;
	bool started;
	bool lost; /* notifications were lost: dump again */
};

static struct link *
find_link(const struct links *ls, uint32_t ifindex)
{
	struct link *l;

	HASH_FIND(hh, ls->all, &ifindex, sizeof(ifindex), l);
	return l;
}

const struct link *
links_find_by_name(const struct links *ls, const char *name)
{
	for (const struct link *l = ls->all; l; l = l->hh.next)
		if (!strcmp(l->shown.name, name))
			return l;
	return NULL;
}

uint32_t
link_index(const struct link *l)
{
	return l->ifindex;
}

const char *
links_name(const struct links *ls, uint32_t ifindex)
{
	const struct link *l = find_link(ls, ifindex);

	return l ? l->shown.name : NULL;
}

void
link_fill(const struct link *l, struct msg_interface *out)
{
	*out = l->shown;
}

const char *
links_foreign_address(const struct links *ls, const struct ipaddr *addr)
{
	for (const struct known *k = ls->foreign; k; k = k->hh.next) {
		const struct link *l = find_link(ls, k->key.ifindex);

		if (l && ipaddr_eq(&k->key.addr, addr))
			return l->shown.name;
	}
	return NULL;
}

/* ---- derived values of a link ---- */

/* The first global address that is not secondary; else any. */
static const struct known *
choose_primary4(const struct links *ls, uint32_t ifindex)
{
	const struct known *best = NULL;

	for (const struct known *k = ls->foreign; k; k = k->hh.next) {
		if (k->key.ifindex != ifindex || k->key.addr.family != AF_INET)
			continue;
		if (!best)
			best = k;
		else if (k->scope < best->scope ||
		    (k->scope == best->scope && (best->flags & IFA_F_SECONDARY) &&
			!(k->flags & IFA_F_SECONDARY)))
			best = k;
	}
	return best;
}

static const struct known *
choose_linklocal6(const struct links *ls, uint32_t ifindex)
{
	for (const struct known *k = ls->foreign; k; k = k->hh.next)
		if (k->key.ifindex == ifindex && k->key.addr.family == AF_INET6 &&
		    ipaddr_is_linklocal(&k->key.addr) &&
		    !(k->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			return k;
	return NULL;
}

static void
refresh_link(struct links *ls, struct link *l, struct msg_interface now)
{
	const struct known *primary4 = choose_primary4(ls, l->ifindex);
	const struct known *linklocal6 = choose_linklocal6(ls, l->ifindex);

	now.primary4 = primary4 ? primary4->key.addr : (struct ipaddr){ 0 };
	now.linklocal6 = linklocal6 ? linklocal6->key.addr : (struct ipaddr){ 0 };
	if (!memcmp(&l->shown, &now, sizeof(now)))
		return;
	l->shown = now;
	if (ls->started)
		ls->ops->on_link(ls->arg, l->ifindex);
}

/* ---- messages ---- */

static void
drop_link(struct links *ls, struct link *l)
{
	uint32_t ifindex = l->ifindex;

	HASH_DEL(ls->all, l);
	free(l);
	if (ls->started)
		ls->ops->on_link_gone(ls->arg, ifindex);
}

/* net.ipv6.conf.IFACE.forwarding, which the kernel tells with the link. */
static uint8_t
read_forwarding6(const struct nlattr *af_spec)
{
	struct nlattr *inet6, *conf;
	int rest;

	if (!af_spec)
		return 0;
	nla_for_each_nested(inet6, af_spec, rest)
	{
		if (nla_type(inet6) != AF_INET6)
			continue;
		conf = nla_find(nla_data(inet6), nla_len(inet6), IFLA_INET6_CONF);
		/* DEVCONF_FORWARDING is the first of the array. */
		if (conf && nla_len(conf) >= (int)sizeof(int32_t))
			return *(const int32_t *)nla_data(conf) != 0;
	}
	return 0;
}

static void
on_newlink(struct links *ls, struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct nlattr *tb[IFLA_MAX + 1];
	struct msg_interface now;
	struct link *l;

	/* Bridges also tell of their ports in messages of their own family. */
	if (ifi->ifi_family != AF_UNSPEC ||
	    nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 || !tb[IFLA_IFNAME])
		return;
	l = find_link(ls, (uint32_t)ifi->ifi_index);
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->ifindex = (uint32_t)ifi->ifi_index;
		HASH_ADD(hh, ls->all, ifindex, sizeof(l->ifindex), l);
	}
	l->seen = true;
	now = l->shown;
	now.ifindex = l->ifindex;
	now.mtu = tb[IFLA_MTU] ? nla_get_u32(tb[IFLA_MTU]) : 0;
	str_copy(now.name, sizeof(now.name), nla_data(tb[IFLA_IFNAME]));
	now.usable = (ifi->ifi_flags & IFF_UP) && (ifi->ifi_flags & IFF_RUNNING);
	if (tb[IFLA_AF_SPEC])
		now.forwarding6 = read_forwarding6(tb[IFLA_AF_SPEC]);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == sizeof(now.mac))
		memcpy(now.mac, nla_data(tb[IFLA_ADDRESS]), sizeof(now.mac));
	refresh_link(ls, l, now);
}

static void
on_dellink(struct links *ls, struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct link *l = find_link(ls, (uint32_t)ifi->ifi_index);

	if (l && ifi->ifi_family == AF_UNSPEC)
		drop_link(ls, l);
}

/* False if the message holds no address vipd can use. */
static bool
read_address(struct nlmsghdr *nlh, struct known *out)
{
	const struct ifaddrmsg *ifa = nlmsg_data(nlh);
	struct nlattr *tb[IFA_MAX + 16 + 1] = { 0 };
	const struct nlattr *addr;

	if (nlmsg_parse(nlh, sizeof(*ifa), tb, IFA_MAX + 16, NULL) < 0)
		return false;
	/* On point-to-point links IFA_ADDRESS is the peer's. */
	addr = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!addr)
		return false;
	memset(out, 0, sizeof(*out));
	if (ifa->ifa_family == AF_INET && nla_len(addr) == 4)
		out->key.addr = ipaddr_from4(nla_data(addr));
	else if (ifa->ifa_family == AF_INET6 && nla_len(addr) == 16)
		out->key.addr = ipaddr_from6(nla_data(addr));
	else
		return false;
	out->key.ifindex = ifa->ifa_index;
	out->key.prefixlen = ifa->ifa_prefixlen;
	out->flags = tb[IFA_FLAGS] ? nla_get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	out->scope = ifa->ifa_scope;
	out->own = tb[IFA_PROTO] && nla_get_u8(tb[IFA_PROTO]) == ADDRESS_PROTO;
	return true;
}

static void
tell_own(struct links *ls, const struct known *k, bool present)
{
	struct link_address a = {
		.ifindex = k->key.ifindex,
		.addr = k->key.addr,
		.prefixlen = (uint8_t)k->key.prefixlen,
		.own = true,
	};

	ls->ops->on_own_address(ls->arg, &a, present);
}

static void
foreign_changed(struct links *ls, uint32_t ifindex)
{
	struct link *l = find_link(ls, ifindex);

	if (l)
		refresh_link(ls, l, l->shown);
	if (ls->started)
		ls->ops->on_foreign_change(ls->arg);
}

static void
on_newaddr(struct links *ls, struct nlmsghdr *nlh)
{
	struct known now, *k;
	struct known **table;

	if (!read_address(nlh, &now))
		return;
	table = now.own ? &ls->own : &ls->foreign;
	HASH_FIND(hh, *table, &now.key, sizeof(now.key), k);
	if (k && k->flags == now.flags && k->scope == now.scope) {
		k->seen = true;
		return;
	}
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->key = now.key;
		k->own = now.own;
		HASH_ADD(hh, *table, key, sizeof(k->key), k);
	}
	k->flags = now.flags;
	k->scope = now.scope;
	k->seen = true;
	if (!k->own)
		foreign_changed(ls, k->key.ifindex);
	else if (ls->started)
		tell_own(ls, k, true);
}

static void
drop_address(struct links *ls, struct known *k)
{
	struct known gone = *k;

	if (k->own)
		HASH_DEL(ls->own, k);
	else
		HASH_DEL(ls->foreign, k);
	free(k);
	if (!gone.own)
		foreign_changed(ls, gone.key.ifindex);
	else if (ls->started)
		tell_own(ls, &gone, false);
}

static void
on_deladdr(struct links *ls, struct nlmsghdr *nlh)
{
	struct known gone, *k;

	if (!read_address(nlh, &gone))
		return;
	HASH_FIND(hh, ls->own, &gone.key, sizeof(gone.key), k);
	if (!k)
		HASH_FIND(hh, ls->foreign, &gone.key, sizeof(gone.key), k);
	if (k)
		drop_address(ls, k);
}

/* ---- dumps ---- */

static void
request_dump(struct links *ls, enum dump_stage stage)
{
	struct rtgenmsg all = { .rtgen_family = AF_UNSPEC };
	int error;

	ls->stage = stage;
	error = nl_send_simple(ls->sock, stage == DUMP_LINKS ? RTM_GETLINK : RTM_GETADDR,
	    NLM_F_DUMP, &all, sizeof(all));
	if (error < 0) {
		log_err("rtnetlink dump: %s", nl_geterror(error));
		ls->stage = DUMP_NONE;
		ls->lost = true;
	}
}

static void
begin_dump(struct links *ls)
{
	struct known *k;

	ls->lost = false;
	for (struct link *l = ls->all; l; l = l->hh.next)
		l->seen = false;
	for (k = ls->own; k; k = k->hh.next)
		k->seen = false;
	for (k = ls->foreign; k; k = k->hh.next)
		k->seen = false;
	request_dump(ls, DUMP_LINKS);
}

static void
sweep(struct links *ls)
{
	struct link *l, *ltmp;
	struct known *k, *ktmp;

	HASH_ITER(hh, ls->all, l, ltmp)
	if (!l->seen)
		drop_link(ls, l);
	HASH_ITER(hh, ls->own, k, ktmp)
	if (!k->seen)
		drop_address(ls, k);
	HASH_ITER(hh, ls->foreign, k, ktmp)
	if (!k->seen)
		drop_address(ls, k);
}

static int
on_dump_part_done(struct nl_msg *msg, void *arg)
{
	struct links *ls = arg;

	(void)msg;
	if (ls->stage == DUMP_LINKS) {
		request_dump(ls, DUMP_ADDRESSES);
	} else if (ls->stage == DUMP_ADDRESSES) {
		ls->stage = DUMP_NONE;
		sweep(ls);
	}
	return NL_OK;
}

static int
on_message(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct links *ls = arg;

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		on_newlink(ls, nlh);
		break;
	case RTM_DELLINK:
		on_dellink(ls, nlh);
		break;
	case RTM_NEWADDR:
		on_newaddr(ls, nlh);
		break;
	case RTM_DELADDR:
		on_deladdr(ls, nlh);
		break;
	default:
		break;
	}
	return NL_OK;
}

static int
on_ack(struct nl_msg *msg, void *arg)
{
	struct links *ls = arg;

	if (ls->ops->on_answer)
		ls->ops->on_answer(ls->arg, nlmsg_hdr(msg)->nlmsg_seq, 0);
	return NL_OK;
}

static int
on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct links *ls = arg;

	(void)from;
	if (ls->ops->on_answer)
		ls->ops->on_answer(ls->arg, err->msg.nlmsg_seq, -err->error);
	return NL_SKIP;
}

/* A dump that was disturbed is done again once it has ended. */
static int
on_dump_interrupted(struct nl_msg *msg, void *arg)
{
	(void)msg;
	((struct links *)arg)->lost = true;
	return NL_OK;
}

/* One datagram's messages; false when there was none. */
static bool
receive(struct links *ls)
{
	int error = nl_recvmsgs_default(ls->sock);

	if (error == -NLE_NOMEM) {
		log_debug("rtnetlink notifications were lost; reading all again");
		ls->lost = true;
		ls->stage = DUMP_NONE;
	}
	if (ls->lost && ls->stage == DUMP_NONE)
		begin_dump(ls);
	return error != -NLE_AGAIN;
}

void
links_drain(struct links *ls)
{
	for (int i = 0; i < DRAIN_MAX && receive(ls); i++)
		;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	links_drain(container_of(w, struct links, readable));
}

static void
wait_for_dump(struct links *ls)
{
	struct pollfd pfd = { .fd = nl_socket_get_fd(ls->sock), .events = POLLIN };

	begin_dump(ls);
	while (ls->stage != DUMP_NONE || ls->lost) {
		if (poll(&pfd, 1, FIRST_DUMP_MS) <= 0)
			fatalx("the kernel does not tell its links (rtnetlink)");
		receive(ls);
	}
}

struct links *
links_new(struct ev_loop *loop, const struct links_ops *ops, void *arg)
{
	struct links *ls = xcalloc(1, sizeof(*ls));
	int error;

	ls->loop = loop;
	ls->ops = ops;
	ls->arg = arg;
	ls->sock = nl_socket_alloc();
	if (!ls->sock)
		fatalx("out of memory");
	/* Notifications have no sequence of ours. */
	nl_socket_disable_seq_check(ls->sock);
	nl_socket_modify_cb(ls->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, ls);
	nl_socket_modify_cb(ls->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_dump_part_done, ls);
	nl_socket_modify_cb(
	    ls->sock, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_dump_interrupted, ls);
	nl_socket_modify_cb(ls->sock, NL_CB_ACK, NL_CB_CUSTOM, on_ack, ls);
	nl_socket_modify_err_cb(ls->sock, NL_CB_CUSTOM, on_error, ls);
	error = nl_connect(ls->sock, NETLINK_ROUTE);
	if (error < 0)
		fatalx("rtnetlink socket: %s", nl_geterror(error));
	nl_socket_set_buffer_size(ls->sock, RECEIVE_BUFFER, 0);
	error = nl_socket_add_memberships(
	    ls->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
	if (error < 0)
		fatalx("rtnetlink notifications: %s", nl_geterror(error));
	nl_socket_set_nonblocking(ls->sock);
	wait_for_dump(ls);
	return ls;
}

struct nl_sock *
links_socket(struct links *ls)
{
	return ls->sock;
}

void
links_start(struct links *ls)
{
	ls->started = true;
	ev_io_init(&ls->readable, on_readable, nl_socket_get_fd(ls->sock), EV_READ);
	ev_io_start(ls->loop, &ls->readable);
}

void
links_replay_own(struct links *ls)
{
	struct known *k, *tmp;

	HASH_ITER(hh, ls->own, k, tmp)
	tell_own(ls, k, true);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

/* Changes come in bursts, and a pass reads the whole table. */
#define TOGETHER_US (20 * US_PER_MS)
/* What is not urgent waits as long as TCP does before it sends again. */
#define UNHURRIED_US US_PER_S
/* Between passes: so many times what the last one took, but never so long that
 * a client gives up. */
#define REST 20
#define REST_MAX_US US_PER_S
#define READ_SIZE (32 * 1024)
/* So many bytes of changes are sent at once: some 300, 2 ms of the kernel. */
#define CHANGES_MAX (32 * 1024)
/* Room for one more. */
#define CHANGE_MAX 512
/* net/netfilter/nf_conntrack_netlink.c: the fields a filter compares (Linux
 * 5.8; an older kernel tells all entries, and they are judged here anyway). */
#define FILTER_IP_DST (1u << 1)

#define CT(type) (NFNL_SUBSYS_CTNETLINK << 8 | (type))

/* ---- messages ---- */

static struct nlmsghdr *
put_header(struct conntrack *c, void *buf, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++c->seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/* conntrack -L -d addr */
static void
put_filter(struct nlmsghdr *nlh, const struct ipaddr *addr)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);
	struct nlattr *filter;

	mnl_attr_put(nlh, addr->family == AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST,
	    ipaddr_len(addr), addr->bytes);
	mnl_attr_nest_end(nlh, ip);
	mnl_attr_nest_end(nlh, tuple);
	filter = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, FILTER_IP_DST);
	mnl_attr_nest_end(nlh, filter);
}

struct attrs {
	const struct nlattr *at[CTA_MAX + 1];
};

static int
collect(const struct nlattr *attr, void *arg)
{
	struct attrs *a = arg;

	if (mnl_attr_get_type(attr) <= CTA_MAX)
		a->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static struct attrs
nested(const struct nlattr *attr)
{
	struct attrs a = { { NULL } };

	if (attr)
		mnl_attr_parse_nested(attr, collect, &a);
	return a;
}

static bool
read_addr(
    const struct attrs *ip, uint8_t family, uint16_t v4, uint16_t v6, struct ipaddr *out)
{
	const struct nlattr *attr = ip->at[family == AF_INET ? v4 : v6];
	size_t len = family == AF_INET ? 4 : 16;

	if (!attr || mnl_attr_get_payload_len(attr) != len)
		return false;
	*out = family == AF_INET ? ipaddr_from4(mnl_attr_get_payload(attr))
				 : ipaddr_from6(mnl_attr_get_payload(attr));
	return true;
}

static uint16_t
read_port(const struct attrs *proto, uint16_t type)
{
	const struct nlattr *attr = proto->at[type];

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(uint16_t))
		return 0;
	return ntohs(mnl_attr_get_u16(attr));
}

static bool
read_flow(const struct attrs *entry, uint8_t family, struct flow *out)
{
	struct attrs orig = nested(entry->at[CTA_TUPLE_ORIG]);
	struct attrs reply = nested(entry->at[CTA_TUPLE_REPLY]);
	struct attrs orig_ip = nested(orig.at[CTA_TUPLE_IP]);
	struct attrs reply_ip = nested(reply.at[CTA_TUPLE_IP]);
	struct attrs orig_proto = nested(orig.at[CTA_TUPLE_PROTO]);
	struct attrs reply_proto = nested(reply.at[CTA_TUPLE_PROTO]);
	const struct nlattr *number = orig_proto.at[CTA_PROTO_NUM];

	memset(out, 0, sizeof(*out));
	if (!number || mnl_attr_get_payload_len(number) != 1)
		return false;
	out->proto = mnl_attr_get_u8(number);
	if (entry->at[CTA_STATUS] &&
	    mnl_attr_get_payload_len(entry->at[CTA_STATUS]) == sizeof(uint32_t))
		out->status = ntohl(mnl_attr_get_u32(entry->at[CTA_STATUS]));
	out->dport = read_port(&orig_proto, CTA_PROTO_DST_PORT);
	out->reply_sport = read_port(&reply_proto, CTA_PROTO_SRC_PORT);
	return read_addr(&orig_ip, family, CTA_IP_V4_DST, CTA_IP_V6_DST, &out->dst) &&
	    read_addr(&reply_ip, family, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &out->reply_src);
}

/* ---- changing ---- */

/* An error of a change is told; that it went well is not. */
static void
send_changes(struct conntrack *c)
{
	if (c->n && mnl_socket_sendto(c->nl, c->changes, c->len) < 0)
		log_warn("connection tracking: %zu stale entries stay: %s", c->n,
		    strerror(errno));
	else
		c->changed += c->n;
	c->len = c->n = 0;
}

static void
copy_attr(struct nlmsghdr *nlh, const struct nlattr *attr)
{
	if (attr)
		mnl_attr_put(nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
		    mnl_attr_get_payload(attr));
}

/* net.netfilter.nf_conntrack_tcp_be_liberal, for this entry alone. A flow that
 * was picked up in mid-stream has it from the kernel. */
static void
put_liberal(struct nlmsghdr *nlh)
{
	static const struct nf_ct_tcp_flags liberal = {
		.flags = IP_CT_TCP_FLAG_BE_LIBERAL,
		.mask = IP_CT_TCP_FLAG_BE_LIBERAL,
	};
	struct nlattr *info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	struct nlattr *tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);

	mnl_attr_put(nlh, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(liberal), &liberal);
	mnl_attr_put(nlh, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(liberal), &liberal);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
}

/* By its tuple, its zone and its number: not one that came in its place. */
static void
put_change(struct conntrack *c, const struct attrs *entry, uint8_t family, bool ends)
{
	uint16_t type = ends ? CT(IPCTNL_MSG_CT_DELETE) : CT(IPCTNL_MSG_CT_NEW);
	struct nlmsghdr *nlh = put_header(c, c->changes + c->len, type, 0, family);

	copy_attr(nlh, entry->at[CTA_TUPLE_ORIG]);
	copy_attr(nlh, entry->at[CTA_ZONE]);
	copy_attr(nlh, entry->at[CTA_ID]);
	if (!ends)
		put_liberal(nlh);
	c->len += NLMSG_ALIGN(nlh->nlmsg_len);
	c->n++;
	if (c->len > CHANGES_MAX - CHANGE_MAX)
		send_changes(c);
}

static void
on_entry(struct conntrack *c, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct attrs entry = { { NULL } };
	enum flow_fate fate;
	struct flow flow;

	mnl_attr_parse(nlh, sizeof(*nfg), collect, &entry);
	if (!read_flow(&entry, nfg->nfgen_family, &flow))
		return;
	fate = flows_fate(&c->flows, &flow);
	if (fate != FLOW_STAYS)
		put_change(c, &entry, nfg->nfgen_family, fate == FLOW_ENDS);
}

/* ---- a pass ---- */

static void
start_pass(struct conntrack *c)
{
	_Alignas(struct nlmsghdr) uint8_t buf[1024];
	const struct ipaddr *only;
	struct nlmsghdr *nlh;

	flows_take(&c->flows);
	only = flows_only_address(&c->flows);
	nlh = put_header(
	    c, buf, CT(IPCTNL_MSG_CT_GET), NLM_F_DUMP, only ? only->family : AF_UNSPEC);
	if (only)
		put_filter(nlh, only);
	c->begin_us = clock_us();
	c->dump_seq = nlh->nlmsg_seq;
	c->reading = mnl_socket_sendto(c->nl, nlh, nlh->nlmsg_len) >= 0;
	if (!c->reading)
		log_warn("connection tracking cannot be read: %s", strerror(errno));
}

static uint64_t
rest_us(uint64_t took_us)
{
	return REST * took_us < REST_MAX_US ? REST * took_us : REST_MAX_US;
}

static void
end_pass(struct conntrack *c)
{
	uint64_t now_us = clock_us();

	send_changes(c);
	c->reading = false;
	c->rest_until_us = now_us + rest_us(now_us - c->begin_us);
	if (c->changed)
		log_debug("connection tracking: %llu stale entries deleted or relaxed",
		    (unsigned long long)c->changed);
	c->changed = 0;
	conntrack_kick(c);
}

/* One slice; true if all has been read. */
static bool
read_slice(struct conntrack *c, const void *buf, size_t size)
{
	const struct nlmsghdr *nlh = buf;
	int left = (int)size;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		/* An error of a change: it went by itself, which is as good. */
		if (nlh->nlmsg_seq != c->dump_seq)
			continue;
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
			return true;
		on_entry(c, nlh);
	}
	return false;
}

/* One datagram each time: other events come in between. */
static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct conntrack *c = container_of(w, struct conntrack, readable);
	_Alignas(struct nlmsghdr) uint8_t buf[READ_SIZE];
	ssize_t n = mnl_socket_recvfrom(c->nl, buf, sizeof(buf));

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (c->reading && (n < 0 || read_slice(c, buf, (size_t)n)))
		end_pass(c);
}

static void
on_soon(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	start_pass(container_of(w, struct conntrack, soon));
}

void
conntrack_kick(struct conntrack *c)
{
	uint64_t now_us = clock_us(), wait_us = TOGETHER_US;

	if (!flows_are_noted(&c->flows) || c->reading)
		return;
	if (!flows_are_urgent(&c->flows))
		wait_us = UNHURRIED_US;
	if (c->rest_until_us > now_us + wait_us)
		wait_us = c->rest_until_us - now_us;
	/* Never later than it was to be. */
	if (ev_is_active(&c->soon) &&
	    ev_timer_remaining(c->loop, &c->soon) * US_PER_S <= (double)wait_us)
		return;
	ev_timer_stop(c->loop, &c->soon);
	ev_timer_set(&c->soon, (double)wait_us / US_PER_S, 0.);
	ev_timer_start(c->loop, &c->soon);
}

int
conntrack_open(struct conntrack *c, struct ev_loop *loop)
{
	int error;

	c->loop = loop;
	c->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!c->nl)
		return -errno;
	if (mnl_socket_bind(c->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		error = errno;
		mnl_socket_close(c->nl);
		return -error;
	}
	c->changes = xcalloc(1, CHANGES_MAX);
	ev_io_init(&c->readable, on_readable, mnl_socket_get_fd(c->nl), EV_READ);
	ev_io_start(loop, &c->readable);
	ev_timer_init(&c->soon, on_soon, 0., 0.);
	return 0;
}

void
conntrack_close(struct conntrack *c)
{
	ev_io_stop(c->loop, &c->readable);
	ev_timer_stop(c->loop, &c->soon);
	mnl_socket_close(c->nl);
	free(c->changes);
	flows_fini(&c->flows);
}

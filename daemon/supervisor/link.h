/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's links and addresses, followed over one rtnetlink socket
 * (RTNLGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR, _IPV6_NETCONF; see netlink.h) and
 * dumped again after a lost notification. address.h sends its requests over
 * the same socket: so a request's own notification always comes before its
 * answer, and what was done by others is told apart from what was done here.
 *
 * An address is vipd's own when it carries ADDRESS_PROTO or LASTING_PROTO
 * (IFA_PROTO, Linux 5.18). Older kernels forget that mark: there vipd's are those that it
 * added itself (links_note_own) and IPv4 ones labelled ADDRESS_LABEL. Everything else is
 * foreign.
 */
#pragma once

#include <ev.h>

#include "msg.h"
#include "vmac_plan.h"

/* IFA_PROTO of vipd's addresses: 1 to 3 are the kernel's, keepalived has 18,
 * OVN-Kubernetes 85; no routing protocol has this number either. */
#define ADDRESS_PROTO 0x76
/* Of those of static_ipaddress: vipd's, but the node's own (lasting.h). */
#define LASTING_PROTO 0x77
/* IFA_LABEL of service addresses. */
#define ADDRESS_LABEL "vip"

struct link;
struct links;
struct nl_sock;

/* One address of the kernel, as notified; of vipd's the node may send from
 * lasting ones only. */
struct link_address {
	uint32_t ifindex;
	struct ipaddr addr;
	uint8_t prefixlen;
	bool own;       /* vipd's */
	bool lasting;   /* of those no virtual one */
	bool secondary; /* IPv4: goes with its primary, or is promoted */
	bool expires;   /* it has a lifetime */
	bool unborn;    /* acknowledged, but no packet for it is taken yet */
};

/* Of a link, for vmac.h. */
struct link_details {
	uint32_t parent; /* the link it lies on; 0: none */
	bool private_macvlan;
	bool is_vmac;           /* vipd's, by its alias */
	struct vmac_arp before; /* what that says */
	struct vmac_arp arp;    /* its own settings */
};

struct links_ops {
	/* Something in struct msg_interface or link_details changed, or the link is
	 * new, or its name or administrative state is. */
	void (*on_link)(void *arg, uint32_t ifindex);
	void (*on_link_gone)(void *arg, uint32_t ifindex);
	/* An address of vipd's was seen, or is gone. */
	void (*on_own_address)(void *arg, const struct link_address *a, bool present);
	/* A request of address.h was answered: 0 or a positive errno. */
	void (*on_answer)(void *arg, uint32_t seq, int error);
	/* Somebody else's addresses changed. */
	void (*on_foreign_change)(void *arg);
};

/* Waits for the first dump; fatal if the kernel does not answer. */
struct links *links_new(struct ev_loop *loop, const struct links_ops *ops, void *arg);
void links_free(struct links *ls);
const struct link *links_find_by_name(const struct links *ls, const char *name);
/* NULL if there is no such link. */
const char *links_name(const struct links *ls, uint32_t ifindex);
uint32_t link_index(const struct link *l);
/* Administratively, with or without carrier: it keeps its addresses. */
bool link_is_up(const struct link *l);
void link_fill(const struct link *l, struct msg_interface *out);
const struct link_details *link_details(const struct link *l);
/* What vipd has set itself, and the kernel tells nobody: sysctls; the alias of
 * a device that is down (on_link is called). */
void links_note_arp(struct links *ls, uint32_t ifindex, const struct vmac_arp *arp);
void links_note_vmac(struct links *ls, uint32_t ifindex, const struct vmac_arp *before);
void links_each(
    const struct links *ls, void (*fn)(void *arg, const struct link *l), void *arg);
/*
 * Name of the interface that has this address as somebody else's, or as a
 * lasting one, or NULL.
 * kube-ipvs0 does not count: kube-proxy puts Services' own addresses there.
 */
const char *links_foreign_address(const struct links *ls, const struct ipaddr *addr);
/* Any address of vipd's, wanted or not. */
bool links_have_own(const struct links *ls);
/* Starts to follow (links_new only dumps), so that ops find all they need. */
void links_start(struct links *ls);
struct nl_sock *links_socket(struct links *ls);
/* Takes what the socket holds now; true when nothing is left. */
bool links_drain(struct links *ls);
/* Calls on_own_address(present) for each address of vipd's. */
void links_replay_own(struct links *ls);

/* Addresses of a link, or of the one given; false from fn ends it. */
typedef bool links_visit(void *arg, const struct link_address *a);
void links_each_address(
    const struct links *ls, uint32_t ifindex, links_visit *fn, void *arg);
void links_each_place(
    const struct links *ls, const struct ipaddr *addr, links_visit *fn, void *arg);
/*
 * What the kernel has acknowledged: vipd added this, or it is gone. An IPv6
 * address is born when the kernel tells of it: before that a worker of its own
 * makes the local route, without which packets for it would be sent on.
 */
void links_note_own(struct links *ls, uint32_t ifindex, const struct ipaddr *addr,
    uint8_t prefixlen, bool lasting);
void links_note_gone(
    struct links *ls, uint32_t ifindex, const struct ipaddr *addr, uint8_t prefixlen);

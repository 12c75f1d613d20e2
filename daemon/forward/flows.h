/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of the entries of connection tracking after a change: a flow
 * keeps the translation its first packet got, whatever the sets say later. Pure:
 * changes are noted, entries are judged; conntrack.c reads, deletes and changes
 * them.
 *
 *	An endpoint goes: UDP and SCTP flows to it, and TCP flows that it never
 *	answered. Established TCP stays: an endpoint that ends leaves the list
 *	long before its last connection.
 *	A port is served: UDP and SCTP flows to it that are not translated.
 *	The address leaves this node: its translated UDP flows; with source_nat
 *	vip all of them, whose windows would be out of date when it comes back.
 *	Without, TCP stays: it may be one of a pod of this node. With none it
 *	lives on elsewhere and may be back, so its windows do not count any more.
 *	The address comes (not: was here already): its UDP flows that are not
 *	translated; with source_nat vip TCP, too: the next packet is picked up in
 *	mid-stream. With none as where it leaves, should nobody have seen that.
 */
#pragma once

#include "image.h"
#include "msg.h"

/* An entry. Addresses and ports of its two directions. */
struct flow {
	uint8_t proto;
	uint32_t status;   /* IPS_* */
	struct ipaddr dst; /* original */
	uint16_t dport;
	struct ipaddr reply_src; /* who answers */
	uint16_t reply_sport;
};

struct flow_note;
struct held_address;

struct flows {
	bool keeps_tcp;   /* source_nat vip */
	bool relaxes_tcp; /* source_nat none */
	bool urgent;
	struct flow_note *noted; /* by target; since the last flows_take */
	struct flow_note *taken; /* what flows_fate judges by */
	struct held_address *held;
};

void flows_fini(struct flows *f);

/* What a target had and has now in the kernel; NULL: nothing. */
void flows_changed(struct flows *f, const struct target_key *key, const struct image *old,
    const struct image *new);
void flows_hold(struct flows *f, const struct ipaddr *addr, enum held held);
/* Nobody saw an address leave that is not here: as if it left now. */
void flows_absent(struct flows *f, const struct ipaddr *addr);

/* There is something to look for. */
bool flows_are_noted(const struct flows *f);
/* And clients feel it: not only first packets of TCP, which are sent again. */
bool flows_are_urgent(const struct flows *f);
/* From now on entries are judged by what was noted until now. */
void flows_take(struct flows *f);
/* The one address all that was taken is about, or NULL: several, or none. */
const struct ipaddr *flows_only_address(const struct flows *f);
enum flow_fate {
	FLOW_STAYS,
	FLOW_ENDS,
	FLOW_RELAXED, /* its packets are in no window and translated all the same */
};
enum flow_fate flows_fate(const struct flows *f, const struct flow *flow);

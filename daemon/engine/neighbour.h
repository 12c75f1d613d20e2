/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ARP (RFC 826) and Neighbor Discovery (RFC 4861) frames say of who has an
 * address. Pure, and as strict as the RFCs ask a receiver to be: a frame that
 * fails a check has said nothing. Knows no address of its own and decides
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

/* Ethernet, IPv6, a neighbour message with a few options. */
#define NEIGHBOUR_FRAME_MAX 256

enum neighbour_kind {
	NEIGHBOUR_ANNOUNCES, /* gratuitous ARP, unsolicited NA: tells everybody */
	NEIGHBOUR_ANSWERS,   /* ARP reply, solicited NA */
	NEIGHBOUR_ASKS,      /* ARP request, NS: has its source address */
	NEIGHBOUR_PROBES,    /* from no address: asks for addr in order to take it */
};

enum neighbour_verdict {
	NEIGHBOUR_OK,
	NEIGHBOUR_TRUNCATED,
	NEIGHBOUR_OTHER, /* another protocol, another kind of message */
	NEIGHBOUR_HEADER,
	NEIGHBOUR_CHECKSUM,
	NEIGHBOUR_OPTION,
};

struct neighbour {
	enum neighbour_kind kind;
	struct ipaddr addr;
	uint8_t mac[6]; /* who has addr, or probes for it */
};

/* A whole Ethernet frame. *out is valid with NEIGHBOUR_OK only. */
enum neighbour_verdict neighbour_read(
    const void *frame, size_t len, struct neighbour *out);

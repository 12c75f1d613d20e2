/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of vipd's addresses: brings the kernel from what is present to
 * what is wanted, and keeps it there (I3, I9).
 *
 * Adds and deletes go over link.h's socket in slices of at most 2 ms, so
 * that the loop never waits for the routing lock longer than one request; what
 * a slice achieved is reported together. Until all is done the process has
 * real-time priority, the lowest one, where that is permitted: a takeover does
 * not wait for whatever keeps the node busy. An address deleted behind vipd's back
 * comes back at once, after five times in a minute only every 10 s (heal.h);
 * one that went with its interface comes back with it. One with a lifetime is
 * renewed, unheard, at a third of it; if it ended nevertheless vipd was not
 * running, and the address waits until its owner has had time to give it up.
 * What somebody else has
 * configured is never removed: a static address counts as installed then, a
 * service address is reported as EEXIST (plan.h).
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "link.h"

struct address_want {
	struct ipaddr addr;
	uint8_t prefixlen;
	bool is_service; /* /32 or /128, noprefixroute, deprecated, label vip */
	bool is_lasting; /* the node's own (lasting.h) */
	char dev[IFNAME_LEN];
	char label[IFNAME_LEN];  /* static ones; empty: none */
	struct ipaddr broadcast; /* family 0: none */
	uint8_t scope;           /* RT_SCOPE_*; static ones */
	bool noprefixroute;      /* static ones */
	uint8_t preferred;       /* enum conf_preferred; static ones */
	uint32_t lifetime_s;     /* unless renewed; 0: for ever */
};

/* They come from the event loop, never from inside a call of this interface,
 * and may call back in. */
struct addresses_ops {
	/* On the interface now; again, after it had gone. */
	void (*on_installed)(
	    void *arg, uint32_t owner, const struct msg_installed_record *list, size_t n);
	/* No longer there, or no longer this owner's. */
	void (*on_removed)(
	    void *arg, uint32_t owner, const struct msg_installed_record *list, size_t n);
	/* Wanted, and cannot be had (errno); tried again. Once for each new
	 * error. EBUSY: another owner has it. */
	void (*on_failed)(
	    void *arg, uint32_t owner, const struct ipaddr *addr, int error);
};

struct addresses;

struct addresses *addresses_new(struct ev_loop *loop, struct links *links,
    const struct addresses_ops *ops, void *arg);
/* Leaves the kernel's addresses alone. */
void addresses_free(struct addresses *as);
/*
 * All that owner (an instance) wants from now; an empty list gives all back.
 * Of two entries for one (dev, addr) the first counts; of two owners the
 * older, and the address stays in place when it changes hands. The difference
 * is carried out after this call has returned.
 */
void addresses_want(
    struct addresses *as, uint32_t owner, const struct address_want *list, size_t n);
/* Nothing is to be done, but for what waits for an interface, for a time or
 * for somebody else. */
bool addresses_settled(const struct addresses *as);
/* Called by link.h's ops. */
void addresses_on_answer(struct addresses *as, uint32_t seq, int error);
void addresses_on_own(struct addresses *as, const struct link_address *a, bool present);
void addresses_on_link(struct addresses *as, uint32_t ifindex);
void addresses_on_foreign(struct addresses *as);

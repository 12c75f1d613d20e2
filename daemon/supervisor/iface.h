/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that instances run on or have addresses on, as the engine has
 * to know them: their state, their VRRP sockets if any, and those that hear
 * neighbours. vipd keeps its own copies of the sockets, so that an engine's
 * restart opens nothing anew (I10).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chan.h"
#include "link.h"

struct iface {
	char name[IFNAME_LEN];
	struct msg_interface told; /* ifindex 0: does not exist */
	int sockets[2][2];         /* [IPv4, IPv6][receive, send]; -1 */
	int hearing[2];            /* ARP, ND; -1 */
	bool wanted[2];            /* by family, since ifaces_begin */
	bool carries;              /* addresses, since then */
	bool vmac;                 /* a macvlan that hears for its parent */
	bool complained;
	bool log_unknown_vrids;
	struct iface *next;
};

/* Finds or makes the one of this name. */
struct iface *iface_get(struct iface **list, const char *name);
struct iface *iface_find(struct iface *list, const char *name);
/* Marks all unwanted; callers set wanted[] and carries; ifaces_sweep closes. */
void ifaces_begin(struct iface *list);
void ifaces_sweep(struct iface **list, struct chan *engine);
/* A wanted socket could not be opened, and may be if it is tried again. */
bool ifaces_lack_sockets(const struct iface *list);
/*
 * Reads the link's state again (but for whether it counts as usable), opens
 * missing sockets, and tells the engine (may be NULL) what changed, or
 * everything when all is set.
 */
void iface_update(
    struct iface *i, const struct link *link, bool usable, struct chan *engine, bool all);

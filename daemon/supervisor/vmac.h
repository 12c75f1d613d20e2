/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The macvlan devices of virtual routers with a virtual MAC (use_vmac): one of
 * mode private on the instance's interface. It is up only while the instance
 * is master; down, the kernel neither answers nor takes anything for its MAC
 * (RFC 9568 6.4.2), and gives the adverts of another master, which come from
 * the same MAC, to the parent. The parent answers ARP for its own addresses
 * only, and asks with them; what was set there before is kept in the macvlan's
 * alias, so that a dead vipd's are known and undone.
 *
 * Desired state, carried out over link.h's socket one request at a time for
 * each device. A device deleted behind vipd's back is made again. Knows no
 * instance and no address.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "link.h"

struct vmac_want {
	char name[IFNAME_LEN];
	char parent[IFNAME_LEN];
	uint8_t mac[6];
	bool up;
};

/* vmacs_standing() is VMAC_MISSING from now, which no link tells. */
typedef void vmac_failed_fn(void *arg, const char *name);

struct vmacs;
/* fn may be NULL. */
struct vmacs *vmacs_new(
    struct ev_loop *loop, struct links *links, vmac_failed_fn *fn, void *arg);
/* Leaves the devices alone. */
void vmacs_free(struct vmacs *vs);
/* All that are wanted from now; others of vipd's go. */
void vmacs_want(struct vmacs *vs, const struct vmac_want *list, size_t n);
/* Of one that is wanted, or is about to be. */
enum vmac_standing vmacs_standing(
    const struct vmacs *vs, const char *name, const char *parent);
/* None is wanted, and none is there. */
bool vmacs_gone(const struct vmacs *vs);
/* Called by link.h's ops. */
void vmacs_on_link(struct vmacs *vs, uint32_t ifindex);
void vmacs_on_answer(struct vmacs *vs, uint32_t seq, int error);

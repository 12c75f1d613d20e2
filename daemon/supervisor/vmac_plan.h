/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the macvlan of a virtual router needs next, and what is written at it
 * for a vipd to come: pure decisions of vmac.c.
 *
 * A device is vipd's when its alias says so. One that fits in every other
 * respect is taken over: a vipd that died between two steps left it so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the kernel has of it. */
struct vmac_place {
	bool parent;       /* the interface is there */
	bool parent_ready; /* and answers ARP for its own addresses only */
	bool present;      /* a device of that name is there */
	bool fits;         /* of the wanted kind, MAC and parent */
	bool marked;       /* vipd's alias */
	bool ready;        /* its settings are made */
	bool up;
};

enum vmac_step {
	VMAC_REST,
	VMAC_CREATE,
	VMAC_MARK,
	VMAC_PARENT,
	VMAC_READY,
	VMAC_UP,
	VMAC_DOWN,
	VMAC_DELETE,
	VMAC_CONFLICT, /* somebody else's device has the name */
};

/* wanted: an instance has it. up: that instance is master. */
enum vmac_step vmac_plan(bool wanted, bool up, const struct vmac_place *p);

/* What it means for the instance that has it. */
enum vmac_standing {
	VMAC_THERE,
	VMAC_AWAITED, /* it is being made for the first time */
	VMAC_MISSING, /* without it a router could carry nothing */
};

/* was_there: since it is wanted as it is now. */
enum vmac_standing vmac_standing(
    bool parent, bool marked, bool was_there, bool has_failed);

/* What a parent's ARP settings were before its first macvlan. */
struct vmac_arp {
	uint32_t ignore;
	uint32_t announce;
};

#define VMAC_ALIAS_LEN 64
void vmac_alias_write(const struct vmac_arp *before, char alias[VMAC_ALIAS_LEN]);
/* False: not vipd's. */
bool vmac_alias_read(const char *alias, struct vmac_arp *before);

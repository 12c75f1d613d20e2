/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wants which address: owners (instances) claim entries; an entry is one
 * address on one device name. The oldest claim counts, so two owners never
 * fight. Tables only: knows no kernel and decides nothing.
 */
#pragma once

#include <uthash.h>

#include "address.h"
#include "heal.h"
#include "plan.h"

struct entry;

struct claim {
	struct entry *entry;
	uint32_t owner;
	unsigned round; /* of the addresses_want that told it last */
	struct address_want want;
	struct claim *next;           /* of the entry, oldest first */
	struct claim *before, *after; /* of the owner, as told */
};

struct owner {
	uint32_t id;
	struct claim *claims;
	UT_hash_handle hh;
};

enum request { REQUEST_NONE, REQUEST_ADD, REQUEST_RENEW, REQUEST_DEL };

struct entry {
	struct device *dev; /* with addr the key */
	struct ipaddr addr;
	uint8_t prefixlen; /* of the request */
	bool told;         /* its owner knows that it is installed */
	bool added;        /* as_added holds; the kernel shows less */
	bool waiting;      /* until not_before_us */
	bool watching;     /* somebody else's address is in the way */
	bool mortal;       /* its lifetime has to be renewed */
	uint32_t told_owner;
	uint32_t told_ifindex;
	uint32_t ifindex; /* where the request goes */
	uint32_t seq;
	enum request queued;
	enum request flying;
	int error; /* told last */
	unsigned failures;
	uint64_t not_before_us;
	struct claim *claims;
	struct entry *prev, *next;   /* in a queue, or in flight */
	struct entry *wprev, *wnext; /* waiting */
	struct entry *dprev, *dnext; /* of the device */
	struct entry *mprev, *mnext; /* mortal */
	struct heal heal;
	struct plan_life life;
	struct address_want as_added;
	UT_hash_handle hh;
};

struct device {
	char name[IFNAME_LEN];
	uint32_t ifindex; /* when it was looked at last; 0: none */
	struct entry *entries;
	UT_hash_handle hh;
};

struct address_table {
	struct entry *entries;
	struct device *devices;
	struct owner *owners;
};

struct device *address_table_find_device(struct address_table *t, const char *name);
struct device *address_table_get_device(struct address_table *t, const char *name);
struct entry *address_table_find(
    struct address_table *t, struct device *dev, const struct ipaddr *addr);
struct entry *address_table_get(
    struct address_table *t, struct device *dev, const struct ipaddr *addr);
/* It has no claims and is in no list of the caller's. */
void address_table_remove(struct address_table *t, struct entry *e);

struct owner *address_table_get_owner(struct address_table *t, uint32_t id);
/* It has no claims. */
void address_table_remove_owner(struct address_table *t, struct owner *o);
struct claim *address_table_find_claim(const struct entry *e, uint32_t owner);
struct claim *address_table_claim(
    struct owner *o, struct entry *e, const struct address_want *want);
void address_table_release(struct owner *o, struct claim *c);
void address_table_free(struct address_table *t);

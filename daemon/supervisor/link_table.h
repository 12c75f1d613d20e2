/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of link.c: links by index and name, addresses by link and by
 * address. Knows no netlink and calls nobody back.
 */
#pragma once

#include <uthash.h>

#include "link.h"

/* One address on one link; in two lists: of its link, and of its spot. */
struct known {
	struct link_address a;
	uint32_t flags; /* IFA_F_* */
	uint8_t scope;
	bool seen; /* in the dump under way */
	struct spot *spot;
	struct link *link;
	struct known *elsewhere; /* the same address again */
	struct known *prev, *next;
};

/* One address, wherever it is. */
struct spot {
	struct ipaddr addr;
	struct known *places;
	UT_hash_handle hh;
};

struct link {
	uint32_t ifindex;
	struct msg_interface shown;
	struct link_details details;
	bool up;
	bool seen;
	bool stale;             /* a foreign address of it changed */
	bool ipvs;              /* kube-proxy's own */
	struct known *own;      /* may be thousands */
	struct known *foreign;  /* in the kernel's order */
	UT_hash_handle hh;      /* by ifindex */
	UT_hash_handle hh_name; /* by shown.name */
};

struct link_table {
	struct link *links;
	struct link *by_name;
	struct spot *spots;
};

struct link *link_table_find_link(const struct link_table *t, uint32_t ifindex);
struct link *link_table_find_name(const struct link_table *t, const char *name);
struct link *link_table_add_link(struct link_table *t, uint32_t ifindex);
/* No other link has this name. */
void link_table_set_name(struct link_table *t, struct link *l, const char *name);
/* It has no addresses. */
void link_table_remove_link(struct link_table *t, struct link *l);

/* A list by ->elsewhere. */
struct known *link_table_find_places(
    const struct link_table *t, const struct ipaddr *addr);
struct known *link_table_find_known(const struct link_table *t, uint32_t ifindex,
    const struct ipaddr *addr, uint8_t prefixlen);
struct known *link_table_add_known(
    struct link_table *t, struct link *l, const struct link_address *a);
void link_table_remove_known(struct link_table *t, struct known *k);
void link_table_set_own(struct known *k, bool own);

/* Not one that the node may send from. */
bool link_table_is_virtual(const struct known *k);

/*
 * RFC 9568 5.1.1.1: the primary address; a global one that is not secondary if
 * there is one, and never a virtual one. Family 0: none.
 */
struct ipaddr link_table_choose_primary4(const struct link *l);
/* Neither tentative nor a duplicate: the kernel would not send from it. */
struct ipaddr link_table_choose_linklocal6(const struct link *l);

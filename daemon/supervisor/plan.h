/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an address needs next: pure decisions of address.c.
 *
 * Somebody else's address is never removed. A static address that is there
 * already counts as installed, as with keepalived. A service address that any
 * interface of this host has already is a conflict.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct address_want;
struct ipaddr;

/* What the kernel has of one address on one interface. */
struct plan_place {
	bool ready;             /* the interface can take it */
	bool fits;              /* vipd's is there, as wanted */
	bool unborn;            /* and is not to be announced yet */
	bool stale;             /* but for its lifetime (plan_is_stale) */
	bool misfit;            /* vipd's is there, not as wanted */
	bool foreign;           /* somebody else's is there */
	bool foreign_elsewhere; /* on another interface of this host */
};

enum plan_step {
	PLAN_REST,
	PLAN_ADD,
	PLAN_RENEW,
	PLAN_DELETE,
	PLAN_WAIT, /* for the interface, or for a time */
	PLAN_CONFLICT,
};

/* want: NULL if nobody wants it. early: not to be tried again yet. */
enum plan_step plan_next(
    const struct address_want *want, const struct plan_place *p, bool early);
/* It can be announced. */
bool plan_is_installed(const struct address_want *want, const struct plan_place *p);
/* An address with these properties need not be replaced. */
bool plan_same(const struct address_want *a, const struct address_want *b);
/* What is left of an address' life: the kernel drops it at its end. */
struct plan_life {
	bool known;       /* the next two hold; else another vipd gave it */
	uint32_t given_s; /* 0: for ever */
	uint64_t given_us;
	bool expires; /* the kernel says so */
};

/* It has not the lifetime wanted (0: for ever), or a third of it has passed. */
bool plan_is_stale(const struct plan_life *l, uint32_t wanted_s, uint64_t now_us);
/* Gone because it was not renewed in time. */
bool plan_has_expired(const struct plan_life *l, uint64_t now_us);
/* Microseconds until the next try: 100 ms, doubled up to 10 s. */
uint64_t plan_retry_us(unsigned failures);
/* For people: why the kernel does not take addr. */
const char *plan_error_text(const struct ipaddr *addr, int error);
/* The kernel's answer, an errno, to an add or a delete says that it is so now. */
bool plan_is_done(bool deleting, int error);

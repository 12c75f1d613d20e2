/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which address of one virtual router is announced next, and when: a burst of
 * `repeat` when an address is new, again `second_us` later, `refresh_repeat`
 * every `refresh_us`, and a bounded repair after another router spoke as
 * master. Every new address has its first announcement before any has its
 * second, those that are still being installed included. Pure: builds and sends
 * nothing. Only installed addresses, and only between pacing_start and
 * pacing_stop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define PACING_NEVER UINT64_MAX

enum { PACING_ARP, PACING_NA, PACING_KINDS };

struct pacing_conf {
	uint8_t repeat;
	uint8_t refresh_repeat;
	uint8_t lower_repeat;
	uint32_t second_us;  /* 0: no second burst */
	uint32_t refresh_us; /* 0: none */
	uint32_t lower_us;   /* between the two bursts of a repair */
	uint32_t interval_us[PACING_KINDS];
};

/* One an interface, shared by its virtual routers: not before. */
struct pacing_gate {
	uint64_t open_us[PACING_KINDS];
};

struct pacing_entry;

struct pacing {
	struct pacing_conf conf;
	struct pacing_entry *installed;
	struct pacing_entry *fresh[PACING_KINDS];
	struct pacing_entry *again[PACING_KINDS];
	bool active;
	uint64_t second_at_us;
	uint64_t refresh_at_us;
	uint64_t lower_at_us;   /* one after the other's last advert, one at the end */
	uint64_t lower_free_us; /* that; until then lower_left repairs at once */
	uint64_t late_free_us;  /* not before is the next one after an advert */
	uint8_t lower_left;
	uint64_t quiet_at_us; /* nor a second announcement: more may come */
};

void pacing_init(struct pacing *p);
void pacing_fini(struct pacing *p);
void pacing_configure(struct pacing *p, const struct pacing_conf *conf, uint64_t now_us);
void pacing_install(struct pacing *p, const struct ipaddr *addr, uint64_t now_us);
void pacing_remove(struct pacing *p, const struct ipaddr *addr);
bool pacing_has(const struct pacing *p, const struct ipaddr *addr);
/* All installed ones, in any order. */
void pacing_each(
    const struct pacing *p, void (*fn)(void *arg, const struct ipaddr *addr), void *arg);
/* This router became master; is it no more. */
void pacing_start(struct pacing *p, uint64_t now_us);
void pacing_stop(struct pacing *p);
/* Another spoke as master and is about to yield. */
void pacing_repair(struct pacing *p, uint64_t now_us);
/* This one once more. */
void pacing_repeat(struct pacing *p, const struct ipaddr *addr);
/* The address to be announced now, if any; counts as announced. */
bool pacing_next(
    struct pacing *p, struct pacing_gate *gate, uint64_t now_us, struct ipaddr *out);
/* When pacing_next has something; PACING_NEVER. */
uint64_t pacing_deadline(const struct pacing *p, const struct pacing_gate *gate);

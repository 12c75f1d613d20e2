/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of the pools that are somebody's own: the API server's, a node's,
 * what vipd sees on its LAN, what the configuration keeps back. The allocator
 * hands none of them out, and an operator hears of each once: a pool that
 * overlaps them promises more than it has. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "msg.h"

struct claims;
struct nodes;
struct settings;

struct owner {
	struct ipaddr addr;
	char whose[128]; /* "the address of node a" */
	bool said;       /* or not worth it */
};

struct owners {
	struct owner *items;
	size_t n;
	size_t cap;
	struct msg_taken_record *lan; /* as vipd told */
	size_t n_lan;
	size_t cap_lan;
	bool more; /* the list is being told */
};

void owners_fini(struct owners *o);
/* A frame of MSG_TAKEN. True: the list is complete, and to be collected. */
bool owners_take(struct owners *o, const struct msg *m);
/* items anew; nothing is, as long as no pool is known. */
void owners_collect(struct owners *o, const struct settings *s, const struct claims *c,
    const struct nodes *nodes);
/* The next that an operator has not heard of, and has from now on; NULL. */
const struct owner *owners_next_news(struct owners *o);

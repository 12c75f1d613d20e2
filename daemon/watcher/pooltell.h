/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells vipd of the address pools, for vipctl: what they are and how much of
 * each is in use, when that has changed.
 */
#pragma once

#include <stdint.h>

struct chan;
struct store;

struct pooltell {
	uint64_t told; /* hash; 0: nothing */
};

void pooltell(struct pooltell *p, const struct store *store, struct chan *chan);

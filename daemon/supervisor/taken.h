/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the watcher which addresses are somebody's already, as far as this
 * node can see: what the fence refuses (reserved.h), this host's own, and the
 * first and last of the networks it is connected to. An allocator that runs
 * here then hands none of them out.
 */
#pragma once

#include <stdint.h>

struct chan;
struct links;
struct reserved;

struct taken {
	uint64_t told; /* hash; 0: nothing */
};

/* watcher: NULL while there is none. For a new one set told to 0. */
void taken_tell(struct taken *t, const struct reserved *r, const struct links *ls,
    struct chan *watcher);

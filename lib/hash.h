/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One hash for every decision that all nodes must make alike: which instance
 * carries an address, which endpoint serves a slot (I6, I12). It may never
 * change between versions: nodes of a rolling upgrade must agree.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, 64 bits, with a final avalanche (the finisher of SplitMix64).
 * Start with HASH_INIT and feed parts in turn; hash_end gives the value. */
#define HASH_INIT UINT64_C(0xcbf29ce484222325)
uint64_t hash_add(uint64_t h, const void *data, size_t len);
uint64_t hash_end(uint64_t h);

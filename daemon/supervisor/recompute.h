/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the wanted addresses are computed again: once for all that happened in a
 * loop round. With 10,000 of them that takes milliseconds, and what comes in
 * parts (removals, Services in place) would ask for it at every part: so it rests
 * four times as long as it took, that the whole may cost in proportion to its size,
 * and longer while the first list is on its way, when nobody waits for a single one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct instances;

void recompute_init(struct instances *is);
/* Not in a round's end but here. */
void recompute_now(struct instances *is);
/* Pure: how long, in us; not more than 10 ms (first list: 50 ms), unless it took longer.
 */
uint64_t recompute_rest(uint64_t took_us, bool first_list);

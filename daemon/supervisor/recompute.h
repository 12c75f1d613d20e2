/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the wanted addresses are computed again: once for all that happened in a
 * loop round. With 10,000 of them that takes milliseconds, and what comes in
 * parts (removals, Services in place) would ask for it at every part: so it rests
 * as long as it took, and up to 16 times as long while parts keep coming, that the
 * whole may cost in proportion to its size.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct instances;

void recompute_init(struct instances *is);
/* Not in a round's end but here. */
void recompute_now(struct instances *is);
/* Pure: the next factor of the rest, when the last one was interrupted or not. */
uint32_t recompute_factor(uint32_t factor, bool interrupted);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the results of a script add up to: the first one decides alone, then it
 * takes `fall` failures in a row to fail and `rise` successes to be well again.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

struct script_state {
	enum track_state state;
	uint32_t against;  /* results in a row that contradict the state */
	uint32_t failures; /* in a row */
};

void script_state_init(struct script_state *s, bool init_fail);
/* True if the state has changed. */
bool script_state_result(
    struct script_state *s, bool success, uint32_t rise, uint32_t fall);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A yes or no that counts only when it has lasted: for links and for processes.
 * Pure; times are microseconds of a clock that never steps back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEBOUNCE_NEVER UINT64_MAX

struct debounce {
	bool shown;
	bool raw;
	bool known;        /* the first one counts at once */
	uint64_t since_us; /* of raw */
};

/* Takes what is now; returns when debounce_step has to be called again. */
uint64_t debounce_step(
    struct debounce *d, bool raw, uint32_t down_us, uint32_t up_us, uint64_t now_us);

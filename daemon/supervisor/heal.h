/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How soon an address that somebody deletes is put back: at once, but after
 * five times in a minute only every ten seconds. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HEAL_FREE 5

struct heal {
	uint64_t times_us[HEAL_FREE]; /* of the last deletions, a ring */
	unsigned next;
	bool slowed;
};

/* A deletion at now_us: microseconds to wait before the address is put back.
 * *began is set when it slows down with this one. */
uint64_t heal_delay(struct heal *h, uint64_t now_us, bool *began);

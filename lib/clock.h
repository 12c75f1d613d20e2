/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only clock decisions may use: CLOCK_MONOTONIC in microseconds. Wall time
 * is for people (logs, "since") and never compared.
 */
#pragma once

#include <stdint.h>

#define US_PER_S UINT64_C(1000000)
#define US_PER_MS UINT64_C(1000)

uint64_t clock_us(void);
/* Wall time in microseconds since the epoch. */
uint64_t clock_wall_us(void);

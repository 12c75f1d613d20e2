/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jitter for timers and names; not for secrets. Never waits. */
#pragma once

#include <stdint.h>

uint32_t random_u32(void);

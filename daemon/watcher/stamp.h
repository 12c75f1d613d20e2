/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as the API writes them (RFC 3339, UTC). For people, never compared. */
#pragma once

#include <stdint.h>

#define STAMP_LEN 40

/* Time: whole seconds. Both write STAMP_LEN bytes and return them. */
const char *stamp_seconds(char *buf, uint64_t wall_us);
/* MicroTime: always six digits. */
const char *stamp_micro(char *buf, uint64_t wall_us);

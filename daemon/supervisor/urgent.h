/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real-time priority for vipd itself, the lowest there is, while it has
 * something to do that a busy node must not delay. Not permitted: nothing.
 */
#pragma once

#include <stdbool.h>

/* *now says how it is and is kept. Children that are forked meanwhile do not
 * inherit it. An operator who chose a policy keeps it. */
void urgent_set(bool *now, bool urgent);

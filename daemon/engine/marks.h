/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sequences of auth_hmac that are used up (trailer.h) outlive the engine in
 * vipd's memory: told as they come, though at most every 100 ms, and taken back
 * by the next engine. What vipd does not take now it is told later.
 */
#pragma once

#include <stdint.h>

struct engine;
struct msg;

/* Tells what is new; returns when there is more to tell, or TIMER_NEVER. */
uint64_t marks_tell(struct engine *e, uint64_t now_us);
/* MSG_MARKS */
const char *marks_take(struct engine *e, const struct msg *m);

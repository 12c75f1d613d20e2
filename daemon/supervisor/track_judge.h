/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What trackers mean for an instance: each has an effect, and together they
 * give its priority, hold it back, or put it in FAULT. Pure.
 *
 * Weight 0: what is tracked has to be well (reversed: unwell), else FAULT; what
 * has no result yet holds. Another weight is added: a positive one while it is
 * well, a negative one while it is not, with the sign changed if reversed. A
 * file's number times its weight is added; below -253 it is a FAULT.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf_watch.h"

#define TRACK_SUM_MAX 253

struct track_reading {
	enum track_kind kind;
	enum track_state state;
	int64_t value; /* of a file */
	struct conf_weight weight;
};

struct track_effect {
	int32_t add;
	bool fault;
	bool hold;
	bool failed; /* it costs priority: a soft reason */
};

struct track_verdict {
	uint8_t priority;
	bool fault;
	bool hold;
	bool soft;
	size_t cause; /* the first reading that is behind fault, else hold */
};

struct track_effect track_effect(const struct track_reading *r);
/* An owner (255) keeps its priority; others stay within 1 to 254. */
struct track_verdict track_judge(
    uint8_t priority, const struct track_reading *list, size_t n);

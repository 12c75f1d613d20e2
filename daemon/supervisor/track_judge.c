/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "track_judge.h"

#include "msg.h"

#define PRIORITY_OWNER 255

static struct track_effect
file_effect(const struct track_reading *r)
{
	int64_t weight = r->weight.reverse ? -(int64_t)r->weight.value : r->weight.value;
	int64_t value = r->value > INT32_MAX ? INT32_MAX
	    : r->value < INT32_MIN           ? INT32_MIN
					     : r->value;
	int64_t sum = value * weight;

	if (r->weight.value == 0)
		return (struct track_effect){
			.fault = (value != 0) != r->weight.reverse,
		};
	if (sum < -TRACK_SUM_MAX)
		return (struct track_effect){ .fault = true };
	if (sum > TRACK_SUM_MAX)
		sum = TRACK_SUM_MAX;
	return (struct track_effect){ .add = (int32_t)sum, .failed = sum < 0 };
}

struct track_effect
track_effect(const struct track_reading *r)
{
	int32_t weight = r->weight.value;
	bool well = r->state == TRACK_OK;
	struct track_effect e = { 0 };

	if (r->kind == TRACK_FILE)
		return file_effect(r);
	if (r->state == TRACK_UNKNOWN) {
		e.hold = weight == 0;
		return e;
	}
	if (weight == 0) {
		e.fault = well == r->weight.reverse;
		return e;
	}
	if (well == (weight > 0))
		e.add = r->weight.reverse ? -weight : weight;
	e.failed = well == r->weight.reverse;
	return e;
}

struct track_verdict
track_judge(uint8_t priority, const struct track_reading *list, size_t n)
{
	struct track_verdict v = { .priority = priority, .cause = n };
	int64_t sum = priority;

	for (size_t i = 0; i < n; i++) {
		struct track_effect e = track_effect(&list[i]);

		if ((e.fault && !v.fault) || (e.hold && !v.hold && !v.fault))
			v.cause = i;
		v.fault |= e.fault;
		v.hold |= e.hold;
		v.soft |= e.failed;
		sum += e.add;
	}
	if (priority != PRIORITY_OWNER)
		v.priority = (uint8_t)(sum < 1 ? 1 : sum > 254 ? 254 : sum);
	return v;
}

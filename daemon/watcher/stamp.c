/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stamp.h"

#include <stdio.h>
#include <time.h>

#include "clock.h"

static void
split(uint64_t wall_us, struct tm *tm)
{
	time_t seconds = (time_t)(wall_us / US_PER_S);

	gmtime_r(&seconds, tm);
}

const char *
stamp_seconds(char *buf, uint64_t wall_us)
{
	struct tm tm;

	split(wall_us, &tm);
	strftime(buf, STAMP_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}

const char *
stamp_micro(char *buf, uint64_t wall_us)
{
	char seconds[STAMP_LEN / 2 + 1];
	struct tm tm;

	split(wall_us, &tm);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, STAMP_LEN, "%s.%06uZ", seconds, (unsigned)(wall_us % US_PER_S));
	return buf;
}

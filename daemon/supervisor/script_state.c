/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "script_state.h"

void
script_state_init(struct script_state *s, bool init_fail)
{
	*s = (struct script_state){ .state = init_fail ? TRACK_FAILED : TRACK_UNKNOWN };
}

bool
script_state_result(struct script_state *s, bool success, uint32_t rise, uint32_t fall)
{
	enum track_state told = success ? TRACK_OK : TRACK_FAILED;

	s->failures = success ? 0 : s->failures + (s->failures < UINT32_MAX);
	if (told == s->state) {
		s->against = 0;
		return false;
	}
	s->against++;
	if (s->state != TRACK_UNKNOWN && s->against < (success ? rise : fall))
		return false;
	s->state = told;
	s->against = 0;
	return true;
}

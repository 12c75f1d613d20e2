/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "urgent.h"

#include <sched.h>

void
urgent_set(bool *now, bool urgent)
{
	struct sched_param sp = { .sched_priority = urgent };

	if (*now == urgent || (urgent && sched_getscheduler(0) != SCHED_OTHER))
		return;
	*now = urgent;
	sched_setscheduler(
	    0, urgent ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER, &sp);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>

#include "engine.h"
#include "log.h"

/*
 * vipd gives real-time priority before it executes this program. Memory stays
 * locked with CAP_IPC_LOCK: without it malloc fails at RLIMIT_MEMLOCK.
 */
int
main(void)
{
	static struct engine engine;

	engine_init(&engine);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_warn("memory cannot be locked (%s): adverts may be late when the "
			 "node swaps",
		    strerror(errno));
	child_drop(&engine.child, UINT64_C(1) << CAP_IPC_LOCK);
	ev_run(engine.child.loop, 0);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "process_match.h"

#include <string.h>

static bool
has_arguments(const struct conf_track_process *p)
{
	return strlen(p->command) + 1 < p->command_len;
}

bool
process_wants_cmdline(const struct conf_track_process *p)
{
	return p->full_command || p->match_said || has_arguments(p);
}

bool
process_match(
    const struct conf_track_process *p, const char *comm, const char *cmdline, size_t len)
{
	if (!process_wants_cmdline(p))
		return !strncmp(comm, p->command, PROCESS_COMM_MAX);
	if (!cmdline || len < p->command_len)
		return false;
	/* Without arguments param_match says that there are none. */
	if (p->match == MATCH_EXACT || !has_arguments(p))
		return len == p->command_len && !memcmp(cmdline, p->command, len);
	/* The last NUL may be missing: the last argument goes on. */
	return !memcmp(
	    cmdline, p->command, p->command_len - (p->match == MATCH_INITIAL ? 1 : 0));
}

bool
process_quorum(const struct conf_track_process *p, uint32_t count)
{
	return count >= p->quorum && count <= p->quorum_max;
}

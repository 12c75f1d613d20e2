/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes vrrp_track_process means, and whether there are enough.
 * Pure: what /proc says is read elsewhere.
 */
#pragma once

#include "conf_watch.h"

/* What TASK_COMM_LEN of the kernel leaves of a name. */
#define PROCESS_COMM_MAX 15

/* Its command line has to be read, not only its name. */
bool process_wants_cmdline(const struct conf_track_process *p);
/* comm without a newline; cmdline words with a NUL behind each, or NULL. */
bool process_match(const struct conf_track_process *p, const char *comm,
    const char *cmdline, size_t len);
bool process_quorum(const struct conf_track_process *p, uint32_t count);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The side of run.h that is a process of its own already: from fork to exec.
 * What keeps it from executing goes into the output as one struct run_failure.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct run_child {
	char *const *argv;
	const char *user; /* its name, for the environment */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	bool secure; /* as root only what root alone can change */
	int output;
	int death_signal;
	pid_t parent;
};

#define RUN_FAILURE_MAGIC "\0vipd: "

/* All of the output, and begins as no script's does. */
struct run_failure {
	char magic[sizeof(RUN_FAILURE_MAGIC)];
	char refused; /* by enable_script_security; path says what */
	int error;
	char path[120];
};

_Noreturn void run_child(const struct run_child *c);
/*
 * Whether nobody but root can change the file, or a directory on the way to it
 * (links are followed and looked at themselves). *where: what else.
 */
bool run_path_is_safe(const char *path, char *where, size_t size);

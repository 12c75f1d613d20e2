/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipd's command line (vipd(8)). Knows nothing of what the options mean.
 */
#pragma once

#include <stdbool.h>

enum run_mode { RUN_DAEMON, RUN_CHECK, RUN_CLEANUP, RUN_VERSION, RUN_HELP };

struct options {
	enum run_mode mode;
	const char *file;
	const char *config_id; /* NULL: from the host name */
	const char *run_dir;
	const char *state_dir;
	const char *libexec_dir;
	bool foreground;
	bool log_stderr;
	bool verbose;
};

/* False with a message on standard error when the words make no sense. */
bool options_parse(struct options *o, int argc, char **argv);
void options_usage(void);

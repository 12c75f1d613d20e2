/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "forward.h"
#include "log.h"

static struct forward forward;

int
main(int argc, char **argv)
{
	int error;

	if (argc == 2 && strcmp(argv[1], "--cleanup") == 0) {
		log_init("vipd-forward", false);
		error = forward_cleanup();
		if (error)
			fatalx("cannot remove the tables vipd: %s", strerror(-error));
		return 0;
	}
	forward_run(&forward);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <getopt.h>
#include <stdio.h>

#include "config.h"

enum { OPT_RUN_DIR = 256, OPT_STATE_DIR, OPT_LIBEXEC_DIR, OPT_CLEANUP };

static const struct option long_options[] = {
	{ "use-file", required_argument, NULL, 'f' },
	{ "dont-fork", no_argument, NULL, 'n' },
	{ "config-test", no_argument, NULL, 't' },
	{ "log-console", no_argument, NULL, 'l' },
	{ "log-detail", no_argument, NULL, 'D' },
	{ "config-id", required_argument, NULL, 'i' },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "state-dir", required_argument, NULL, OPT_STATE_DIR },
	{ "libexec-dir", required_argument, NULL, OPT_LIBEXEC_DIR },
	{ "cleanup", no_argument, NULL, OPT_CLEANUP },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

void
options_usage(void)
{
	puts("usage: vipd [-nltDhv] [-f FILE] [-i ID] [--run-dir DIR] [--state-dir DIR]\n"
	     "            [--libexec-dir DIR] [--cleanup]\n"
	     "  -f FILE            configuration (" SYSCONFDIR "/vipd/vipd.conf)\n"
	     "  -n                 stay in the foreground\n"
	     "  -l                 log to standard error\n"
	     "  -D                 log in detail\n"
	     "  -t                 check the configuration, print its canonical form, "
	     "exit\n"
	     "  -i ID              for lines that begin with @ID (default: host name)\n"
	     "  --run-dir DIR      control socket (/run/vipd)\n"
	     "  --state-dir DIR    last known state (/var/lib/vipd)\n"
	     "  --libexec-dir DIR  the programs vipd starts (" LIBEXECDIR ")\n"
	     "  --cleanup          remove what a dead vipd left, exit\n"
	     "  -h, -v             print this text, the version");
}

static bool
take_option(struct options *o, int c)
{
	switch (c) {
	case 'f':
		o->file = optarg;
		break;
	case 'n':
		o->foreground = true;
		break;
	case 't':
		o->mode = RUN_CHECK;
		break;
	case 'l':
		o->log_stderr = true;
		break;
	case 'D':
		o->verbose = true;
		break;
	case 'i':
		o->config_id = optarg;
		break;
	case OPT_RUN_DIR:
		o->run_dir = optarg;
		break;
	case OPT_STATE_DIR:
		o->state_dir = optarg;
		break;
	case OPT_LIBEXEC_DIR:
		o->libexec_dir = optarg;
		break;
	case OPT_CLEANUP:
		o->mode = RUN_CLEANUP;
		break;
	case 'v':
		o->mode = RUN_VERSION;
		break;
	case 'h':
		o->mode = RUN_HELP;
		break;
	default:
		fputs("Try 'vipd --help'.\n", stderr);
		return false;
	}
	return true;
}

bool
options_parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){
		.mode = RUN_DAEMON,
		.file = SYSCONFDIR "/vipd/vipd.conf",
		.run_dir = "/run/vipd",
		.state_dir = "/var/lib/vipd",
		.libexec_dir = LIBEXECDIR,
	};
	while ((c = getopt_long(argc, argv, "f:ntlDi:vh", long_options, NULL)) != -1) {
		if (!take_option(o, c))
			return false;
	}
	if (optind < argc) {
		fprintf(stderr, "vipd: unexpected argument %s; see vipd --help\n",
		    argv[optind]);
		return false;
	}
	return true;
}

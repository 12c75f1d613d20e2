/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "children.h"
#include "cleanup.h"
#include "conf_report.h"
#include "config.h"
#include "log.h"
#include "log_writer.h"
#include "mem.h"
#include "vipd.h"

static struct vipd vipd;

/*
 * One vipd a network namespace: an abstract name can be bound once in each.
 * The descriptor stays open as long as the process lives.
 */
static void
lock_namespace(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "\0vipd" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fatal("socket");
	if (bind(fd, (struct sockaddr *)&sun,
		offsetof(struct sockaddr_un, sun_path) + 5) == 0)
		return;
	if (errno == EADDRINUSE)
		fatalx("another vipd runs in this network namespace; stop it first");
	fatal("lock of the network namespace");
}

static void
remove_tables(const char *libexec_dir)
{
	struct program forward = { .name = "vipd-forward", .user = "root" };

	if (program_open(&forward, libexec_dir, forward.name) < 0)
		return;
	if (program_run_once(&forward, "--cleanup") != 0)
		log_err("the nftables tables could not be removed");
	close(forward.exe);
}

static int
cleanup(const struct options *o)
{
	struct cleaned done;
	int error;

	lock_namespace();
	error = cleanup_kernel(&done);
	if (error)
		log_err("addresses, routes, rules and macvlans: %s", strerror(-error));
	if (done.addresses)
		log_info("removed %d addresses a dead vipd left", done.addresses);
	if (done.routes)
		log_info("removed %d routes a dead vipd left", done.routes);
	if (done.rules)
		log_info("removed %d routing rules a dead vipd left", done.rules);
	if (done.vmacs)
		log_info("removed %d macvlans a dead vipd left", done.vmacs);
	remove_tables(o->libexec_dir);
	return error != 0;
}

static struct conf *
load_or_exit(const struct options *o)
{
	struct conf_problems problems = { 0 };
	char line[LOG_LINE_MAX];
	struct conf *conf;

	conf = conf_load(o->file, o->config_id, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		conf_problem_format(&problems.items[i], line, sizeof(line));
		log_line(problems.items[i].severity == CONF_ERROR ? LOG_LEVEL_ERR
								  : LOG_LEVEL_WARN,
		    line);
	}
	conf_problems_free(&problems);
	if (!conf) {
		log_err("%s has errors: not started (vipd -t shows them)", o->file);
		exit(2);
	}
	return conf;
}

/* vipd and the engine have six an interface, and 1,024 is the usual limit. */
static void
allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int
run(const struct options *o)
{
	struct conf *conf;

	if (geteuid() != 0)
		fatalx("has to be started by root");
	conf = load_or_exit(o);
	if (!o->log_stderr)
		log_use_syslog();
	lock_namespace();
	if (!o->foreground && daemon(0, o->log_stderr) < 0)
		fatal("daemon");
	log_writer_start(o->log_stderr ? log_to_stderr : log_to_syslog);
	allow_descriptors();
	vipd_start(&vipd, o, conf);
	log_info("vipd " PACKAGE_VERSION " started with %s", o->file);
	ev_run(vipd.loop, 0);
	vipd_finish(&vipd);
	children_remove_tables(&vipd);
	log_info("stopped");
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o;

	log_init("vipd", false);
	if (!options_parse(&o, argc, argv))
		return 2;
	log_init("vipd", o.verbose);
	switch (o.mode) {
	case RUN_CHECK:
		return conf_report(o.file, o.config_id, true, stdout, stderr);
	case RUN_CLEANUP:
		return cleanup(&o);
	case RUN_VERSION:
		puts("vipd " PACKAGE_VERSION);
		return 0;
	case RUN_HELP:
		options_usage();
		return 0;
	case RUN_DAEMON:
		break;
	}
	return run(&o);
}

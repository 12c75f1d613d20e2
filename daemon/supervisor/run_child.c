/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "mem.h"

#define DESCRIPTORS 1024

/* ---- enable_script_security ---- */

static bool
is_roots(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || st.st_uid != 0)
		return false;
	if (S_ISLNK(st.st_mode))
		return true; /* its mode says nothing */
	return !(st.st_mode & S_IWOTH) && (!(st.st_mode & S_IWGRP) || st.st_gid == 0);
}

static bool
walk(const char *path, char *where, size_t size)
{
	char part[PATH_MAX];

	for (size_t i = 0; path[i]; i++) {
		if (path[i] != '/' && path[i + 1] && path[i + 1] != '/')
			continue;
		if (i + 1 >= sizeof(part))
			return false;
		memcpy(part, path, i + 1);
		part[i + 1] = '\0';
		if (i && part[i] == '/')
			part[i] = '\0';
		if (!is_roots(part)) {
			str_copy(where, size, part);
			return false;
		}
	}
	return true;
}

bool
run_path_is_safe(const char *path, char *where, size_t size)
{
	_free_ char *real = realpath(path, NULL);

	if (!real) {
		str_copy(where, size, path);
		return false;
	}
	return walk(path, where, size) && walk(real, where, size);
}

/* ---- the new process ---- */

static _Noreturn void
fail(int error, const char *refused)
{
	struct run_failure f = {
		.magic = RUN_FAILURE_MAGIC,
		.error = error,
		.refused = refused != NULL,
	};

	if (refused)
		str_copy(f.path, sizeof(f.path), refused);
	if (write(STDERR_FILENO, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

static void
default_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
arrange_files(int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(output, STDERR_FILENO);
	dup2(output, STDOUT_FILENO);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		close(STDIN_FILENO);
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = 3; fd < 1024; fd++) /* before Linux 5.11 */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* vipd is spared when memory runs out, and may have many descriptors; a script
 * is not, and may look at each of them. */
static void
be_ordinary(void)
{
	struct rlimit limit;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, "0", 1) < 0)
			errno = 0;
		close(fd);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > DESCRIPTORS) {
		limit.rlim_cur = DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	umask(022);
	if (chdir("/") < 0)
		fail(errno, NULL);
}

static void
become_user(const struct run_child *c)
{
	if (c->uid == geteuid() && c->gid == getegid() && geteuid() != 0)
		return;
	if (setgroups(c->n_groups, c->groups) < 0 ||
	    setresgid(c->gid, c->gid, c->gid) < 0 ||
	    setresuid(c->uid, c->uid, c->uid) < 0)
		fail(errno, NULL);
}

_Noreturn void
run_child(const struct run_child *c)
{
	char path[PATH_MAX], where[sizeof(((struct run_failure *)0)->path)] = "";
	char user[64], logname[64];
	char search[] = "PATH=" COMMAND_PATH;
	char variables[][16] = { "LC_ALL=C", "SHELL=/bin/sh", "HOME=/" };
	char *env[] = { search, variables[0], variables[1], variables[2], user, logname,
		NULL };

	setpgid(0, 0);
	default_signals();
	arrange_files(c->output);
	be_ordinary();
	become_user(c);
	/* A change of user would clear it. */
	prctl(PR_SET_PDEATHSIG, c->death_signal);
	if (getppid() != c->parent)
		_exit(127);
	snprintf(user, sizeof(user), "USER=%.50s", c->user);
	snprintf(logname, sizeof(logname), "LOGNAME=%.50s", c->user);
	if (!command_find(c->argv[0], path))
		fail(ENOENT, NULL);
	if (c->secure && c->uid == 0 && !run_path_is_safe(path, where, sizeof(where)))
		fail(access(path, F_OK) < 0 ? errno : EPERM,
		    access(path, F_OK) < 0 ? NULL : where);
	execve(path, c->argv, env);
	fail(errno, NULL);
}

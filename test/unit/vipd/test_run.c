/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/file_watch.h"
#include "supervisor/proc_events.h"
#include "supervisor/proc_read.h"
#include "supervisor/run.h"
#include "supervisor/run_child.h"
#include "supervisor/trackers.h"

#include "unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))

struct outcome {
	struct ev_loop *loop;
	struct run_result result;
	unsigned results, gone;
};

static void
on_result(void *arg, const struct run_result *result)
{
	struct outcome *o = arg;

	o->result = *result;
	o->results++;
}

static void
on_gone(void *arg)
{
	struct outcome *o = arg;

	o->gone++;
	ev_break(o->loop, EVBREAK_ALL);
}

static const struct run_ops ops = { .on_result = on_result, .on_gone = on_gone };

static struct outcome
run(const char *text, uint32_t timeout_us, bool security)
{
	struct conf_command command = { .text = (char *)text, .user = "root" };
	struct outcome o = { .loop = ev_default_loop(0) };
	struct runner rs;
	struct run_spec spec = { .subject = "test",
		.command = &command,
		.extra = { "one", "two words" },
		.timeout_us = timeout_us,
		.death_signal = SIGKILL,
		.ops = &ops,
		.arg = &o };

	runner_init(&rs, o.loop);
	runner_configure(&rs, security);
	run_start(&rs, &spec);
	ev_run(o.loop, 0);
	ck_assert_ptr_null(rs.first);
	runner_configure(&rs, false);
	return o;
}

START_TEST(a_command_ends_once_and_says_how)
{
	static const struct {
		const char *text;
		uint32_t timeout_us;
		enum run_end end;
		int code;
		const char *says;
	} cases[] = {
		{ "true", 0, RUN_EXITED, 0, "exit 0" },
		{ "/bin/sh -c 'exit 7'", 0, RUN_EXITED, 7, "exit 7" },
		{ "/bin/sh -c 'test \"$0 $1 $#\" = \"one two words 1\"'", 0, RUN_EXITED,
		    0, "exit 0" },
		{ "/bin/sh -c 'kill -9 $$'", 0, RUN_KILLED, 9, "killed by signal 9" },
		{ "/no/such/file", 0, RUN_CANNOT, 2, "cannot be run: No such file" },
		{ "no-such-command", 0, RUN_CANNOT, 2, "cannot be run: No such file" },
		{ "/etc/passwd", 0, RUN_CANNOT, 13, "see SANDBOX" },
		{ "/bin/sh -c 'echo /x: Read-only file system >&2; exit 1'", 0,
		    RUN_EXITED, 1, "read-only file system; vipd's unit may" },
		{ "/bin/sh -c 'echo Permission denied'", 0, RUN_EXITED, 0, "exit 0" },
		{ "/bin/sh -c 'printf \"\\000vipd: xx\"'", 0, RUN_EXITED, 0, "exit 0" },
		{ "/bin/sh -c 'sleep 60'", 50000, RUN_LATE, 0, "no end in time" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct outcome o = run(cases[i].text, cases[i].timeout_us, false);

		ck_assert_msg(o.results == 1 && o.gone == 1, "%zu: told", i);
		ck_assert_msg(o.result.end == cases[i].end, "%zu: %d", i, o.result.end);
		ck_assert_msg(
		    o.result.code == cases[i].code, "%zu: %d", i, o.result.code);
		ck_assert_msg(strstr(o.result.text, cases[i].says) != NULL, "%zu: %s", i,
		    o.result.text);
	}
}
END_TEST

START_TEST(only_what_root_alone_can_change_is_safe)
{
	char dir[] = "/tmp/vipd-unit-XXXXXX", file[64], link[64], where[120];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	fclose(fopen(file, "w"));
	chmod(file, 0755);
	ck_assert_int_eq(symlink("/bin/true", link), 0);
	ck_assert(run_path_is_safe("/bin/true", where, sizeof(where)));
	/* /tmp is everybody's. */
	ck_assert(!run_path_is_safe(file, where, sizeof(where)));
	ck_assert_str_eq(where, "/tmp");
	ck_assert(!run_path_is_safe(link, where, sizeof(where)));
	ck_assert(!run_path_is_safe("/no/such", where, sizeof(where)));
	if (geteuid() == 0) {
		struct outcome o;

		chmod(file, 0755);
		o = run(file, 0, true);
		ck_assert_int_eq(o.result.end, RUN_CANNOT);
		ck_assert_ptr_nonnull(
		    strstr(o.result.text, "refused: others than root may change /tmp"));
	}
	unlink(file);
	unlink(link);
	rmdir(dir);
}
END_TEST

START_TEST(a_file_holds_a_whole_number_or_none)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ " -17 \n", true, -17 },
		{ "+3\r\n", true, 3 },
		{ "99999999999999999999", true, INT64_MAX },
		{ "", false, 0 },
		{ "\n", false, 0 },
		{ "x", false, 0 },
		{ "1x", false, 0 },
		{ "1 2", false, 0 },
		{ "1.5", false, 0 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		int64_t value = 0;
		bool ok = file_number(cases[i].text, &value);

		ck_assert_msg(ok == cases[i].ok, "%zu", i);
		ck_assert_msg(!ok || value == cases[i].value, "%zu", i);
	}
}
END_TEST

/* ---- the process connector, where this process may have it ---- */

struct seen {
	int pid;
	bool forked, changed, ended;
};

static void
on_event(void *arg, const struct proc_event_told *e)
{
	struct seen *s = arg;

	if (e->pid != s->pid)
		return;
	s->forked |= e->type == PROC_TOLD_FORK && e->parent == getpid();
	s->changed |= e->type == PROC_TOLD_CHANGE;
	s->ended |= e->type == PROC_TOLD_EXIT;
}

START_TEST(the_kernel_tells_of_processes)
{
	int fd = proc_events_open();
	struct seen s = { 0 };

	if (fd < 0) /* another network or process namespace, or no right */
		return;
	s.pid = fork();
	if (s.pid == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	waitpid(s.pid, NULL, 0);
	for (int i = 0; i < 500 && !s.ended; i++) {
		proc_events_read(fd, on_event, &s);
		usleep(10000);
	}
	ck_assert(s.forked && s.changed && s.ended);
	close(fd);
}
END_TEST

START_TEST(a_process_has_a_name_and_a_command_line)
{
	char comm[PROC_COMM_SIZE], cmdline[PROC_CMDLINE_SIZE];
	pid_t pid;

	ck_assert(proc_read_comm(getpid(), comm));
	ck_assert_str_eq(comm, "test_run");
	ck_assert_uint_gt(proc_read_cmdline(getpid(), cmdline), 0);
	ck_assert_ptr_nonnull(strstr(cmdline, "test_run"));
	pid = fork();
	if (pid == 0)
		_exit(0);
	/* A zombie until it is waited for. */
	for (int i = 0; i < 500 && proc_read_comm(pid, comm); i++)
		usleep(10000);
	ck_assert(!proc_read_comm(pid, comm));
	waitpid(pid, NULL, 0);
	ck_assert(!proc_read_comm(pid, comm));
}
END_TEST

static void
on_changed(void *arg)
{
	(void)arg;
}

/* Without a descriptor for inotify, as where all of a user's instances are used. */
START_TEST(a_file_is_read_without_inotify_too)
{
	static const struct trackers_ops none = { .changed = on_changed };
	struct ev_loop *loop = ev_default_loop(0);
	char path[] = "/tmp/vipd-unit-XXXXXX";
	struct conf_track_file conf = { 0 };
	struct rlimit usual, few;
	struct watched_file *f;
	struct trackers ts;
	int fd = mkstemp(path);

	snprintf(conf.path, sizeof(conf.path), "%s", path);
	trackers_init(&ts, loop, NULL, NULL, &none, NULL);
	f = watched_file_new(file_watch_new(loop));
	watched_file_tracker(f)->owner = &ts;
	getrlimit(RLIMIT_NOFILE, &usual);
	few = (struct rlimit){ .rlim_cur = (rlim_t)fd, .rlim_max = usual.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	watched_file_configure(f, &conf, false);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
	ck_assert_int_eq(watched_file_tracker(f)->state, TRACK_UNKNOWN);

	ck_assert_int_eq(write(fd, "7\n", 2), 2);
	while (watched_file_tracker(f)->value != 7)
		ev_run(loop, EVRUN_ONCE);
	/* From now on it is watched. */
	ck_assert_int_eq(pwrite(fd, "8\n", 2, 0), 2);
	close(fd);
	while (watched_file_tracker(f)->value != 8)
		ev_run(loop, EVRUN_ONCE);
	unlink(path);
}
END_TEST

UNIT_MAIN("run", a_command_ends_once_and_says_how,
    only_what_root_alone_can_change_is_safe, a_file_holds_a_whole_number_or_none,
    the_kernel_tells_of_processes, a_process_has_a_name_and_a_command_line,
    a_file_is_read_without_inotify_too)

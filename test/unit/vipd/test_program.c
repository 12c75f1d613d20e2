/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "unit.h"

static struct program p;
static unsigned downs;

static void
on_up(struct program *prog)
{
	(void)prog;
}

static const char *
on_msg(struct program *prog, const struct msg *m)
{
	(void)prog;
	(void)m;
	return NULL;
}

static void
on_down(struct program *prog)
{
	downs++;
	if (downs == 3)
		ev_break(prog->loop, EVBREAK_ALL);
}

static const struct program_ops ops = { on_up, on_msg, on_down, NULL };

/* A script that stands for a child; removed at once, the descriptor stays. */
static void
make_child(const char *script)
{
	char dir[] = "/tmp/vipd-test-XXXXXX", path[64];
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/child", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(script, f);
	fclose(f);
	chmod(path, 0755);
	p = (struct program){
		.name = "child",
		.user = "nobody",
		.peer = PEER_ENGINE,
		.ops = &ops,
		.loop = ev_default_loop(0),
	};
	ck_assert_int_eq(program_open(&p, dir, "child"), 0);
	unlink(path);
	rmdir(dir);
}

START_TEST(the_first_three_starts_come_at_once_then_pauses_grow_to_30_s)
{
	ck_assert_double_eq(program_restart_delay(0), 0);
	ck_assert_double_eq(program_restart_delay(2), 0);
	ck_assert_double_eq(program_restart_delay(3), 0.5);
	ck_assert_double_eq(program_restart_delay(4), 1);
	ck_assert_double_eq(program_restart_delay(9), 30);
	ck_assert_double_eq(program_restart_delay(1000000), 30);
}
END_TEST

START_TEST(a_child_that_dies_before_hello_is_started_again)
{
	make_child("#!/bin/false\n");
	/* A script cannot be executed from a close-on-exec descriptor: that too
	 * is a death before HELLO. */
	program_start(&p);
	ev_run(p.loop, 0);
	ck_assert_uint_eq(downs, 3);
	ck_assert_uint_eq(p.failures, 3);
	ck_assert(ev_is_active(&p.restart));
}
END_TEST

/* So few descriptors that there is no socket pair, until the limit is lifted. */
START_TEST(a_child_for_which_the_system_has_no_room_is_started_later)
{
	struct rlimit usual, none;

	make_child("#!/bin/false\n");
	getrlimit(RLIMIT_NOFILE, &usual);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = usual.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	program_start(&p);
	ck_assert(!program_is_running(&p));
	ck_assert(ev_is_active(&p.restart));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
	ev_run(p.loop, 0);
	ck_assert_uint_eq(downs, 3);

	program_stop(&p);
	ck_assert(!ev_is_active(&p.restart));
}
END_TEST

START_TEST(a_stopped_child_is_not_started_again)
{
	make_child("#!/bin/false\n");
	program_start(&p);
	program_stop(&p);
	ev_run(p.loop, 0);
	ck_assert_uint_eq(downs, 1);
	ck_assert(!program_is_running(&p));
}
END_TEST

START_TEST(what_is_not_an_executable_file_is_refused)
{
	ck_assert_int_eq(program_open(&p, "/nonexistent", "child"), -ENOENT);
	ck_assert_int_eq(program_open(&p, "/etc", "passwd"), -EACCES);
}
END_TEST

START_TEST(log_lines_are_limited_and_what_was_held_back_is_counted)
{
	struct log_limit limit = { .interval_us = 1000 };
	uint32_t held = 99;

	ck_assert(log_allowed(&limit, 5000, &held));
	ck_assert_uint_eq(held, 0);
	ck_assert(!log_allowed(&limit, 5999, &held));
	ck_assert(!log_allowed(&limit, 5999, &held));
	ck_assert(log_allowed(&limit, 6000, &held));
	ck_assert_uint_eq(held, 2);
}
END_TEST

UNIT_MAIN("program", the_first_three_starts_come_at_once_then_pauses_grow_to_30_s,
    a_child_that_dies_before_hello_is_started_again,
    a_child_for_which_the_system_has_no_room_is_started_later,
    a_stopped_child_is_not_started_again, what_is_not_an_executable_file_is_refused,
    log_lines_are_limited_and_what_was_held_back_is_counted)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

static char dir[] = "/tmp/test_drain.XXXXXX";

static char *
path(const char *name)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

static void
put(const char *text)
{
	FILE *f = fopen(path("drained"), "w");

	ck_assert(f && fputs(text, f) >= 0);
	fclose(f);
}

static void
setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert(mkdtemp(dir));
	log_init("test", false);
}

static void
teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(it_is_kept_until_it_is_ended)
{
	struct drain d = { 0 }, again;

	setup();
	drain_load(&d, dir);
	ck_assert(!d.on);
	ck_assert_int_eq(drain_begin(&d, dir, "kernel \n upgrade"), 0);
	drain_load(&again, dir);
	ck_assert(again.on);
	ck_assert_str_eq(again.reason, "kernel   upgrade");
	ck_assert_uint_eq(again.since_wall_us, d.since_wall_us);

	/* another reason, the same begin */
	ck_assert_int_eq(drain_begin(&again, dir, ""), 0);
	drain_load(&d, dir);
	ck_assert(d.on && !d.reason[0]);
	ck_assert_uint_eq(d.since_wall_us, again.since_wall_us);

	ck_assert_int_eq(drain_end(&d, dir), 0);
	ck_assert(!d.on);
	ck_assert_int_eq(drain_end(&d, dir), 0);
	drain_load(&d, dir);
	ck_assert(!d.on);
	teardown();
}
END_TEST

START_TEST(a_file_that_is_not_understood_counts_as_drained)
{
	static const char *const texts[] = { "", "x", "12", "kernel upgrade\n" };
	struct drain d;

	setup();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		put(texts[i]);
		drain_load(&d, dir);
		ck_assert_msg(d.on, "%s", texts[i]);
	}
	put("17 a\tb\033[1m\n");
	drain_load(&d, dir);
	ck_assert_uint_eq(d.since_wall_us, 17);
	ck_assert_str_eq(d.reason, "a b [1m");
	teardown();
}
END_TEST

/* The directory is an unprivileged user's. */
START_TEST(nothing_in_the_directory_is_followed)
{
	struct drain d = { 0 };
	struct stat st;

	setup();
	ck_assert_int_eq(symlink("/etc/hostname", path("drained")), 0);
	drain_load(&d, dir);
	ck_assert(d.on && !d.reason[0]);
	ck_assert_int_eq(unlink(path("drained")), 0);
	ck_assert_int_eq(mkfifo(path("drained"), 0600), 0);
	drain_load(&d, dir); /* and does not wait for a writer */
	ck_assert(d.on);
	ck_assert_int_eq(symlink("/tmp/test_drain.victim", path("drained.new")), 0);
	ck_assert_int_eq(drain_begin(&d, dir, ""), 0);
	ck_assert_int_eq(stat("/tmp/test_drain.victim", &st), -1);
	ck_assert_int_eq(lstat(path("drained"), &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	teardown();
}
END_TEST

START_TEST(what_cannot_be_kept_is_not_begun)
{
	struct drain d = { 0 };

	setup();
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(drain_begin(&d, dir, "x"), -ENOENT);
	ck_assert(!d.on);
	drain_load(&d, dir);
	ck_assert(!d.on);
	teardown();
}
END_TEST

UNIT_MAIN("drain", it_is_kept_until_it_is_ended,
    a_file_that_is_not_understood_counts_as_drained, nothing_in_the_directory_is_followed,
    what_cannot_be_kept_is_not_begun)

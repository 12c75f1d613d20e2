/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/snapshot.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "unit.h"
#include "watcher/snapdisk.h"

#define CLUSTER "ca 0123456789abcdef"

static char dir[] = "/tmp/vipd-snapshot-XXXXXX";
static struct snapdisk disk;
static struct snapbuf buf;
static char read_back[4096];
static uint64_t wall_us;

static const char *
path(const char *suffix)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s/services.snapshot%s", dir, suffix);
	return text;
}

static bool
exists(const char *suffix)
{
	return access(path(suffix), F_OK) == 0;
}

static int
take(enum snaprecord_type type, const char *key, const char *text)
{
	struct snaprecord r;

	buf.len = 0;
	snapbuf_add(&buf, type, key, text, text ? strlen(text) : 0);
	ck_assert(snaprecord_read(buf.data, buf.len, &r));
	return snapdisk_take(&disk, &r);
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snapdisk_init(&disk, dir, "services");
	ck_assert_int_eq(take(SNAP_BEGIN, NULL, NULL), 0);
	ck_assert_int_eq(take(SNAP_CLUSTER, NULL, CLUSTER), 0);
}

/* A list of web and db is on disk. */
static void
two_services(void)
{
	setup();
	take(SNAP_OBJECT, "default/web", "{web}");
	take(SNAP_OBJECT, "default/db", "{db}");
	ck_assert_int_eq(take(SNAP_COMMIT, NULL, NULL), 0);
}

static void
teardown(void)
{
	_free_ char *rm = xasprintf("rm -r %s", dir);

	snapdisk_fini(&disk);
	ck_assert_int_eq(system(rm), 0);
}

static void
on_object(void *arg, const char *json, size_t len)
{
	size_t at = strlen(read_back);

	(void)arg;
	snprintf(read_back + at, sizeof(read_back) - at, "%.*s", (int)len, json);
}

/* All objects one after the other, or NULL where nothing is of use. */
static const char *
read_as(const char *cluster)
{
	static const struct snapdisk_ops ops = { .on_object = on_object };

	read_back[0] = '\0';
	return snapdisk_read(dir, "services", cluster, &ops, NULL, &wall_us) ? read_back
									     : NULL;
}

static size_t
slurp(uint8_t *data, size_t size)
{
	FILE *in = fopen(path(""), "r");
	size_t len = fread(data, 1, size, in);

	fclose(in);
	return len;
}

static void
spill(const uint8_t *data, size_t len)
{
	FILE *out = fopen(path(""), "w");

	ck_assert(fwrite(data, 1, len, out) == len);
	fclose(out);
}

START_TEST(what_a_list_brought_is_read_back)
{
	uint64_t before = clock_wall_us();
	struct stat st;

	two_services();
	ck_assert_str_eq(read_as(CLUSTER), "{web}{db}");
	ck_assert_uint_ge(wall_us, before);
	ck_assert_int_eq(stat(path(""), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert(!exists(".new"));
	teardown();
}
END_TEST

START_TEST(changes_count_as_soon_as_they_are_on_disk)
{
	two_services();
	take(SNAP_OBJECT, "default/web", "{web 2}");
	take(SNAP_DELETED, "default/db", NULL);
	take(SNAP_DELETED, "default/never", NULL);
	take(SNAP_OBJECT, "default/new", "{new}");
	ck_assert_int_eq(snapdisk_sync(&disk), 0);
	ck_assert_str_eq(read_as(CLUSTER), "{web 2}{new}");
	teardown();
}
END_TEST

START_TEST(a_list_that_never_ends_changes_nothing)
{
	two_services();
	take(SNAP_BEGIN, NULL, NULL);
	take(SNAP_OBJECT, "default/other", "{other}");
	ck_assert_int_eq(snapdisk_sync(&disk), 0);
	ck_assert_str_eq(read_as(CLUSTER), "{web}{db}");
	take(SNAP_BEGIN, NULL, NULL);
	take(SNAP_OBJECT, "default/other", "{other}");
	take(SNAP_COMMIT, NULL, NULL);
	ck_assert_str_eq(read_as(CLUSTER), "{other}");
	teardown();
}
END_TEST

/* A power cut: whatever is missing at the end, what is before counts. */
START_TEST(a_torn_end_loses_itself_only)
{
	static uint8_t data[4096];
	size_t whole, len;

	two_services();
	whole = slurp(data, sizeof(data));
	take(SNAP_OBJECT, "default/new", "{new}");
	snapdisk_sync(&disk);
	len = slurp(data, sizeof(data));
	for (size_t cut = whole; cut < len; cut++) {
		spill(data, cut);
		ck_assert_str_eq(read_as(CLUSTER), "{web}{db}");
	}
	data[len - 1] ^= 1;
	spill(data, len);
	ck_assert_str_eq(read_as(CLUSTER), "{web}{db}");
	ck_assert(!exists(".set-aside"));
	teardown();
}
END_TEST

START_TEST(any_damage_to_the_list_sets_the_file_aside)
{
	static uint8_t data[4096];
	size_t len;

	two_services();
	len = slurp(data, sizeof(data));
	for (size_t i = 0; i < len; i++) {
		data[i] ^= 0x10;
		spill(data, len);
		ck_assert_ptr_null(read_as(CLUSTER));
		ck_assert(!exists("") && exists(".set-aside"));
		data[i] ^= 0x10;
	}
	for (size_t cut = 0; cut < len; cut++) {
		spill(data, cut);
		ck_assert_ptr_null(read_as(CLUSTER));
	}
	spill(data, len);
	ck_assert_str_eq(read_as(CLUSTER), "{web}{db}");
	teardown();
}
END_TEST

START_TEST(another_clusters_file_is_set_aside)
{
	two_services();
	ck_assert_str_eq(read_as(""), "{web}{db}");
	ck_assert_ptr_null(read_as("ca fedcba9876543210"));
	ck_assert(!exists("") && exists(".set-aside"));
	ck_assert_ptr_null(read_as(CLUSTER));
	teardown();
}
END_TEST

/* A CA that was exchanged: the same objects under another name. */
START_TEST(the_last_word_on_the_cluster_counts)
{
	two_services();
	take(SNAP_CLUSTER, NULL, "ca new");
	snapdisk_sync(&disk);
	ck_assert_str_eq(read_as("ca new"), "{web}{db}");
	take(SNAP_BEGIN, NULL, NULL);
	take(SNAP_COMMIT, NULL, NULL);
	ck_assert_str_eq(read_as("ca new"), "");
	teardown();
}
END_TEST

START_TEST(a_file_full_of_changes_is_written_anew)
{
	char text[1000];
	struct stat st;

	two_services();
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(take(SNAP_OBJECT, "default/busy", text), 0);
	take(SNAP_OBJECT, "default/busy", "{busy}");
	ck_assert_int_eq(snapdisk_sync(&disk), 0);
	ck_assert_int_eq(stat(path(""), &st), 0);
	ck_assert_int_lt(st.st_size, 2 * 1024 * 1024);
	ck_assert_str_eq(read_as(CLUSTER), "{web}{db}{busy}");
	teardown();
}
END_TEST

START_TEST(another_resource_or_format_is_not_read)
{
	static const struct snapdisk_ops ops = { .on_object = on_object };
	_free_ char *other = NULL;

	two_services();
	other = xasprintf("%s/endpointslices.snapshot", dir);
	ck_assert_int_eq(rename(path(""), other), 0);
	ck_assert(!snapdisk_read(dir, "endpointslices", CLUSTER, &ops, NULL, &wall_us));
	ck_assert(!snapdisk_read(dir, "services", CLUSTER, &ops, NULL, &wall_us));
	teardown();
}
END_TEST

START_TEST(the_thread_has_everything_on_disk_at_its_end)
{
	struct snapshot *s;
	char key[32];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	s = snapshot_new(dir, "services");
	snapshot_set_cluster(s, CLUSTER);
	snapshot_begin(s);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "default/%d", i);
		snapshot_put(s, key, "{}", 2);
	}
	snapshot_commit(s);
	snapshot_delete(s, "default/7");
	snapshot_note_fresh(s, clock_us());
	snapshot_free(s);
	ck_assert_uint_eq(strlen(read_as(CLUSTER)), 2 * 99);
	snapdisk_init(&disk, dir, "services");
	teardown();
}
END_TEST

/* errno of the disk, not a crash and not a file that looks whole. */
START_TEST(a_disk_that_refuses_is_told)
{
	struct snapshot *s = snapshot_new("/nonexistent", "services");
	uint64_t end_us = clock_us() + 10 * US_PER_S;

	snapshot_begin(s);
	snapshot_put(s, "default/web", "{}", 2);
	snapshot_commit(s);
	while (!snapshot_error(s) && clock_us() < end_us)
		usleep(1000);
	ck_assert_int_ne(snapshot_error(s), 0);
	snapshot_free(s);
}
END_TEST

UNIT_MAIN("snapshot", what_a_list_brought_is_read_back,
    changes_count_as_soon_as_they_are_on_disk, a_list_that_never_ends_changes_nothing,
    a_torn_end_loses_itself_only, any_damage_to_the_list_sets_the_file_aside,
    another_clusters_file_is_set_aside, the_last_word_on_the_cluster_counts,
    a_file_full_of_changes_is_written_anew, another_resource_or_format_is_not_read,
    the_thread_has_everything_on_disk_at_its_end, a_disk_that_refuses_is_told)

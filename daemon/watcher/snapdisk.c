/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

/* Changes worth a new file: as much as the list, and this. */
#define COMPACT_MIN (1024 * 1024)

/* ---- writing ---- */

void
snapdisk_give_up(struct snapdisk *f)
{
	if (f->out)
		fclose(f->out);
	f->out = NULL;
	if (f->fresh)
		unlink(f->new_path);
	f->fresh = f->dirty = false;
}

static int
write_out(struct snapdisk *f, const void *data, size_t len)
{
	if (!f->out || !len)
		return 0;
	f->dirty = true;
	return fwrite(data, len, 1, f->out) == 1 ? 0 : errno;
}

int
snapdisk_sync(struct snapdisk *f)
{
	if (!f->out || !f->dirty)
		return 0;
	f->dirty = false;
	return fflush(f->out) == 0 && fdatasync(fileno(f->out)) == 0 ? 0 : errno;
}

static int
begin(struct snapdisk *f)
{
	struct snapbuf head = { 0 };
	int fd, error;

	snapdisk_give_up(f);
	fd = open(f->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	f->out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f->out) {
		error = errno;
		if (fd >= 0)
			close(fd);
		return error;
	}
	f->fresh = true;
	snapbuf_add_head(&head, f->resource);
	error = write_out(f, head.data, head.len);
	snapbuf_free(&head);
	return error ? error : write_out(f, f->cluster.data, f->cluster.len);
}

/* The new name has to survive a power cut, too. */
static int
sync_folder(const char *path)
{
	_free_ char *folder = xstrdup(path);
	_close_ int fd = -1;

	*strrchr(folder, '/') = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : errno;
}

static int
commit(struct snapdisk *f)
{
	struct snapbuf end = { 0 };
	int error;

	if (!f->fresh)
		return 0;
	snapbuf_add_fresh(&end, clock_wall_us());
	snapbuf_add(&end, SNAP_WHOLE, NULL, NULL, 0);
	error = write_out(f, end.data, end.len);
	snapbuf_free(&end);
	if (!error)
		error = snapdisk_sync(f);
	if (!error && rename(f->new_path, f->path) < 0)
		error = errno;
	if (error)
		return error;
	f->fresh = false;
	f->base = (size_t)ftell(f->out);
	f->appended = 0;
	return sync_folder(f->path);
}

/* A whole file as memory; NULL with errno. */
static uint8_t *
map(const char *path, size_t *len)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	*len = (size_t)st.st_size;
	if (!S_ISREG(st.st_mode) || !*len) {
		errno = EINVAL;
		return NULL;
	}
	data = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	return data == MAP_FAILED ? NULL : data;
}

/* The objects that are still there, into a new file. */
static int
compact(struct snapdisk *f)
{
	int error = fflush(f->out) == 0 ? 0 : errno;
	struct snapfile old;
	uint8_t *data;
	size_t len;

	data = error ? NULL : map(f->path, &len);
	if (!data)
		return errno;
	if (snapfile_read(&old, f->resource, data, len)) {
		munmap(data, len);
		return EIO;
	}
	error = begin(f);
	for (struct snapfile_object *o = old.objects; o && !error; o = o->hh.next)
		error = write_out(f, o->record.raw, o->record.raw_len);
	snapfile_free(&old);
	munmap(data, len);
	return error ? error : commit(f);
}

static int
append(struct snapdisk *f, const struct snaprecord *r)
{
	int error = write_out(f, r->raw, r->raw_len);

	if (error || !f->out || f->fresh)
		return error;
	f->appended += r->raw_len;
	if (f->appended < COMPACT_MIN || f->appended < f->base)
		return 0;
	return compact(f);
}

static int
set_cluster(struct snapdisk *f, const struct snaprecord *r)
{
	f->cluster.len = 0;
	snapbuf_add(&f->cluster, SNAP_CLUSTER, NULL, r->text, r->len);
	return append(f, r);
}

int
snapdisk_take(struct snapdisk *f, const struct snaprecord *r)
{
	switch (r->type) {
	case SNAP_BEGIN:
		return begin(f);
	case SNAP_COMMIT:
		return commit(f);
	case SNAP_ABORT:
		snapdisk_give_up(f);
		return 0;
	case SNAP_CLUSTER:
		return set_cluster(f, r);
	case SNAP_OBJECT:
	case SNAP_DELETED:
	case SNAP_FRESH:
		return append(f, r);
	case SNAP_HEAD:
	case SNAP_WHOLE:
		break;
	}
	return 0;
}

void
snapdisk_init(struct snapdisk *f, const char *dir, const char *resource)
{
	*f = (struct snapdisk){
		.path = xasprintf("%s/%s.snapshot", dir, resource),
		.new_path = xasprintf("%s/%s.snapshot.new", dir, resource),
		.resource = xstrdup(resource),
	};
}

void
snapdisk_fini(struct snapdisk *f)
{
	if (!f->fresh)
		snapdisk_sync(f);
	snapdisk_give_up(f);
	snapbuf_free(&f->cluster);
	free(f->path);
	free(f->new_path);
	free(f->resource);
}

/* ---- reading ---- */

static void
set_aside(const char *path, const char *why)
{
	_free_ char *to = xasprintf("%s.set-aside", path);

	if (rename(path, to) == 0)
		log_warn("%s is not used: %s; renamed to %s", path, why, to);
	else
		log_warn("%s is not used: %s", path, why);
}

static bool
use(const struct snapfile *f, const char *path, const char *cluster)
{
	if (*cluster && strcmp(f->cluster, cluster) != 0) {
		set_aside(path, "it is of another cluster");
		return false;
	}
	if (f->lost)
		log_warn("%s: its last %zu bytes are damaged; the rest is used", path,
		    f->lost);
	return true;
}

bool
snapdisk_read(const char *dir, const char *resource, const char *cluster,
    const struct snapdisk_ops *ops, void *arg, uint64_t *wall_us)
{
	_free_ char *path = xasprintf("%s/%s.snapshot", dir, resource);
	struct snapfile f;
	const char *why;
	uint8_t *data;
	size_t len;
	bool usable;

	data = map(path, &len);
	if (!data) {
		if (errno != ENOENT)
			set_aside(path, strerror(errno));
		return false;
	}
	why = snapfile_read(&f, resource, data, len);
	if (why)
		set_aside(path, why);
	usable = !why && use(&f, path, cluster);
	for (struct snapfile_object *o = f.objects; o && usable; o = o->hh.next)
		ops->on_object(arg, o->record.text, o->record.len);
	*wall_us = f.fresh_wall_us;
	snapfile_free(&f);
	munmap(data, len);
	return usable;
}

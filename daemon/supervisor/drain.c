/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drain.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

#define FILE_NAME "drained"
#define NEW_NAME "drained.new"
#define FILE_MAX (REASON_LEN + 32)

static int
open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = ' ';
}

/* "MICROSECONDS REASON\n" */
static bool
parse(struct drain *d, char *text)
{
	char *end;

	text[strcspn(text, "\n")] = '\0';
	d->since_wall_us = strtoull(text, &end, 10);
	if (end == text || *end != ' ')
		return false;
	make_printable(end);
	str_copy(d->reason, sizeof(d->reason), end + 1);
	return true;
}

/* False: it is there, and is not what drain_begin wrote. */
static bool
read_file(struct drain *d, int fd)
{
	char text[FILE_MAX];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return parse(d, text);
}

void
drain_load(struct drain *d, const char *state_dir)
{
	_close_ int dir = open_dir(state_dir), fd = -1;

	*d = (struct drain){ 0 };
	if (dir < 0)
		return;
	fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	d->on = true;
	if (fd >= 0 && read_file(d, fd))
		return;
	log_warn("%s/%s cannot be understood; the node counts as drained until vipctl "
		 "undrain",
	    state_dir, FILE_NAME);
	d->since_wall_us = clock_wall_us();
}

static int
write_new(int dir, const struct drain *d)
{
	char text[FILE_MAX];
	int fd, len, error = 0;

	unlinkat(dir, NEW_NAME, 0);
	fd = openat(
	    dir, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	len =
	    snprintf(text, sizeof(text), "%" PRIu64 " %s\n", d->since_wall_us, d->reason);
	if (write(fd, text, (size_t)len) != len || fsync(fd) < 0)
		error = errno ? -errno : -EIO;
	close(fd);
	return error;
}

int
drain_begin(struct drain *d, const char *state_dir, const char *reason)
{
	struct drain new = { .on = true, .since_wall_us = clock_wall_us() };
	_close_ int dir = open_dir(state_dir);
	int error;

	if (dir < 0)
		return -errno;
	if (d->on)
		new.since_wall_us = d->since_wall_us;
	str_copy(new.reason, sizeof(new.reason), reason);
	make_printable(new.reason);
	error = write_new(dir, &new);
	if (!error && renameat(dir, NEW_NAME, dir, FILE_NAME) < 0)
		error = -errno;
	if (!error && fsync(dir) < 0)
		error = -errno;
	if (!error)
		*d = new;
	return error;
}

int
drain_end(struct drain *d, const char *state_dir)
{
	_close_ int dir = open_dir(state_dir);

	if (dir < 0)
		return -errno;
	if (unlinkat(dir, FILE_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	if (fsync(dir) < 0)
		return -errno;
	*d = (struct drain){ 0 };
	return 0;
}

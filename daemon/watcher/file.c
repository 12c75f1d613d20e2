/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "text.h"

static struct file_stamp
stamp_of(const struct stat *st)
{
	return (struct file_stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime = st->st_mtim,
		.mode = st->st_mode,
	};
}

struct file_stamp
file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct file_stamp){ 0 };
	return stamp_of(&st);
}

bool
file_stamp_eq(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->mode == b->mode && a->mtime.tv_sec == b->mtime.tv_sec &&
	    a->mtime.tv_nsec == b->mtime.tv_nsec;
}

static char *
refuse(char *error, const char *path, int code)
{
	const struct passwd *pw = getpwuid(geteuid());
	const char *user = pw ? pw->pw_name : "vipd";

	if (code == EACCES || code == EPERM)
		text_format(error, FILE_ERROR_LEN,
		    "%s: user %s may not read it; give it the file (chown %s) "
		    "and its folders (chmod o+x)",
		    path, user, user);
	else
		text_format(error, FILE_ERROR_LEN, "%s: %s", path, strerror(code));
	return NULL;
}

char *
file_read(
    const char *path, size_t max, size_t *len, struct file_stamp *stamp, char *error)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t n = 0;
	struct stat st;
	char *text;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse(error, path, errno);
	if (!S_ISREG(st.st_mode))
		return refuse(error, path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
	if (st.st_size > (off_t)max)
		return refuse(error, path, EFBIG);
	/* One byte more than there should be shows that it grows meanwhile. */
	text = xcalloc((size_t)st.st_size + 2, 1);
	while (n <= (size_t)st.st_size &&
	    (got = read(fd, text + n, (size_t)st.st_size + 1 - n)) > 0)
		n += (size_t)got;
	if (n > (size_t)st.st_size) {
		free(text);
		return refuse(error, path, EAGAIN);
	}
	if (stamp)
		*stamp = stamp_of(&st);
	if (len)
		*len = n;
	return text;
}

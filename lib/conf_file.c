/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

static int
read_all(int fd, char *text, size_t max, size_t *len)
{
	*len = 0;
	while (*len <= max) {
		ssize_t n = read(fd, text + *len, max + 1 - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		*len += (size_t)n;
	}
	return -EFBIG;
}

int
conf_file_read(const char *path, size_t max, struct conf_file *out)
{
	/* Not blocking: a FIFO must not stop the daemon. */
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size < 0 || (size_t)st.st_size > max)
		return -EFBIG;
	/* One byte more than its size, so that a file that grows is noticed. */
	max = (size_t)st.st_size;
	*out = (struct conf_file){
		.text = xcalloc(max + 1, 1),
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	r = read_all(fd, out->text, max, &out->len);
	if (r < 0)
		free(out->text);
	return r == -EFBIG ? -EAGAIN : r;
}

const char *
conf_file_error(int error)
{
	switch (-error) {
	case EINVAL:
		return "not a regular file";
	case EFBIG:
		return "too large";
	case EAGAIN:
		return "changed while it was read";
	default:
		return strerror(-error);
	}
}

char *
conf_file_beside(const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');

	if (path[0] == '/' || !slash)
		return xstrdup(path);
	return xasprintf("%.*s/%s", (int)(slash - from), from, path);
}

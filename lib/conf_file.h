/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a configuration: reads one whole, bounded, regular file, and makes
 * paths absolute or relative to the file that names them.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct conf_file {
	char *text; /* owned by the caller */
	size_t len;
	dev_t dev;
	ino_t ino;
};

/*
 * 0 or -errno: -EISDIR, -EINVAL (not a regular file), -EFBIG (over max
 * bytes), or what open(2) and read(2) say.
 */
int conf_file_read(const char *path, size_t max, struct conf_file *out);
/* Why conf_file_read failed, in words. */
const char *conf_file_error(int error);
/*
 * path as seen from the directory of the file `from`; heap. "conf.d/x" from
 * "/etc/vipd/vipd.conf" is "/etc/vipd/conf.d/x".
 */
char *conf_file_beside(const char *from, const char *path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

int
sysctl_write(const char *directory, const char *iface, const char *key, const char *value)
{
	_free_ char *path = xasprintf("/proc/sys/%s/%s/%s", directory, iface, key);
	_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

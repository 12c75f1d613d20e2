/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc_read.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

static size_t
read_file(int pid, const char *name, char *buf, size_t size)
{
	char path[48];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, size);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* "PID (NAME) STATE ...": a name may have blanks and brackets. */
bool
proc_read_comm(int pid, char comm[PROC_COMM_SIZE])
{
	char stat[256];
	size_t n = read_file(pid, "stat", stat, sizeof(stat) - 1);
	const char *open, *close;

	stat[n] = '\0';
	open = strchr(stat, '(');
	close = strrchr(stat, ')');
	if (!open || !close || close < open || close[1] != ' ')
		return false;
	if (close[2] == 'Z' || close[2] == 'X' ||
	    (size_t)(close - open) > PROC_COMM_SIZE - 1)
		return false;
	memcpy(comm, open + 1, (size_t)(close - open - 1));
	comm[close - open - 1] = '\0';
	return true;
}

size_t
proc_read_cmdline(int pid, char cmdline[PROC_CMDLINE_SIZE])
{
	return read_file(pid, "cmdline", cmdline, PROC_CMDLINE_SIZE);
}

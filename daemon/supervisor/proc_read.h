/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process's name and command line, from /proc.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PROC_COMM_SIZE 64
#define PROC_CMDLINE_SIZE 4096

/* False: it is gone, or a zombie. */
bool proc_read_comm(int pid, char comm[PROC_COMM_SIZE]);
/* Bytes; 0: it has none (a kernel thread), or is gone. */
size_t proc_read_cmdline(int pid, char cmdline[PROC_CMDLINE_SIZE]);

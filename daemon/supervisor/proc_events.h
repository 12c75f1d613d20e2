/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's process connector (linux/cn_proc.h), reduced to what matters:
 * a process came from another, is now another program or has another name,
 * ended. Threads are left out.
 */
#pragma once

enum proc_told { PROC_TOLD_FORK, PROC_TOLD_CHANGE, PROC_TOLD_EXIT, PROC_TOLD_LOST };

struct proc_event_told {
	enum proc_told type; /* LOST: some events are, look again */
	int pid;
	int parent; /* FORK */
};

/* A non-blocking socket, or -errno. */
int proc_events_open(void);
/* What the socket holds, but not more than a loop round should take. */
void proc_events_read(
    int fd, void (*fn)(void *arg, const struct proc_event_told *e), void *arg);

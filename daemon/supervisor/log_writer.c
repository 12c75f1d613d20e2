/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_writer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

#define LINES 512
#define FLUSH_S 1

static struct {
	struct line {
		enum log_level level;
		char text[LOG_LINE_MAX];
	} lines[LINES];
	/* Both only grow; their difference is what is in the ring. */
	_Atomic uint32_t put, taken;
	sem_t filled; /* posted once a line, and once for the end */
	log_sink *to;
	pthread_t thread;
	pid_t pid;       /* a forked child has no thread to wait for */
	uint32_t lost;   /* in all */
	uint32_t untold; /* lost since the last line that fitted */
} writer;

static void *
write_lines(void *arg)
{
	uint32_t at = 0;

	for (;;) {
		const struct line *l = &writer.lines[at % LINES];

		while (sem_wait(&writer.filled) < 0)
			;
		if (at == atomic_load(&writer.put))
			return arg; /* the end */
		writer.to(l->level, l->text, NULL);
		atomic_store(&writer.taken, ++at);
	}
}

static uint32_t
room(void)
{
	return LINES - (atomic_load(&writer.put) - atomic_load(&writer.taken));
}

static void
put(enum log_level level, const char *text)
{
	uint32_t at = atomic_load(&writer.put);
	struct line *l = &writer.lines[at % LINES];

	l->level = level;
	str_copy(l->text, sizeof(l->text), text);
	atomic_store(&writer.put, at + 1);
	sem_post(&writer.filled);
}

static void
put_line(enum log_level level, const char *text, void *arg)
{
	char told[64];

	(void)arg;
	if (room() < (writer.untold ? 2 : 1)) {
		writer.lost++;
		writer.untold++;
		return;
	}
	if (writer.untold) {
		snprintf(told, sizeof(told), "%u lines lost: the log took none",
		    writer.untold);
		put(LOG_LEVEL_WARN, told);
		writer.untold = 0;
	}
	put(level, text);
}

static void
flush(void)
{
	struct timespec until;

	if (getpid() != writer.pid)
		return;
	sem_post(&writer.filled);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FLUSH_S;
	pthread_clockjoin_np(writer.thread, NULL, CLOCK_MONOTONIC, &until);
}

void
log_writer_start(log_sink *to)
{
	sigset_t all, usual;
	int error;

	writer.to = to;
	writer.pid = getpid();
	sem_init(&writer.filled, 0, 0);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &usual);
	error = pthread_create(&writer.thread, NULL, write_lines, NULL);
	pthread_sigmask(SIG_SETMASK, &usual, NULL);
	if (error) {
		log_warn("no thread for the log (%s): a log that takes nothing will hold "
			 "vipd up",
		    strerror(error));
		return;
	}
	atexit(flush);
	log_set_sink(put_line, NULL);
}

uint32_t
log_writer_lost(void)
{
	return writer.lost;
}

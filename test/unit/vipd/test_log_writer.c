/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/log_writer.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* A log that takes one line for each post of `gate`. */
static sem_t gate, taken;
static char lines[600][LOG_LINE_MAX];
static unsigned n_lines;

static void
slow_sink(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	while (sem_wait(&gate) < 0)
		;
	snprintf(lines[n_lines++], LOG_LINE_MAX, "%s", line);
	sem_post(&taken);
}

static void
let_go(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sem_post(&gate);
	for (unsigned i = 0; i < n; i++)
		while (sem_wait(&taken) < 0)
			;
}

START_TEST(a_log_that_takes_nothing_loses_lines_but_never_waits)
{
	sem_init(&gate, 0, 0);
	sem_init(&taken, 0, 0);
	log_writer_start(slow_sink);
	/* 512 fit, the one that is being written included. */
	for (unsigned i = 0; i < 520; i++)
		log_info("%u", i);
	ck_assert_uint_eq(log_writer_lost(), 8);
	/* Room for one is none for a line and for the word of those that are lost. */
	let_go(1);
	log_info("too early");
	ck_assert_uint_eq(log_writer_lost(), 9);
	let_go(511);
	ck_assert_str_eq(lines[0], "0");
	ck_assert_str_eq(lines[511], "511");

	/* What was lost is told where it was. */
	log_info("later");
	let_go(2);
	ck_assert_str_eq(lines[512], "9 lines lost: the log took none");
	ck_assert_str_eq(lines[513], "later");
	ck_assert_uint_eq(log_writer_lost(), 9);
}
END_TEST

UNIT_MAIN("log writer", a_log_that_takes_nothing_loses_lines_but_never_waits)

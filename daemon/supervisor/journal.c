/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <stdlib.h>

#include "clock.h"
#include "mem.h"

/* The logger is one a process, and so is who listens to it. */
static struct {
	struct journal *journal;
	void (*on_line)(void *arg);
	void *arg;
} tap;

static void
on_log_line(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == LOG_LEVEL_DEBUG)
		return;
	journal_add(tap.journal, level, line, clock_wall_us());
	tap.on_line(tap.arg);
}

void
journal_start(struct journal *j, void (*on_line)(void *arg), void *arg)
{
	tap.journal = j;
	tap.on_line = on_line;
	tap.arg = arg;
	log_set_tap(on_log_line, NULL);
}

void
journal_add(struct journal *j, enum log_level level, const char *line, uint64_t wall_us)
{
	struct journal_entry *e = &j->entries[++j->last_id % JOURNAL_MAX];

	free(e->text);
	*e = (struct journal_entry){
		.id = j->last_id,
		.wall_us = wall_us,
		.level = level,
		.text = xstrdup(line),
	};
}

const struct journal_entry *
journal_next(const struct journal *j, uint64_t after)
{
	uint64_t oldest = j->last_id > JOURNAL_MAX ? j->last_id - JOURNAL_MAX + 1 : 1;
	uint64_t id = after + 1 > oldest ? after + 1 : oldest;

	return id > j->last_id ? NULL : &j->entries[id % JOURNAL_MAX];
}

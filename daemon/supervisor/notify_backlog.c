/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify_backlog.h"

#include <string.h>

static void
drop(struct notify_backlog *b, size_t i)
{
	b->count--;
	memmove(
	    &b->waiting[i], &b->waiting[i + 1], (b->count - i) * sizeof(b->waiting[0]));
}

/* What repeats itself says nothing new while the first still waits. */
static bool
is_waiting(const struct notify_backlog *b, enum conf_notify_event what)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->waiting[i].what == what)
			return true;
	return false;
}

bool
notify_backlog_push(struct notify_backlog *b, const struct notify_event *e)
{
	bool full = b->count == NOTIFY_BACKLOG_MAX;

	if (e->what == NOTIFY_MASTER_RX_LOWER_PRI && (full || is_waiting(b, e->what)))
		return false;
	if (full)
		drop(b, 0);
	b->waiting[b->count++] = *e;
	return full;
}

bool
notify_backlog_pop(struct notify_backlog *b, struct notify_event *out)
{
	if (!b->count)
		return false;
	*out = b->waiting[0];
	drop(b, 0);
	return true;
}

const char *
notify_word(enum conf_notify_event what)
{
	static const char *const words[NOTIFY_COUNT] = {
		[NOTIFY_MASTER] = "MASTER",
		[NOTIFY_BACKUP] = "BACKUP",
		[NOTIFY_FAULT] = "FAULT",
		[NOTIFY_STOP] = "STOP",
		[NOTIFY_DELETED] = "DELETED",
		[NOTIFY_MASTER_RX_LOWER_PRI] = "MASTER_RX_LOWER_PRI",
		[NOTIFY_ANY] = "",
	};

	return words[what];
}

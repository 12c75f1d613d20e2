/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include "clock.h"
#include "engine.h"

#define INTERVAL_US (100 * US_PER_MS)
#define BATCH 128

static void
tell_all(struct engine *e)
{
	struct msg_mark list[BATCH];
	size_t n = 0;

	for (struct instance *in = e->roster.first; in; in = in->next) {
		n += trailer_news(&in->trailer, in->conf.head.id, list + n);
		if (n <= BATCH - MARKS_SENDERS - 1 && in->next)
			continue;
		if (n)
			chan_send(&e->child.chan, MSG_MARKS, NULL, list, n);
		n = 0;
	}
}

uint64_t
marks_tell(struct engine *e, uint64_t now_us)
{
	if (!e->roster.marks)
		return TIMER_NEVER;
	if (now_us < e->marks_us)
		return e->marks_us;
	e->marks_us = now_us + INTERVAL_US;
	if (chan_backlog(&e->child.chan) != 0)
		return e->marks_us;
	tell_all(e);
	e->roster.marks = false;
	return TIMER_NEVER;
}

const char *
marks_take(struct engine *e, const struct msg *m)
{
	const struct msg_mark *list = m->records;

	for (uint16_t i = 0; i < m->count; i++) {
		struct instance *in = roster_find(&e->roster, list[i].id);

		if (in)
			trailer_remember(&in->trailer, &list[i]);
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "marks.h"

#include "instance.h"
#include "mem.h"

void
marks_keep(struct marks *marks, const struct msg_mark *mark)
{
	struct msg_mark *to = &marks->list[0];

	for (size_t i = 0; i < marks->n; i++) {
		if (ipaddr_eq(&marks->list[i].src, &mark->src)) {
			marks->list[i] = *mark;
			return;
		}
		if (marks->list[i].heard_us < to->heard_us)
			to = &marks->list[i];
	}
	if (marks->n < ARRAY_LEN(marks->list))
		to = &marks->list[marks->n++];
	*to = *mark;
}

void
marks_take(struct instances *is, const struct msg *m)
{
	const struct msg_mark *list = m->records;
	struct instance *in = NULL;

	for (uint16_t i = 0; i < m->count; i++) {
		if (!in || in->id != list[i].id)
			in = instances_by_id(is, list[i].id);
		if (in)
			marks_keep(&in->marks, &list[i]);
	}
}

void
marks_tell(const struct instances *is)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf && in->marks.n)
			chan_send(
			    is->engine, MSG_MARKS, NULL, in->marks.list, in->marks.n);
}

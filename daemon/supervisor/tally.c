/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include "mem.h"
#include "vipd.h"

/* 10,000 Services take a tenth of it. */
#define WAIT_S 0.5

static void
answer(struct vipd *v)
{
	struct control_client *cl = v->tally.waiting;

	ev_timer_stop(v->loop, &v->tally.late);
	v->tally.waiting = NULL;
	if (cl)
		vipd_answer_all(v, cl);
}

static void
on_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	answer(container_of(w, struct vipd, tally.late));
}

void
tally_ask(struct vipd *v, struct control_client *cl)
{
	/* Two at once: the first is answered with what is known. */
	answer(v);
	v->tally.waiting = cl;
	if (v->forward.up)
		chan_send(&v->forward.chan, MSG_TALLY_REQUEST, NULL, NULL, 0);
	ev_timer_init(&v->tally.late, on_late, v->forward.up ? WAIT_S : 0., 0.);
	ev_timer_start(v->loop, &v->tally.late);
}

void
tally_on_msg(struct vipd *v, const struct msg *m)
{
	const struct msg_tally_head *head = m->head;
	const struct msg_tally *t = m->records;

	for (size_t i = 0; i < m->count; i++) {
		struct service *sv = services_find(&v->services, &t[i].key);

		if (!sv)
			continue;
		sv->count = t[i].count;
		sv->counted = true;
	}
	if (head->last)
		answer(v);
}

void
tally_client_gone(struct vipd *v, const struct control_client *cl)
{
	if (v->tally.waiting == cl)
		v->tally.waiting = NULL;
}

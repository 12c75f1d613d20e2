/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

/* A client that hears nothing for longer gives up. */
#define WAITING_WORD_S 2.
/* Beyond the longest wait: announcements, and an engine's restart. */
#define REPORT_SLACK_S 2.

struct part {
	uint32_t id;
	bool told;
	struct msg_ctl_handover m;
};

struct handover {
	struct handovers *owner;
	struct control_client *cl;
	struct handover_target target;
	struct part *parts;
	size_t n;
	uint64_t give_up_us;
	ev_timer waiting;
	struct handover *prev, *next;
};

/* engine: vrrp_handover_wait() */
static double
longest_s(const struct conf_instance *c)
{
	double interval = c->version == 2 ? 1. : 1e-6 * c->advert_us;

	return (interval > 1. ? interval : 1.) + .5;
}

double
handover_longest_s(const struct instances *is)
{
	double longest = 0.;

	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf && longest_s(in->conf) > longest)
			longest = longest_s(in->conf);
	return longest;
}

static void
drop(struct handover *h)
{
	ev_timer_stop(h->owner->loop, &h->waiting);
	DL_DELETE(h->owner->first, h);
	free(h->parts);
	free(h);
}

/* Empty if all went well. */
static void
judge(const struct handover *h, const struct part *p, char why[REASON_LEN])
{
	const struct msg_yielded *y = &p->m.yielded;
	const char *name = p->m.name;

	why[0] = '\0';
	if (!p->told) {
		snprintf(why, REASON_LEN, "%s: the engine has not told what became of it",
		    name);
		return;
	}
	switch ((enum yield_result)y->result) {
	case YIELD_DONE:
		if (!handover_reached(&h->target, y))
			snprintf(why, REASON_LEN,
			    "%.60s: another node took over, not %.40s: is it down or "
			    "drained?",
			    name, h->target.name);
		break;
	case YIELD_LATE:
		snprintf(why, REASON_LEN,
		    "%s: the new master announced %u of %u addresses only", name,
		    y->announced, y->addresses);
		break;
	case YIELD_KEPT:
	case YIELD_NOBODY:
		snprintf(why, REASON_LEN, "%s: nobody took over; it stays master", name);
		break;
	case YIELD_BROKEN:
	case YIELD_RESULT_COUNT:
		snprintf(why, REASON_LEN, "%s: it is not master any more", name);
		break;
	}
}

static void
finish(struct handover *h)
{
	char why[REASON_LEN] = "", one[REASON_LEN];
	size_t failed = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (h->parts[i].told)
			chan_send(control_chan(h->cl), MSG_CTL_HANDOVER, &h->parts[i].m,
			    NULL, 0);
		judge(h, &h->parts[i], one);
		if (one[0] && !failed++)
			str_copy(why, sizeof(why), one);
	}
	if (failed > 1)
		control_end(h->cl, 1, "%s (and %zu more)", why, failed - 1);
	else
		control_end(h->cl, failed ? 1 : 0, "%s", why);
	drop(h);
}

static void
finish_if_told(struct handover *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!h->parts[i].told)
			return;
	finish(h);
}

static void
on_waiting(struct ev_loop *loop, ev_timer *w, int events)
{
	struct handover *h = container_of(w, struct handover, waiting);

	(void)loop;
	(void)events;
	if (clock_us() < h->give_up_us)
		control_text(h->cl, LOG_LEVEL_INFO, "waiting for a new master");
	else
		finish(h);
}

static void
add_part(struct handover *h, const struct instance *in)
{
	struct part *p = &h->parts[h->n++];

	p->id = in->id;
	str_copy(p->m.name, sizeof(p->m.name), in->name);
	instance_hand_over(in, HANDOVER_BEGIN);
}

void
handover_start(struct handovers *hs, struct instances *is, const struct instance *in,
    const struct handover_target *target, struct control_client *cl)
{
	struct handover *h = xcalloc(1, sizeof(*h));
	double give_up = handover_longest_s(is) + REPORT_SLACK_S;
	size_t n = 0;

	for (const struct instance *i = is->first; i; i = i->next)
		n++;
	h->owner = hs;
	h->cl = cl;
	h->parts = xcalloc(n, sizeof(*h->parts));
	if (target)
		h->target = *target;
	for (const struct instance *i = is->first; i; i = i->next)
		if ((!in || in == i) && instance_is_master(i))
			add_part(h, i);
	h->give_up_us = clock_us() + (uint64_t)(1e6 * give_up);
	ev_timer_init(&h->waiting, on_waiting, WAITING_WORD_S, WAITING_WORD_S);
	ev_timer_start(hs->loop, &h->waiting);
	DL_APPEND(hs->first, h);
	control_keep(cl);
	finish_if_told(h);
}

static void
log_yielded(const struct instance *in, const struct msg_yielded *y)
{
	char text[IPADDR_STRLEN];

	switch ((enum yield_result)y->result) {
	case YIELD_DONE:
		log_info("%s: handed over to %s: it took over after %" PRIu64
			 " ms and had announced %u addresses after %" PRIu64 " ms",
		    in->name, ipaddr_format(&y->successor, text), y->took_us / US_PER_MS,
		    y->announced, y->moved_us / US_PER_MS);
		break;
	case YIELD_LATE:
		log_warn("%s: handed over to %s, which announced %u of %u addresses in "
			 "time; the others are removed",
		    in->name, ipaddr_format(&y->successor, text), y->announced,
		    y->addresses);
		break;
	case YIELD_NOBODY:
		log_warn("%s: nobody took over; %u addresses are removed", in->name,
		    y->addresses);
		break;
	case YIELD_KEPT:
	case YIELD_BROKEN:
	case YIELD_RESULT_COUNT:
		break; /* the change of state was told */
	}
}

void
handovers_on_yielded(
    struct handovers *hs, const struct instance *in, const struct msg_yielded *y)
{
	struct handover *h, *next;

	log_yielded(in, y);
	DL_FOREACH_SAFE(hs->first, h, next)
	{
		for (size_t i = 0; i < h->n; i++) {
			if (h->parts[i].id != in->id)
				continue;
			h->parts[i].told = true;
			h->parts[i].m.yielded = *y;
		}
		finish_if_told(h);
	}
}

void
handovers_client_gone(struct handovers *hs, const struct control_client *cl)
{
	struct handover *h, *next;

	DL_FOREACH_SAFE(hs->first, h, next)
	if (h->cl == cl)
		drop(h);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_notify.h"

#include <string.h>

#include "notifier.h"

/* False: INIT is told to nobody. */
static bool
event_of(enum vrrp_state state, enum conf_notify_event *out)
{
	switch (state) {
	case VRRP_MASTER:
		*out = NOTIFY_MASTER;
		return true;
	case VRRP_BACKUP:
		*out = NOTIFY_BACKUP;
		return true;
	case VRRP_FAULT:
		*out = NOTIFY_FAULT;
		return true;
	case VRRP_INIT:
		break;
	}
	return false;
}

static void
tell(struct instances *is, const struct instance *in, enum conf_notify_event what)
{
	struct notify_event e = { what, in->state.priority };

	notifier_tell(is->notifier, NOTIFY_INSTANCE, in->name, &e, &in->conf->notify);
}

/* A group is in a state when all its members are. */
static void
tell_group(struct instances *is, const struct instance *in)
{
	const struct conf_group *g = conf_find_group(is->conf, in->conf->group);
	struct notify_event e = { 0 };

	if (!g || !event_of(in->state.state, &e.what))
		return;
	for (const struct instance *other = is->first; other; other = other->next)
		if (other->conf && !strcmp(other->conf->group, g->name) &&
		    other->state.state != in->state.state)
			return;
	notifier_tell(is->notifier, NOTIFY_GROUP, g->name, &e, &g->notify);
}

static bool
wants_priorities(const struct instances *is, const struct instance *in)
{
	const struct conf_group *g = conf_find_group(is->conf, in->conf->group);

	return in->conf->notify.priority_changes || (g && g->notify.priority_changes);
}

void
instance_notify(
    struct instances *is, const struct instance *in, const struct msg_state *before)
{
	const struct msg_state *now = &in->state;
	enum conf_notify_event what;

	if (!in->conf || is->stopping)
		return;
	if (event_of(now->state, &what))
		tell(is, in, what);
	if (now->state == before->state && before->priority &&
	    now->priority != before->priority && wants_priorities(is, in))
		notifier_tell_priority(
		    is->notifier, in->name, now->state == VRRP_MASTER, now->priority);
	/* Another engine counts from 0 again. */
	if (now->lower_adverts > before->lower_adverts)
		tell(is, in, NOTIFY_MASTER_RX_LOWER_PRI);
	tell_group(is, in);
}

void
instance_notify_fault(struct instances *is, const struct instance *in)
{
	tell(is, in, NOTIFY_FAULT);
}

void
instance_notify_gone(struct instances *is, const struct instance *in)
{
	tell(is, in, in->conf->notify.deleted ? NOTIFY_DELETED : NOTIFY_FAULT);
}

void
instances_notify_stop(struct instances *is)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf)
			tell(is, in, NOTIFY_STOP);
	for (size_t i = 0; i < is->conf->n_groups; i++) {
		const struct conf_group *g = &is->conf->groups[i];
		struct notify_event e = { NOTIFY_STOP, 0 };

		notifier_tell(is->notifier, NOTIFY_GROUP, g->name, &e, &g->notify);
	}
}

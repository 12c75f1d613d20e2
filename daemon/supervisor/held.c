/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "held.h"

#include "vipd.h"

static void
tell(struct vipd *v, const struct ipaddr *addr, enum held held)
{
	struct msg_held m = { .held = held };

	if (v->forward.up)
		chan_send(&v->forward.chan, MSG_HELD, &m, addr, 1);
}

void
held_tell(
    struct vipd *v, const struct msg_installed_record *list, size_t n, enum held held)
{
	for (size_t i = 0; i < n; i++)
		tell(v, &list[i].addr, held);
}

void
held_tell_all(struct vipd *v)
{
	for (const struct instance *in = v->instances.first; in; in = in->next)
		for (size_t i = 0; i < in->n_addresses; i++)
			if (in->addresses[i].installed)
				tell(v, &in->addresses[i].addr, HELD_ALREADY);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	(void)c;
	return m->type == MSG_STOP ? "asked to stop" : NULL;
}

static const struct chan_ops ops = { .on_msg = on_msg, .on_closed = child_closed };

int
main(void)
{
	static struct child child;

	child_init(&child, "vipd-forward", &ops);
	child_drop(&child, 0);
	ev_run(child.loop, 0);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "followers.h"

#include <stdio.h>

#include "mem.h"

/* Beyond that the rest waits in the journal. */
#define BACKLOG_MAX (64 * 1024)

static void
tell_missed(struct follower *f, uint64_t next)
{
	struct msg_ctl_event m = { .level = LOG_LEVEL_WARN };

	if (!f->told || next == f->told + 1)
		return;
	snprintf(m.text, sizeof(m.text), "%llu lines were lost before the next one",
	    (unsigned long long)(next - f->told - 1));
	chan_send(control_chan(f->client), MSG_CTL_EVENT, &m, NULL, 0);
}

static void
tell(struct followers *fs, struct follower *f)
{
	struct chan *to = control_chan(f->client);
	const struct journal_entry *e;

	while (
	    chan_backlog(to) < BACKLOG_MAX && (e = journal_next(fs->journal, f->told))) {
		struct msg_ctl_event m = {
			.id = e->id,
			.wall_us = e->wall_us,
			.level = e->level,
		};

		tell_missed(f, e->id);
		str_copy(m.text, sizeof(m.text), e->text);
		chan_send(to, MSG_CTL_EVENT, &m, NULL, 0);
		f->told = e->id;
	}
	if (f->follows || journal_next(fs->journal, f->told))
		return;
	control_end(f->client, 0, "%s", "");
	f->client = NULL;
}

static void
on_due(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct followers *fs = container_of(w, struct followers, due);

	(void)events;
	ev_prepare_stop(loop, w);
	for (size_t i = 0; i < FOLLOWERS_MAX; i++)
		if (fs->list[i].client)
			tell(fs, &fs->list[i]);
}

static void
on_line(void *arg)
{
	struct followers *fs = arg;

	ev_prepare_start(fs->loop, &fs->due);
}

void
followers_init(struct followers *fs, struct ev_loop *loop, struct journal *journal)
{
	*fs = (struct followers){ .loop = loop, .journal = journal };
	ev_prepare_init(&fs->due, on_due);
	journal_start(journal, on_line, fs);
}

void
followers_add(struct followers *fs, struct control_client *cl, bool follows)
{
	struct follower *f = fs->list;

	while (f < fs->list + FOLLOWERS_MAX && f->client)
		f++;
	if (f == fs->list + FOLLOWERS_MAX) {
		control_end(cl, 1, "%d others follow the events already", FOLLOWERS_MAX);
		return;
	}
	*f = (struct follower){ .client = cl, .follows = follows };
	if (follows)
		control_keep(cl);
	ev_prepare_start(fs->loop, &fs->due);
}

void
followers_remove(struct followers *fs, const struct control_client *cl)
{
	for (size_t i = 0; i < FOLLOWERS_MAX; i++)
		if (fs->list[i].client == cl)
			fs->list[i].client = NULL;
}

void
followers_drained(struct followers *fs)
{
	ev_prepare_start(fs->loop, &fs->due);
}

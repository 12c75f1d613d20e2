/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "standing.h"

#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "clock.h"
#include "config.h"
#include "holder.h"
#include "mem.h"
#include "nodelease.h"
#include "store.h"
#include "text.h"
#include "writer.h"

void
standing_init(struct standing *st, struct chan *chan)
{
	*st = (struct standing){ .chan = chan };
}

void
standing_open(
    struct standing *st, struct ev_loop *loop, struct api *api, const char *config)
{
	st->lease = nodelease_new(loop, api, WRITER_NAMESPACE);
	str_copy(st->config, sizeof(st->config), config);
}

void
standing_close(struct standing *st)
{
	nodelease_free(st->lease);
	st->lease = NULL;
}

/* ---- what the cluster says of us ---- */

static enum node_out
judge(struct standing *st, const struct store *s, const char *name)
{
	const struct node_object *n = nodes_find(&s->nodes, name);

	if (n) {
		st->was_here = true;
		return n->out;
	}
	/* One that never was may have another name than we think. */
	return st->was_here ? NODE_GONE : NODE_WANTED;
}

static void
tell_eligible(struct standing *st, const struct store *s, const char *name)
{
	enum node_out out = judge(st, s, name);
	struct msg_eligible m = { .excluded = out != NODE_WANTED };

	text_format(m.reason, sizeof(m.reason), "%s%s%s", name,
	    m.excluded ? " is not to serve: " : " may serve again", node_out_text(out));
	if (st->told_any && st->told.excluded == m.excluded &&
	    (!m.excluded || strcmp(st->told.reason, m.reason) == 0))
		return;
	st->told_any = true;
	st->told = m;
	chan_send(st->chan, MSG_ELIGIBLE, &m, NULL, 0);
}

/* ---- the other nodes ---- */

static void
tell_peers(struct standing *st, struct peers *ps, const char *name)
{
	for (size_t i = 0; i < ps->n_gone; i++) {
		struct msg_node_gone gone = { 0 };

		str_copy(gone.name, sizeof(gone.name), ps->gone[i]);
		chan_send(st->chan, MSG_NODE_GONE, &gone, NULL, 0);
		free(ps->gone[i]);
	}
	ps->n_gone = 0;
	for (struct peer_entry *e = ps->entries; e; e = e->hh.next) {
		struct peer_object *p = e->object;

		if (e->told)
			continue;
		e->told = true;
		p->head.here = strcmp(p->head.name, name) == 0;
		chan_send(st->chan, MSG_NODE, &p->head, p->instances, p->n_instances);
	}
}

/* ---- what we say of us ---- */

static void
say(struct standing *st, const struct holder *h, const struct writer *w, const char *name)
{
	struct msg_node head = {
		.version = PACKAGE_VERSION,
		.allocator = writer_leads(w),
		.excluded = (uint8_t)st->told.excluded,
	};
	size_t n = HASH_COUNT(h->instances), i = 0;
	struct msg_node_instance *list = xcalloc(n, sizeof(*list));
	_free_ char *text = NULL;

	str_copy(head.config, sizeof(head.config), st->config);
	for (const struct here_instance *in = h->instances; in; in = in->hh.next, i++) {
		memcpy(list[i].name, in->told.instance, sizeof(list[i].name));
		list[i].source = in->told.source;
		list[i].state = in->told.state;
		list[i].priority = in->told.priority;
	}
	text = peer_text(&head, list, n);
	free(list);
	nodelease_say(st->lease, name, text);
}

void
standing_update(struct standing *st, struct store *s, const struct holder *h,
    const struct writer *w, bool nodes_known)
{
	const char *name = writer_node(w);

	if (!st->lease || !*name)
		return;
	if (nodes_known) {
		tell_eligible(st, s, name);
		peers_forget_removed(&s->peers, &s->nodes, clock_us());
	}
	tell_peers(st, &s->peers, name);
	say(st, h, w, name);
}

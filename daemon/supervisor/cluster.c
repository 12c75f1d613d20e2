/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cluster.h"

#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "mem.h"

static struct cluster_node *
find(const struct cluster *c, const char *name)
{
	struct cluster_node *n;

	HASH_FIND_STR(c->nodes, name, n);
	return n;
}

static void
remove_node(struct cluster *c, struct cluster_node *n)
{
	HASH_DEL(c->nodes, n);
	free(n->instances);
	free(n);
}

static void
put_node(struct cluster *c, const struct msg *m)
{
	const struct msg_node *head = m->head;
	struct cluster_node *n = find(c, head->name);

	if (n)
		remove_node(c, n);
	if (HASH_COUNT(c->nodes) >= CLUSTER_NODES_MAX)
		return;
	n = xcalloc(1, sizeof(*n));
	memcpy(&n->head, head, sizeof(n->head));
	n->instances = xcalloc(m->count, sizeof(*n->instances));
	memcpy(n->instances, m->records, m->count * sizeof(*n->instances));
	n->n_instances = m->count;
	HASH_ADD_STR(c->nodes, head.name, n);
}

void
cluster_take(struct cluster *c, const struct msg *m)
{
	struct cluster_node *n;

	if (m->type == MSG_NODE) {
		put_node(c, m);
		return;
	}
	n = find(c, ((const struct msg_node_gone *)m->head)->name);
	if (n)
		remove_node(c, n);
}

void
cluster_clear(struct cluster *c)
{
	struct cluster_node *n, *next;

	HASH_ITER(hh, c->nodes, n, next)
	remove_node(c, n);
}

static int
by_name(const struct cluster_node *a, const struct cluster_node *b)
{
	return strcmp(a->head.name, b->head.name);
}

void
cluster_answer(struct cluster *c, struct chan *to)
{
	HASH_SORT(c->nodes, by_name);
	for (const struct cluster_node *n = c->nodes; n; n = n->hh.next)
		chan_send(to, MSG_NODE, &n->head, n->instances, n->n_instances);
}

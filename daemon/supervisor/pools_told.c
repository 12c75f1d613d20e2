/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pools_told.h"

#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "mem.h"

void
pools_told_clear(struct pools_told *p)
{
	free(p->items);
	*p = (struct pools_told){ 0 };
}

const char *
pools_told_take(struct pools_told *p, const struct msg *m)
{
	struct msg_pools head;

	memcpy(&head, m->head, sizeof(head));
	if (head.first == 0) {
		pools_told_clear(p);
		p->head = head;
	}
	if (head.first != p->n || p->n + m->count > POOLS_TOLD_MAX)
		return "address pools out of order";
	for (size_t i = 0; i < m->count; i++) {
		p->items = array_grow(p->items, p->n, &p->cap, sizeof(*p->items));
		memcpy(&p->items[p->n++], (const struct msg_pool *)m->records + i,
		    sizeof(*p->items));
	}
	return NULL;
}

void
pools_told_send(const struct pools_told *p, struct chan *to)
{
	size_t max = msg_records_max(MSG_POOLS), i = 0, n;
	struct msg_pools head = p->head;

	head.total = (uint32_t)p->n;
	do {
		head.first = (uint32_t)i;
		n = p->n - i < max ? p->n - i : max;
		chan_send(to, MSG_POOLS, &head, p->items + i, n);
		i += n;
	} while (i < p->n);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "taken.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "chan.h"
#include "hash.h"
#include "link.h"
#include "mem.h"
#include "reserved.h"

/* A host with more addresses than that is no place to look for free ones. */
#define TAKEN_MAX 4096

struct list {
	const struct links *links;
	struct msg_taken_record *items;
	size_t n;
	size_t cap;
};

static void
add(void *arg, const struct ipaddr *addr, const char *whose)
{
	struct list *l = arg;
	struct msg_taken_record *r;

	if (l->n == TAKEN_MAX || !ipaddr_is_routable(addr))
		return;
	l->items = array_grow(l->items, l->n, &l->cap, sizeof(*l->items));
	r = &l->items[l->n++];
	*r = (struct msg_taken_record){ .addr = *addr };
	str_copy(r->whose, sizeof(r->whose), whose);
}

/* The kernel answers to the first and the last one itself. */
static bool
add_address(void *arg, const struct link_address *a)
{
	struct list *l = arg;
	struct iprange net;

	if (a->own || !links_foreign_address(l->links, &a->addr))
		return true;
	add(l, &a->addr, "an address of this host");
	if (a->addr.family == AF_INET && a->prefixlen <= 30) {
		net = iprange_of_prefix(&a->addr, a->prefixlen);
		add(l, &net.first, "");
		add(l, &net.last, "");
	}
	return true;
}

static void
add_link(void *arg, const struct link *link)
{
	struct list *l = arg;

	links_each_address(l->links, link_index(link), add_address, l);
}

static void
send_all(const struct list *l, struct chan *watcher)
{
	size_t max = msg_records_max(MSG_TAKEN), i = 0, some;

	do {
		struct msg_taken m;

		some = l->n - i < max ? l->n - i : max;
		m.more = i + some < l->n;
		chan_send(watcher, MSG_TAKEN, &m, l->items + i, some);
		i += some;
	} while (i < l->n);
}

void
taken_tell(struct taken *t, const struct reserved *r, const struct links *ls,
    struct chan *watcher)
{
	struct list l = { .links = ls };
	uint64_t hash;

	if (!watcher)
		return;
	reserved_each(r, add, &l);
	links_each(ls, add_link, &l);
	hash = hash_end(hash_add(HASH_INIT, l.items, l.n * sizeof(*l.items)));
	if (hash != t->told)
		send_all(&l, watcher);
	t->told = hash;
	free(l.items);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pooltell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "hash.h"
#include "mem.h"
#include "settings.h"
#include "store.h"
#include "text.h"

static void
list_ranges(char *text, size_t size, const struct conf_ranges *ranges)
{
	size_t len = 0;

	memset(text, 0, size);
	for (size_t i = 0; i < ranges->count && len < size - 1; i++) {
		char one[IPRANGE_STRLEN];

		snprintf(text + len, size - len, "%s%s", i ? ", " : "",
		    iprange_format(&ranges->items[i], one));
		len = strlen(text);
	}
}

static struct msg_pool
describe(const struct store *store, size_t i)
{
	const struct pools *pools = store->settings->pools;
	const struct conf_pool *c = &pools->conf[i];
	struct msg_pool m = {
		.limit_per_namespace = c->limit_per_namespace,
		.auto_assign = c->auto_assign,
		.restricted = c->n_namespaces || c->selector.n,
	};

	str_copy(m.name, sizeof(m.name), c->name);
	list_ranges(m.ranges, sizeof(m.ranges), &c->ranges);
	for (enum pool_family f = 0; f < POOL_FAMILIES; f++) {
		m.size[f] = pools->items[i].size[f];
		m.used[f] = alloc_used(store->assign.alloc, i, f);
	}
	return m;
}

static struct msg_pools
describe_all(const struct settings *s, size_t n)
{
	struct msg_pools head = { .total = (uint32_t)n };

	if (s->conf.configmap_ns[0])
		text_format(head.source, sizeof(head.source), "ConfigMap %s/%s",
		    s->conf.configmap_ns, s->conf.configmap_name);
	else
		text_format(head.source, sizeof(head.source), "vipd.conf");
	memcpy(head.error, s->pools_error, sizeof(head.error));
	return head;
}

void
pooltell(struct pooltell *p, const struct store *store, struct chan *chan)
{
	const struct pools *pools = store->settings->pools;
	size_t n = pools ? pools->n : 0, max = msg_records_max(MSG_POOLS), i = 0, some;
	struct msg_pools head = describe_all(store->settings, n);
	_free_ struct msg_pool *list = xcalloc(n, sizeof(*list));
	uint64_t hash = hash_add(HASH_INIT, &head, sizeof(head));

	for (size_t k = 0; k < n; k++)
		list[k] = describe(store, k);
	hash = hash_end(hash_add(hash, list, n * sizeof(*list)));
	if (hash == p->told)
		return;
	p->told = hash;
	do {
		head.first = (uint32_t)i;
		some = n - i < max ? n - i : max;
		chan_send(chan, MSG_POOLS, &head, list + i, some);
		i += some;
	} while (i < n);
}

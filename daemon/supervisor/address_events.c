/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of addresses and interfaces. */
#include <utlist.h>

#include "address_own.h"
#include "clock.h"
#include "heal.h"
#include "plan.h"

/* Long enough for the engine to hear a successor first. */
#define EXPIRED_WAIT_US US_PER_S

static void
was_deleted(struct addresses *as, struct entry *e)
{
	uint64_t now = clock_us(), delay;
	bool began;

	if (plan_has_expired(&e->life, now)) {
		e->not_before_us = now + EXPIRED_WAIT_US;
		address_log_expired(&as->log, e->dev->name, &e->addr);
		return;
	}
	delay = heal_delay(&e->heal, now, &began);
	e->not_before_us = now + delay;
	if (began)
		address_log_fight(&as->log, e->dev->name, &e->addr);
	else if (!delay)
		address_log_healed(&as->log, e->dev->name, &e->addr);
}

void
addresses_on_own(struct addresses *as, const struct link_address *a, bool present)
{
	const char *name = links_name(as->links, a->ifindex);
	const struct link *l = name ? links_find_by_name(as->links, name) : NULL;
	struct device *dev;
	struct entry *e;

	if (!l)
		return;
	dev = present ? address_table_get_device(&as->table, name)
		      : address_table_find_device(&as->table, name);
	if (!dev)
		return;
	/* Of a dead vipd, or of an interface that had another name. */
	e = present ? address_table_get(&as->table, dev, &a->addr)
		    : address_table_find(&as->table, dev, &a->addr);
	if (!e)
		return;
	if (!present && e->told && e->claims && e->flying == REQUEST_NONE &&
	    a->prefixlen == e->claims->want.prefixlen && link_is_up(l))
		was_deleted(as, e);
	address_consider(as, e);
}

static bool
adopt(void *arg, const struct link_address *a)
{
	if (a->own)
		addresses_on_own(arg, a, true);
	return true;
}

static void
consider_all(struct addresses *as, struct device *dev)
{
	struct entry *e, *tmp;

	DL_FOREACH_SAFE2(dev->entries, e, tmp, dnext)
	address_consider(as, e);
}

void
addresses_on_link(struct addresses *as, uint32_t ifindex)
{
	struct device *dev, *tmp;

	HASH_ITER(hh, as->table.devices, dev, tmp)
	{
		const struct link *l = links_find_by_name(as->links, dev->name);
		uint32_t now = l ? link_index(l) : 0;

		if (now != ifindex && dev->ifindex != ifindex)
			continue;
		dev->ifindex = now;
		consider_all(as, dev);
	}
	/* After a rename they are on a device that nobody wanted them on. */
	links_each_address(as->links, ifindex, adopt, as);
}

void
addresses_on_foreign(struct addresses *as)
{
	struct device *dev, *tmp;
	struct entry *e, *etmp;

	if (!as->lists.watching)
		return;
	HASH_ITER(hh, as->table.devices, dev, tmp)
	DL_FOREACH_SAFE2(dev->entries, e, etmp, dnext)
	if (e->watching)
		address_consider(as, e);
}

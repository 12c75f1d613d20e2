/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "carrier.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "debounce.h"
#include "link.h"
#include "mem.h"

struct carrier {
	char name[IFNAME_LEN];
	struct debounce debounce;
	uint32_t down_us;
	uint32_t up_us;
	bool told;
	ev_timer due;
	struct carriers *owner;
	struct carrier *next;
};

static struct carrier *
find(const struct carriers *cs, const char *name)
{
	for (struct carrier *c = cs->first; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

bool
carriers_usable(struct carriers *cs, const char *name)
{
	const struct link *link = links_find_by_name(cs->links, name);
	struct carrier *c = find(cs, name);
	struct msg_interface now = { 0 };
	uint64_t now_us = clock_us(), due;

	if (link)
		link_fill(link, &now);
	if (!c)
		return now.usable;
	if (!link) {
		c->debounce = (struct debounce){ 0 };
		return false;
	}
	due = debounce_step(&c->debounce, now.usable, c->down_us, c->up_us, now_us);
	ev_timer_stop(cs->loop, &c->due);
	if (due != DEBOUNCE_NEVER) {
		ev_timer_set(&c->due, 1e-6 * (double)(due - now_us), 0.);
		ev_timer_start(cs->loop, &c->due);
	}
	return c->debounce.shown;
}

static void
on_due(struct ev_loop *loop, ev_timer *w, int events)
{
	struct carrier *c = container_of(w, struct carrier, due);

	(void)loop;
	(void)events;
	c->owner->changed(c->owner->arg, c->name);
}

static struct carrier *
add(struct carriers *cs, const char *name)
{
	struct carrier *c = xcalloc(1, sizeof(*c));

	str_copy(c->name, sizeof(c->name), name);
	c->owner = cs;
	ev_timer_init(&c->due, on_due, 0., 0.);
	c->next = cs->first;
	cs->first = c;
	return c;
}

void
carriers_configure(struct carriers *cs, const struct conf_watch *conf)
{
	for (struct carrier *c = cs->first; c; c = c->next)
		c->told = false;
	for (size_t i = 0; i < conf->n_delays; i++) {
		const struct conf_delay *d = &conf->delays[i];
		struct carrier *c = find(cs, d->interface);

		if (!c)
			c = add(cs, d->interface);
		c->told = true;
		c->down_us = d->down_us;
		c->up_us = d->up_us;
	}
	for (struct carrier **at = &cs->first; *at;) {
		struct carrier *c = *at;

		if (c->told) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		ev_timer_stop(cs->loop, &c->due);
		free(c);
	}
}

void
carriers_init(struct carriers *cs, struct ev_loop *loop, const struct links *links,
    void (*changed)(void *arg, const char *name), void *arg)
{
	*cs = (struct carriers){
		.loop = loop, .links = links, .changed = changed, .arg = arg
	};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_survey.h"

#include <sys/socket.h>

#include "clock.h"

struct survey {
	struct entry *e;
	uint32_t ifindex;
	struct plan_place place;
};

static bool
survey_place(void *arg, const struct link_address *a)
{
	struct survey *s = arg;
	struct entry *e = s->e;
	const struct address_want *want = e->claims ? &e->claims->want : NULL;

	if (!a->own && a->ifindex == s->ifindex) {
		s->place.foreign = true;
	} else if (!a->own) {
		s->place.foreign_elsewhere = true;
	} else if (a->ifindex == s->ifindex) {
		bool fits = want && a->prefixlen == want->prefixlen &&
		    a->lasting == want->is_lasting &&
		    (!e->added || plan_same(&e->as_added, want));

		s->place.fits |= fits;
		s->place.unborn |= fits && a->unborn;
		s->place.misfit |= !fits;
		e->life.expires = a->expires;
		if (!fits)
			e->prefixlen = a->prefixlen;
	}
	return true;
}

struct plan_place
survey_entry(const struct links *links, struct entry *e)
{
	const struct link *l = links_find_by_name(links, e->dev->name);
	struct survey s = { .e = e };

	if (!l)
		return s.place;
	/* A link that goes down loses its IPv6 addresses; a macvlan of vipd's comes
	 * up when it has all of them. */
	s.place.ready =
	    link_is_up(l) || e->addr.family == AF_INET || link_details(l)->is_vmac;
	s.ifindex = e->ifindex = e->dev->ifindex = link_index(l);
	links_each_place(links, &e->addr, survey_place, &s);
	if (!s.place.fits && !s.place.misfit)
		e->added = e->life.known = false;
	s.place.stale = s.place.fits &&
	    plan_is_stale(&e->life, e->claims->want.lifetime_s, clock_us());
	return s.place;
}

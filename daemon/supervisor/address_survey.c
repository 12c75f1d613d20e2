/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_survey.h"

#include <sys/socket.h>

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
		    (!e->added || plan_same(&e->as_added, want));

		s->place.fits |= fits;
		s->place.misfit |= !fits;
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
	/* A link that is down loses its IPv6 addresses; a macvlan of vipd's is
	 * about to come up, and cannot announce before. */
	s.place.ready =
	    link_is_up(l) || (e->addr.family == AF_INET && !link_details(l)->is_vmac);
	s.ifindex = e->ifindex = e->dev->ifindex = link_index(l);
	links_each_place(links, &e->addr, survey_place, &s);
	if (!s.place.fits && !s.place.misfit)
		e->added = false;
	return s.place;
}

struct siblings {
	const struct entry *e;
	bool primary;
	bool others;
};

static bool
find_siblings(void *arg, const struct link_address *a)
{
	struct siblings *s = arg;
	const struct entry *e = s->e;

	if (a->prefixlen != e->prefixlen ||
	    !ipaddr_in_prefix(&a->addr, &e->addr, e->prefixlen))
		return true;
	if (ipaddr_eq(&a->addr, &e->addr))
		s->primary = !a->secondary;
	else
		s->others = true;
	return true;
}

bool
survey_takes_others_along(const struct links *links, const struct entry *e)
{
	struct siblings s = { .e = e };

	links_each_address(links, e->ifindex, find_siblings, &s);
	return s.primary && s.others;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_siblings.h"

#include <sys/socket.h>

#include "address_request.h"

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

static bool
takes_others_along(const struct links *links, const struct entry *e)
{
	struct siblings s = { .e = e };

	links_each_address(links, e->ifindex, find_siblings, &s);
	return s.primary && s.others;
}

void
siblings_keep(struct links *links, const struct entry *e)
{
	uint32_t seq;

	if (e->addr.family != AF_INET || e->prefixlen == 32)
		return;
	/* What this slice has deleted before is gone. */
	links_drain(links);
	if (takes_others_along(links, e))
		address_send_promote(links_socket(links), e->ifindex, &seq);
}

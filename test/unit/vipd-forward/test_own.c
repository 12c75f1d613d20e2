/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/own.h"

#include <stdlib.h>

#include "mem.h"
#include "told.h"
#include "unit.h"

START_TEST(the_node_comes_in_where_one_of_its_addresses_may)
{
	static const struct {
		const char *own, *range;
		size_t n; /* of ranges afterwards */
	} cases[] = {
		{ "192.0.2.7", "192.0.2.0/28", 2 },
		{ "192.0.2.7", "192.0.2.8/29", 1 },
		{ "192.0.2.7", "2001:db8::/32", 1 },
		{ "2001:db8::7", "2001:db8::/32", 1 }, /* the address is IPv4 */
		/* A service address that is on this node is not the node's. */
		{ "192.0.2.1", "192.0.2.0/28", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ipaddr own = told_addr(cases[i].own);
		struct told_service s;

		told_begin(&s, "web");
		told_address(&s, "192.0.2.1");
		s.told.sources = xcalloc(1, sizeof(*s.told.sources));
		s.told.n_sources = 1;
		ck_assert(iprange_parse(cases[i].range, s.told.sources));
		own_admit(&s.told, &own, 1);
		ck_assert_msg(s.told.n_sources == cases[i].n, "case %zu", i);
		if (cases[i].n == 2)
			ck_assert(
			    iprange_contains(&s.told.sources[1], &s.addresses[0].addr));
		free(s.told.sources);
	}
}
END_TEST

START_TEST(without_ranges_nothing_is_added)
{
	struct ipaddr own = told_addr("192.0.2.7");
	struct told_service s;

	told_begin(&s, "web");
	told_address(&s, "192.0.2.1");
	own_admit(&s.told, &own, 1);
	ck_assert_uint_eq(s.told.n_sources, 0);
}
END_TEST

UNIT_MAIN("own", the_node_comes_in_where_one_of_its_addresses_may,
    without_ranges_nothing_is_added)

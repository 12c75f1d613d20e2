/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "supervisor/route_plan.h"
#include "unit.h"

static const struct {
	const char *name;
	bool wanted;
	bool early;
	struct route_place place;
	enum route_step step;
} steps[] = {
	{ "nobody wants it and it is not there", false, false, { .ready = true },
	    ROUTE_REST },
	{ "what vipd left is removed", false, false, { .ready = true, .present = true },
	    ROUTE_DELETE },
	{ "although it fits what was wanted", false, false,
	    { .ready = true, .present = true, .fits = true }, ROUTE_DELETE },
	{ "also from a link that is down", false, false, { .present = true },
	    ROUTE_DELETE },
	{ "not again at once after a refusal", false, true, { .present = true },
	    ROUTE_WAIT },
	{ "a wanted one is added", true, false, { .ready = true }, ROUTE_ADD },
	{ "not before its time", true, true, { .ready = true }, ROUTE_WAIT },
	{ "not to a link that is down", true, false, { 0 }, ROUTE_WAIT },
	{ "what is there as wanted stays", true, false,
	    { .ready = true, .present = true, .fits = true }, ROUTE_REST },
	{ "whatever its link", true, true, { .present = true, .fits = true },
	    ROUTE_REST },
	{ "another one goes first", true, false, { .ready = true, .present = true },
	    ROUTE_DELETE },
};

START_TEST(every_case_has_its_step)
{
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		ck_assert_msg(route_plan_next(steps[i].wanted, &steps[i].place,
				  steps[i].early) == steps[i].step,
		    "%s", steps[i].name);
}
END_TEST

static struct ipaddr
address(const char *text)
{
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, &a));
	return a;
}

static struct conf_route
route(const char *to, const char *via, const char *dev)
{
	struct conf_route r = { .to = address(to), .prefixlen = 16, .n_hops = 1 };

	if (via)
		r.hops[0].via = address(via);
	str_copy(r.hops[0].dev, sizeof(r.hops[0].dev), dev);
	r.hops[0].weight = 1;
	return r;
}

START_TEST(what_was_not_said_may_be_anything)
{
	struct conf_route want = route("10.1.0.0", "192.0.2.1", "");
	struct conf_route there = route("10.1.0.0", "192.0.2.1", "eth0");

	ck_assert(route_plan_fits(&want, &there));
	str_copy(want.hops[0].dev, IFNAME_LEN, "eth1");
	ck_assert(!route_plan_fits(&want, &there));
	/* IPv6: the kernel tells no scope, and gives a blackhole the loopback. */
	want = route("2001:db8::", "fe80::1", "eth0");
	there = want;
	want.has_scope = true;
	want.scope = RT_SCOPE_LINK;
	ck_assert(route_plan_fits(&want, &there));
	want = there = route("2001:db8::", NULL, "lo");
	want.type = there.type = ROUTE_BLACKHOLE;
	want.n_hops = 0;
	ck_assert(route_plan_fits(&want, &there));
}
END_TEST

START_TEST(any_other_property_makes_another_route)
{
	const struct conf_route want = route("10.1.0.0", "192.0.2.1", "eth0");
	struct conf_route there = want;

	there.src = address("192.0.2.5"); /* keepalived #1390 */
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.mtu = 1400;
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.type = ROUTE_PROHIBIT;
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.scope = RT_SCOPE_LINK;
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.hops[0].onlink = true;
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.hops[0].via = address("192.0.2.2");
	ck_assert(!route_plan_fits(&want, &there));
}
END_TEST

START_TEST(nexthops_may_come_in_any_order)
{
	struct conf_route want = route("2001:db8::", "fe80::1", "eth0"), there;

	want.multipath = true;
	want.n_hops = 2;
	want.hops[1] = want.hops[0];
	want.hops[1].via = address("fe80::2");
	want.hops[1].weight = 3;
	there = want;
	there.hops[0] = want.hops[1];
	there.hops[1] = want.hops[0];
	ck_assert(route_plan_fits(&want, &there));
	there.hops[0].weight = 2;
	ck_assert(!route_plan_fits(&want, &there));
	there = want;
	there.n_hops = 1;
	ck_assert(!route_plan_fits(&want, &there));
	there.n_hops = CONF_HOPS_MAX + 1;
	ck_assert(!route_plan_fits(&want, &there));
}
END_TEST

START_TEST(the_scope_is_that_of_ip_route)
{
	struct conf_route r = route("10.1.0.0", "192.0.2.1", "eth0");

	ck_assert_uint_eq(route_plan_scope(&r), RT_SCOPE_UNIVERSE);
	r.hops[0].via = (struct ipaddr){ 0 };
	ck_assert_uint_eq(route_plan_scope(&r), RT_SCOPE_LINK);
	r.multipath = true;
	ck_assert_uint_eq(route_plan_scope(&r), RT_SCOPE_UNIVERSE);
	r.has_scope = true;
	r.scope = RT_SCOPE_HOST;
	ck_assert_uint_eq(route_plan_scope(&r), RT_SCOPE_HOST);
	r = route("10.1.0.0", NULL, "");
	r.type = ROUTE_BLACKHOLE;
	ck_assert_uint_eq(route_plan_scope(&r), RT_SCOPE_UNIVERSE);
}
END_TEST

UNIT_MAIN("route", every_case_has_its_step, what_was_not_said_may_be_anything,
    any_other_property_makes_another_route, nexthops_may_come_in_any_order,
    the_scope_is_that_of_ip_route)

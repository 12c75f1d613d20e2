/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/reserved.h"

#include <string.h>

#include "supervisor/instance.h"
#include "unit.h"

static struct reserved r;

static const char *
what(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return reserved_find(&r, &a);
}

static void
expect(const char *text, const char *part)
{
	const char *found = what(text);

	ck_assert_msg(found && strstr(found, part), "%s: %s", text, found);
}

START_TEST(default_gateways_are_read_from_the_tables_of_routes)
{
	reserved_read_routes4(&r,
	    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
	    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	    "eth1\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
	    "eth1\t00000A0A\t020200C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	    "cut short\n");
	reserved_read_routes6(&r,
	    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	    "20010db8000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n"
	    "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 "
	    "20010db8000000000000000000000002 00000400 00000001 00000000 00000003 eth0\n"
	    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n");
	expect("192.0.2.1", "gateway");
	ck_assert_ptr_null(what("192.0.2.2"));
	expect("2001:db8::1", "gateway");
	ck_assert_ptr_null(what("2001:db8::2"));
	ck_assert_uint_eq(r.count, 2);
	reserved_clear(&r);
}
END_TEST

START_TEST(resolvers_are_read_as_libc_reads_them)
{
	reserved_read_resolvers(&r,
	    "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.53\n"
	    "\tnameserver\t2001:db8::53 # ours\nnameserver fe80::1%eth0\nnameserver\n");
	expect("192.0.2.53", "name server");
	expect("2001:db8::53", "name server");
	ck_assert_uint_eq(r.count, 2);
	reserved_clear(&r);
}
END_TEST

START_TEST(peers_and_masters_are_other_routers)
{
	struct conf_peer peers[1] = { 0 };
	struct conf_instance ci = { .name = "edge", .peers = peers, .n_peers = 1 };
	struct conf conf = { .instances = &ci, .n_instances = 1 };
	struct instance own = { .state.state = VRRP_MASTER };
	struct instance in = { .state.state = VRRP_BACKUP, .next = &own };
	struct instances is = { .first = &in };

	ck_assert(ipaddr_parse("192.0.2.2", &peers[0].addr));
	ck_assert(ipaddr_parse("192.0.2.3", &in.state.master));
	ck_assert(ipaddr_parse("192.0.2.4", &own.state.master));
	reserved_survey(&r, &conf, &is);
	expect("192.0.2.2", "unicast_peer");
	expect("192.0.2.3", "adverts");
	ck_assert_ptr_null(what("192.0.2.4"));
	/* Anew each time: who is no longer heard is free. */
	in.state.master = (struct ipaddr){ 0 };
	reserved_survey(&r, &conf, &is);
	ck_assert_ptr_null(what("192.0.2.3"));
	reserved_clear(&r);
}
END_TEST

UNIT_MAIN("reserved", default_gateways_are_read_from_the_tables_of_routes,
    resolvers_are_read_as_libc_reads_them, peers_and_masters_are_other_routers)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/fence.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

static struct iprange external, services4, other;
static struct conf_address static_address;
static struct conf_instance instances[2];
static struct conf conf;

static const char *
foreign(void *arg, const struct ipaddr *addr)
{
	struct ipaddr node;

	(void)arg;
	ck_assert(ipaddr_parse("192.0.2.20", &node));
	return ipaddr_eq(&node, addr) ? "eth0" : NULL;
}

static const char *
reserved(void *arg, const struct ipaddr *addr)
{
	struct ipaddr gateway;

	(void)arg;
	ck_assert(ipaddr_parse("192.0.2.21", &gateway));
	return ipaddr_eq(&gateway, addr) ? "a default gateway of this host" : NULL;
}

static const struct fence fence = {
	.conf = &conf,
	.foreign = foreign,
	.reserved = reserved,
};

/* external_ips .18-.40; edge carries .0/25 and .5 statically; rest is bare. */
static void
setup(void)
{
	ck_assert(iprange_parse("192.0.2.18-192.0.2.40", &external));
	ck_assert(iprange_parse("192.0.2.0/25", &services4));
	ck_assert(ipaddr_parse("192.0.2.30", &static_address.addr));
	instances[0] = (struct conf_instance){
		.name = "edge",
		.addresses = &static_address,
		.n_addresses = 1,
		.wants_services = true,
		.service_ranges = { &services4, 1, 1 },
	};
	instances[1] = (struct conf_instance){ .name = "rest", .wants_services = true };
	conf = (struct conf){ .instances = instances, .n_instances = 2 };
	conf.services.present = true;
	conf.services.external_ips = (struct conf_ranges){ &external, 1, 1 };
}

static struct msg_service_address
checked(const char *addr, const char *instance)
{
	struct msg_service_address a = { .origin = ORIGIN_EXTERNAL_IP };

	setup();
	ck_assert(ipaddr_parse(addr, &a.addr));
	str_copy(a.instance, sizeof(a.instance), instance);
	fence_check(&fence, &a);
	return a;
}

START_TEST(an_address_inside_all_ranges_passes)
{
	ck_assert_int_eq(checked("192.0.2.18", "edge").verdict, VERDICT_OK);
	ck_assert_str_eq(checked("192.0.2.18", "edge").reason, "");
}
END_TEST

/* X2: whatever external_ips says. */
START_TEST(an_address_that_is_somebodys_is_refused_and_named)
{
	struct msg_service_address a = checked("192.0.2.21", "edge");

	ck_assert_int_eq(a.verdict, VERDICT_REFUSED);
	ck_assert_str_eq(a.reason,
	    "192.0.2.21 is a default gateway of this host; give the Service another");
}
END_TEST

START_TEST(an_address_outside_external_ips_is_refused_with_the_remedy)
{
	struct msg_service_address a = checked("192.0.2.41", "edge");

	ck_assert_int_eq(a.verdict, VERDICT_REFUSED);
	ck_assert_ptr_nonnull(strstr(a.reason, "external_ips"));
}
END_TEST

/* A pool that shrank leaves an address outside of every pool with its Service
 * where an instance names it; a bare instance has the pools only. */
START_TEST(a_pool_address_is_held_against_the_pools_or_named_ranges)
{
	static const struct {
		const char *addr, *instance;
		enum verdict verdict;
	} cases[] = {
		{ "192.0.2.18", "edge", VERDICT_OK },        /* named, in no pool */
		{ "198.51.100.1", "rest", VERDICT_REFUSED }, /* bare, in no pool */
		{ "198.51.100.9", "rest", VERDICT_OK },      /* bare, of the pool */
		{ "198.51.100.9", "edge", VERDICT_REFUSED }, /* not this one's */
	};

	setup();
	ck_assert(iprange_parse("198.51.100.9", &other));
	conf.services.pools = &(struct conf_pool){ .ranges = { &other, 1, 1 } };
	conf.services.n_pools = 1;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_service_address a = { .origin = ORIGIN_POOL };

		ck_assert(ipaddr_parse(cases[i].addr, &a.addr));
		str_copy(a.instance, sizeof(a.instance), cases[i].instance);
		fence_check(&fence, &a);
		ck_assert_msg(a.verdict == cases[i].verdict, "%zu: %s", i, a.reason);
	}
}
END_TEST

START_TEST(an_instance_carries_only_its_own_ranges)
{
	ck_assert_int_eq(checked("192.0.2.18", "rest").verdict, VERDICT_REFUSED);
	ck_assert_int_eq(checked("192.0.2.18", "nobody").verdict, VERDICT_REFUSED);
	ck_assert_int_eq(checked("192.0.2.18", "").verdict, VERDICT_REFUSED);
}
END_TEST

START_TEST(a_bare_instance_carries_what_no_other_names)
{
	setup();
	ck_assert(iprange_parse("192.0.2.64/26", &other));
	ck_assert(iprange_parse("192.0.2.18-192.0.2.200", &external));
	instances[0].service_ranges.items = &other;
	for (int i = 0; i < 2; i++) {
		struct msg_service_address a = { .origin = ORIGIN_EXTERNAL_IP };

		ck_assert(ipaddr_parse(i ? "192.0.2.70" : "192.0.2.19", &a.addr));
		str_copy(a.instance, sizeof(a.instance), "rest");
		fence_check(&fence, &a);
		ck_assert_int_eq(a.verdict, i ? VERDICT_REFUSED : VERDICT_OK);
	}
}
END_TEST

START_TEST(an_address_of_this_node_is_a_conflict)
{
	struct msg_service_address a = checked("192.0.2.20", "edge");

	ck_assert_int_eq(a.verdict, VERDICT_CONFLICT);
	ck_assert_ptr_nonnull(strstr(a.reason, "eth0"));
}
END_TEST

START_TEST(a_static_address_is_marked_so_that_it_is_never_guarded)
{
	struct msg_service_address a = checked("192.0.2.30", "edge");

	ck_assert_int_eq(a.verdict, VERDICT_OK);
	ck_assert_int_eq(a.origin, ORIGIN_STATIC);
}
END_TEST

START_TEST(never_loopback_multicast_or_linklocal_whatever_the_ranges_say)
{
	static const char *const bad[] = { "127.0.0.1", "224.0.0.18", "169.254.9.9" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct msg_service_address a = { .origin = ORIGIN_EXTERNAL_IP };

		setup();
		ck_assert(iprange_parse("0.0.0.0/0", &external));
		ck_assert(iprange_parse("0.0.0.0/0", &services4));
		ck_assert(ipaddr_parse(bad[i], &a.addr));
		str_copy(a.instance, sizeof(a.instance), "edge");
		fence_check(&fence, &a);
		ck_assert_int_eq(a.verdict, VERDICT_REFUSED);
	}
}
END_TEST

START_TEST(what_the_watcher_rejected_stays_rejected)
{
	struct msg_service_address a = { .verdict = VERDICT_CONFLICT, .reason = "taken" };

	setup();
	ck_assert(ipaddr_parse("192.0.2.18", &a.addr));
	fence_check(&fence, &a);
	ck_assert_int_eq(a.verdict, VERDICT_CONFLICT);
	ck_assert_str_eq(a.reason, "taken");
}
END_TEST

UNIT_MAIN("fence", an_address_inside_all_ranges_passes,
    an_address_that_is_somebodys_is_refused_and_named,
    an_address_outside_external_ips_is_refused_with_the_remedy,
    a_pool_address_is_held_against_the_pools_or_named_ranges,
    an_instance_carries_only_its_own_ranges, a_bare_instance_carries_what_no_other_names,
    an_address_of_this_node_is_a_conflict,
    a_static_address_is_marked_so_that_it_is_never_guarded,
    never_loopback_multicast_or_linklocal_whatever_the_ranges_say,
    what_the_watcher_rejected_stays_rejected)

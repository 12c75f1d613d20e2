/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/plan.h"

#include "told.h"
#include "unit.h"

static const struct ruleset_conf conf = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_NODE };

static struct told_service service;
static struct wishes wishes;

static void
plan(void)
{
	wishes = plan_service(&service.told, &conf);
}

static void
forget(void)
{
	for (size_t i = 0; i < wishes.n; i++)
		image_free(wishes.at[i].image);
	free(wishes.at);
}

static const struct image *
wish(const char *addr, uint16_t port)
{
	struct ipaddr a = told_addr(addr);

	for (size_t i = 0; i < wishes.n; i++)
		if (ipaddr_eq(&wishes.at[i].key.addr, &a) &&
		    wishes.at[i].key.port == port)
			return wishes.at[i].image;
	return NULL;
}

static size_t
backends(void)
{
	size_t n = 0;

	for (size_t i = 0; i < wishes.n; i++)
		n += wishes.at[i].key.backend;
	return n;
}

START_TEST(each_address_and_each_of_its_ports_is_a_target)
{
	told_begin(&service, "web");
	told_address(&service, "192.0.2.1");
	told_address(&service, "2001:db8::1");
	told_address(&service, "192.0.2.1");
	told_port(&service, 80);
	told_port(&service, 443);
	told_endpoint(&service, 0, "10.0.0.1", 0);
	told_endpoint(&service, 1, "fd00::1", 0);
	plan();
	ck_assert_uint_eq(wishes.n, 6 + 2); /* and the endpoints */
	ck_assert_int_eq(wish("192.0.2.1", 0)->terms.treatment, TREAT_GUARD);
	/* Endpoints of the other family do not serve. */
	ck_assert_int_eq(wish("192.0.2.1", 80)->terms.treatment, TREAT_SERVE);
	ck_assert_int_eq(wish("192.0.2.1", 443)->terms.treatment, TREAT_REFUSE);
	ck_assert_int_eq(wish("2001:db8::1", 80)->terms.treatment, TREAT_REFUSE);
	ck_assert_int_eq(wish("2001:db8::1", 443)->terms.treatment, TREAT_SERVE);
	forget();
}
END_TEST

START_TEST(what_was_not_found_good_is_not_a_target)
{
	for (int verdict = VERDICT_REFUSED; verdict <= VERDICT_INVALID; verdict++) {
		told_begin(&service, "web");
		told_address(&service, "192.0.2.1")->verdict = (uint8_t)verdict;
		told_address(&service, "192.0.2.2");
		told_port(&service, 80)->verdict = (uint8_t)verdict;
		plan();
		/* Guarded all the same: it may be on the interface. */
		ck_assert_uint_eq(wishes.n, 1);
		ck_assert_int_eq(wish("192.0.2.2", 0)->terms.treatment, TREAT_GUARD);
		forget();
	}
}
END_TEST

/* Each once, over TCP, where anything may be answered. */
START_TEST(endpoints_are_targets_of_their_own)
{
	told_begin(&service, "web");
	told_address(&service, "192.0.2.1");
	told_address(&service, "192.0.2.2");
	told_port(&service, 80);
	told_port(&service, 443);
	told_port(&service, 53)->proto = IPPROTO_UDP;
	told_port(&service, 22)->verdict = VERDICT_REFUSED;
	for (uint16_t port = 0; port < 4; port++)
		told_endpoint(&service, port, "10.0.0.1", 0);
	told_endpoint(&service, 0, "10.0.0.2", ENDPOINT_TERMINATING);
	told_endpoint(&service, 0, "fd00::1", 0);
	plan();
	ck_assert_uint_eq(backends(), 2);
	forget();
}
END_TEST

START_TEST(a_static_address_is_not_guarded)
{
	told_begin(&service, "web");
	told_address(&service, "192.0.2.1")->origin = ORIGIN_STATIC;
	told_port(&service, 80);
	plan();
	ck_assert_int_eq(wish("192.0.2.1", 0)->terms.treatment, TREAT_LEAVE);
	ck_assert_int_eq(wish("192.0.2.1", 80)->terms.treatment, TREAT_REFUSE);
	forget();
}
END_TEST

/* How many serve clients from outside. */
static size_t
outside(const struct image *im)
{
	size_t n = 0;

	for (size_t i = 0; i < im->n_endpoints; i++)
		n += (im->endpoints[i].use & USE_OUTSIDE) != 0;
	return n;
}

enum { HERE = ENDPOINT_LOCAL, ENDING = ENDPOINT_TERMINATING };

/* KEP-1669, S7, E10: flags of three endpoints (-1: not there), in both
 * policies: the treatment and how many serve. */
START_TEST(policy_and_conditions_choose_the_endpoints)
{
	static const struct {
		int endpoints[3];
		enum treatment cluster;
		size_t n;
		enum treatment local;
		size_t n_local;
	} cases[] = {
		{ { -1, -1, -1 }, TREAT_REFUSE, 0, TREAT_REFUSE, 0 },
		{ { 0, 0, -1 }, TREAT_SERVE, 2, TREAT_DROP, 0 },
		{ { 0, HERE, -1 }, TREAT_SERVE, 2, TREAT_SERVE, 1 },
		{ { 0, ENDING, -1 }, TREAT_SERVE, 1, TREAT_DROP, 0 },
		{ { ENDING, ENDING, -1 }, TREAT_SERVE, 2, TREAT_DROP, 0 },
		{ { 0, HERE | ENDING, -1 }, TREAT_SERVE, 1, TREAT_SERVE, 1 },
		{ { HERE, HERE | ENDING, 0 }, TREAT_SERVE, 2, TREAT_SERVE, 1 },
	};
	static const char *const addrs[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct image *im;

		told_begin(&service, "web");
		told_address(&service, "192.0.2.1");
		told_port(&service, 80);
		for (int e = 0; e < 3; e++)
			if (cases[i].endpoints[e] >= 0)
				told_endpoint(&service, 0, addrs[e],
				    (uint32_t)cases[i].endpoints[e]);
		plan();
		im = wish("192.0.2.1", 80);
		ck_assert_msg(im->terms.treatment == cases[i].cluster &&
			outside(im) == cases[i].n && !im->terms.local,
		    "case %zu, Cluster", i);
		forget();
		service.told.head.flags = SERVICE_LOCAL;
		plan();
		im = wish("192.0.2.1", 80);
		ck_assert_msg(im->terms.treatment == cases[i].local &&
			outside(im) == cases[i].n_local && im->terms.local,
		    "case %zu, Local", i);
		forget();
	}
}
END_TEST

START_TEST(a_fallback_is_for_ports_and_families_without_a_local_endpoint)
{
	static const struct {
		const char *addr;
		uint16_t port;
		bool local;
		enum treatment drop;
	} cases[] = {
		{ "192.0.2.1", 80, true, TREAT_SERVE },
		{ "192.0.2.1", 443, false, TREAT_DROP },
		{ "192.0.2.1", 8080, true, TREAT_SERVE }, /* ends, but is here */
		{ "2001:db8::1", 80, false, TREAT_DROP },
	};

	told_begin(&service, "web");
	told_address(&service, "192.0.2.1");
	told_address(&service, "2001:db8::1");
	told_port(&service, 80);
	told_port(&service, 443);
	told_port(&service, 8080);
	told_endpoint(&service, 0, "10.0.0.1", HERE);
	told_endpoint(&service, 0, "fd00::2", 0);
	told_endpoint(&service, 1, "10.0.0.2", 0);
	told_endpoint(&service, 2, "10.0.0.1", HERE | ENDING);
	told_endpoint(&service, 2, "10.0.0.2", 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct image *im;

		service.told.head.flags = SERVICE_LOCAL;
		plan();
		im = wish(cases[i].addr, cases[i].port);
		ck_assert_msg(im->terms.local && im->terms.treatment == cases[i].drop,
		    "case %zu, drop", i);
		forget();
		service.told.head.flags = SERVICE_LOCAL | SERVICE_FALLBACK;
		plan();
		im = wish(cases[i].addr, cases[i].port);
		ck_assert_msg(im->terms.local == cases[i].local &&
			im->terms.treatment == TREAT_SERVE && outside(im) == 1,
		    "case %zu, cluster", i);
		forget();
	}
	told_begin(&service, "web");
	told_address(&service, "192.0.2.1");
	told_port(&service, 80);
	service.told.head.flags = SERVICE_LOCAL | SERVICE_FALLBACK;
	plan();
	ck_assert_int_eq(wish("192.0.2.1", 80)->terms.treatment, TREAT_REFUSE);
	forget();
}
END_TEST

START_TEST(clients_of_the_node_itself_have_all_endpoints)
{
	const struct image *im;

	told_begin(&service, "web");
	told_address(&service, "192.0.2.1");
	told_port(&service, 80);
	told_endpoint(&service, 0, "10.0.0.1", HERE | ENDING);
	told_endpoint(&service, 0, "10.0.0.2", 0);
	told_endpoint(&service, 0, "10.0.0.3", ENDING);
	service.told.head.flags = SERVICE_LOCAL;
	plan();
	im = wish("192.0.2.1", 80);
	/* Here the only one that is left; elsewhere one that is ready. */
	ck_assert_uint_eq(im->n_endpoints, 2);
	ck_assert_int_eq(im->endpoints[0].use, USE_OUTSIDE);
	ck_assert_int_eq(im->endpoints[1].use, USE_INSIDE);
	ck_assert_uint_eq(im->tables[TABLE_OUTSIDE].size, 1);
	ck_assert_uint_eq(im->tables[TABLE_INSIDE].size, 1);
	ck_assert_uint_eq(im->n_hairpins, 1);
	forget();
}
END_TEST

static struct iprange
range(const char *text)
{
	struct iprange r;

	ck_assert(iprange_parse(text, &r));
	return r;
}

START_TEST(source_ranges_are_for_all_but_external_ips)
{
	static const struct {
		enum address_origin origin;
		bool restricted;
	} cases[] = { { ORIGIN_POOL, true }, { ORIGIN_EXTERNAL_IP, false },
		{ ORIGIN_STATIC, true } };
	struct iprange ranges[] = { range("10.0.0.0/8"), range("10.1.0.0/16"),
		range("2001:db8::/32"), range("192.0.2.0/24") };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct image *im;

		told_begin(&service, "web");
		told_address(&service, "192.0.2.1")->origin = (uint8_t)cases[i].origin;
		told_port(&service, 80);
		told_endpoint(&service, 0, "10.0.0.1", 0);
		service.told.sources = ranges;
		service.told.n_sources = 4;
		plan();
		im = wish("192.0.2.1", 80);
		ck_assert_int_eq(im->terms.treatment, TREAT_SERVE);
		ck_assert_int_eq(im->terms.restricted, cases[i].restricted);
		/* Of the family; one is inside of another. */
		ck_assert_uint_eq(im->n_ranges, cases[i].restricted ? 2 : 0);
		forget();
		service.told.n_sources = 0;
		plan();
		ck_assert(!wish("192.0.2.1", 80)->terms.restricted);
		forget();
	}
}
END_TEST

/* A list without any range of a family lets nobody of that family in. */
START_TEST(ranges_of_the_other_family_alone_close_an_address)
{
	struct iprange ranges[] = { range("2001:db8::/32") };

	told_begin(&service, "web");
	told_address(&service, "192.0.2.1")->origin = ORIGIN_POOL;
	told_port(&service, 80);
	service.told.sources = ranges;
	service.told.n_sources = 1;
	plan();
	ck_assert(wish("192.0.2.1", 80)->terms.restricted);
	ck_assert_uint_eq(wish("192.0.2.1", 80)->n_ranges, 0);
	forget();
}
END_TEST

UNIT_MAIN("plan", each_address_and_each_of_its_ports_is_a_target,
    what_was_not_found_good_is_not_a_target, endpoints_are_targets_of_their_own,
    a_static_address_is_not_guarded, policy_and_conditions_choose_the_endpoints,
    a_fallback_is_for_ports_and_families_without_a_local_endpoint,
    clients_of_the_node_itself_have_all_endpoints,
    source_ranges_are_for_all_but_external_ips,
    ranges_of_the_other_family_alone_close_an_address)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/flows.h"

#include <linux/netfilter/nf_conntrack_common.h>

#include "told.h"
#include "unit.h"

#define VIP "192.0.2.1"

static const struct ruleset_conf node = { .mode = FORWARD_NFTABLES };
static const struct ruleset_conf none = { .mode = FORWARD_NONE };
static struct flows flows;

static struct image *
serve(const char *const *addrs, size_t n, const struct ruleset_conf *conf)
{
	struct wish_terms terms = { .treatment = n ? TREAT_SERVE : TREAT_REFUSE };
	struct endpoint e[4] = { { { 0 }, 0, 0, 0 } };

	for (size_t i = 0; i < n; i++) {
		struct ipaddr a = told_addr(addrs[i]);

		memcpy(e[i].addr, a.bytes, sizeof(e[i].addr));
		e[i].port = 8080;
		e[i].use = USE_ALL;
	}
	return image_make(&terms, e, n, NULL, 0, conf);
}

static const char *const two[] = { "10.0.0.1", "10.0.0.2" };

static void
change(uint8_t proto, struct image *old, struct image *new)
{
	struct target_key key = { .addr = told_addr(VIP), .port = 53, .proto = proto };

	flows_changed(&flows, &key, old, new);
	image_free(old);
	image_free(new);
}

enum { PLAIN = 0, DNAT = IPS_DST_NAT, REPLY = IPS_SEEN_REPLY };

static enum flow_fate
fate(uint8_t proto, const char *dst, uint16_t port, const char *answers, int status)
{
	struct flow f = {
		.proto = proto,
		.status = (uint32_t)status,
		.dst = told_addr(dst),
		.dport = port,
		.reply_src = told_addr(answers),
		.reply_sport = status & DNAT ? 8080 : port,
	};

	return flows_fate(&flows, &f);
}

static bool
is_stale(uint8_t proto, const char *dst, uint16_t port, const char *answers, int status)
{
	return fate(proto, dst, port, answers, status) == FLOW_ENDS;
}

START_TEST(an_endpoint_that_goes_takes_its_flows_but_for_established_tcp)
{
	static const struct {
		uint8_t proto;
		const char *dst;
		uint16_t port;
		const char *answers;
		int status;
		bool stale;
	} cases[] = {
		{ IPPROTO_UDP, VIP, 53, "10.0.0.2", DNAT, true },
		{ IPPROTO_UDP, VIP, 53, "10.0.0.2", DNAT | REPLY, true },
		{ IPPROTO_UDP, VIP, 53, "10.0.0.1", DNAT | REPLY, false },
		{ IPPROTO_UDP, VIP, 54, "10.0.0.2", DNAT | REPLY, false },
		{ IPPROTO_UDP, "192.0.2.2", 53, "10.0.0.2", DNAT, false },
		{ IPPROTO_UDP, "10.0.0.2", 8080, "10.0.0.2", PLAIN, false },
		{ IPPROTO_SCTP, VIP, 53, "10.0.0.2", DNAT | REPLY, true },
		{ IPPROTO_TCP, VIP, 53, "10.0.0.2", DNAT, true },
		{ IPPROTO_TCP, VIP, 53, "10.0.0.2", DNAT | REPLY, false },
		{ IPPROTO_TCP, VIP, 53, "10.0.0.1", DNAT, false },
		{ IPPROTO_ICMP, VIP, 53, "10.0.0.2", DNAT, false },
	};

	change(IPPROTO_UDP, serve(two, 2, &node), serve(two, 1, &node));
	change(IPPROTO_TCP, serve(two, 2, &node), serve(two, 1, &node));
	change(IPPROTO_SCTP, serve(two, 2, &node), serve(two, 1, &node));
	ck_assert(flows_are_noted(&flows));
	flows_take(&flows);
	ck_assert(!flows_are_noted(&flows));
	ck_assert_ptr_nonnull(flows_only_address(&flows));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(is_stale(cases[i].proto, cases[i].dst, cases[i].port,
				  cases[i].answers, cases[i].status) == cases[i].stale,
		    "case %zu", i);
	flows_take(&flows); /* judged once */
	ck_assert(!is_stale(IPPROTO_UDP, VIP, 53, "10.0.0.2", DNAT));
	flows_fini(&flows);
}
END_TEST

START_TEST(the_last_endpoint_or_the_whole_port_may_go)
{
	change(IPPROTO_UDP, serve(two, 1, &node), serve(two, 0, &node));
	flows_take(&flows);
	ck_assert(is_stale(IPPROTO_UDP, VIP, 53, "10.0.0.1", DNAT | REPLY));
	change(IPPROTO_UDP, serve(two, 1, &node), NULL);
	flows_take(&flows);
	ck_assert(is_stale(IPPROTO_UDP, VIP, 53, "10.0.0.1", DNAT | REPLY));
	flows_fini(&flows);
}
END_TEST

START_TEST(a_port_that_begins_to_be_served_ends_what_went_elsewhere)
{
	change(IPPROTO_UDP, NULL, serve(two, 2, &node));
	change(IPPROTO_TCP, NULL, serve(two, 2, &node));
	flows_take(&flows);
	ck_assert(is_stale(IPPROTO_UDP, VIP, 53, VIP, PLAIN));
	ck_assert(!is_stale(IPPROTO_UDP, VIP, 53, "10.0.0.1", DNAT));
	/* The host's own daemon may have it (a static address). */
	ck_assert(!is_stale(IPPROTO_TCP, VIP, 53, VIP, PLAIN | REPLY));
	flows_fini(&flows);
}
END_TEST

START_TEST(where_others_forward_their_flows_stay)
{
	change(IPPROTO_UDP, serve(two, 2, &none), serve(two, 1, &none));
	change(IPPROTO_UDP, NULL, serve(two, 1, &none));
	ck_assert(!flows_are_noted(&flows));
	flows_fini(&flows);
}
END_TEST

/* keeps_tcp, held, proto, status: stale? */
START_TEST(an_address_that_moves_takes_its_flows)
{
	static const struct {
		bool keeps_tcp;
		enum held held;
		uint8_t proto;
		int status;
		bool stale;
	} cases[] = {
		{ false, HELD_LOST, IPPROTO_UDP, DNAT, true },
		{ false, HELD_LOST, IPPROTO_UDP, PLAIN, false },
		{ false, HELD_LOST, IPPROTO_TCP, DNAT, false },
		{ false, HELD_LOST, IPPROTO_SCTP, DNAT, false },
		{ true, HELD_LOST, IPPROTO_TCP, DNAT | REPLY, true },
		{ true, HELD_LOST, IPPROTO_TCP, PLAIN | REPLY, false },
		{ true, HELD_LOST, IPPROTO_ICMP, DNAT, false },
		{ false, HELD_GAINED, IPPROTO_UDP, PLAIN, true },
		{ false, HELD_GAINED, IPPROTO_UDP, DNAT, false },
		{ false, HELD_GAINED, IPPROTO_TCP, PLAIN, false },
		{ true, HELD_GAINED, IPPROTO_TCP, PLAIN, true },
		{ true, HELD_GAINED, IPPROTO_TCP, DNAT, false },
		{ true, HELD_ALREADY, IPPROTO_TCP, PLAIN, false },
		{ true, HELD_ALREADY, IPPROTO_UDP, DNAT, false },
	};
	struct ipaddr vip = told_addr(VIP);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		flows.keeps_tcp = cases[i].keeps_tcp;
		flows_hold(&flows, &vip, cases[i].held);
		flows_take(&flows);
		ck_assert_msg(is_stale(cases[i].proto, VIP, 1, "10.0.0.9",
				  cases[i].status) == cases[i].stale,
		    "case %zu", i);
		ck_assert(!is_stale(
		    cases[i].proto, "192.0.2.2", 1, "10.0.0.9", cases[i].status));
	}
	flows_fini(&flows);
}
END_TEST

START_TEST(with_source_nat_none_tcp_that_moves_with_its_address_is_relaxed)
{
	static const struct {
		enum held held;
		uint8_t proto;
		int status;
		enum flow_fate fate;
	} cases[] = {
		{ HELD_LOST, IPPROTO_TCP, DNAT | REPLY, FLOW_RELAXED },
		{ HELD_LOST, IPPROTO_TCP, PLAIN | REPLY, FLOW_STAYS },
		{ HELD_LOST, IPPROTO_UDP, DNAT | REPLY, FLOW_ENDS },
		{ HELD_LOST, IPPROTO_SCTP, DNAT | REPLY, FLOW_STAYS },
		{ HELD_GAINED, IPPROTO_TCP, DNAT | REPLY, FLOW_RELAXED },
		{ HELD_GAINED, IPPROTO_TCP, PLAIN | REPLY, FLOW_STAYS },
		{ HELD_ALREADY, IPPROTO_TCP, DNAT | REPLY, FLOW_STAYS },
	};
	struct ipaddr vip = told_addr(VIP);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		flows.relaxes_tcp = true;
		flows_hold(&flows, &vip, cases[i].held);
		flows_take(&flows);
		ck_assert_msg(fate(cases[i].proto, VIP, 1, "10.0.0.9", cases[i].status) ==
			cases[i].fate,
		    "case %zu", i);
		ck_assert_int_eq(
		    fate(cases[i].proto, "192.0.2.2", 1, "10.0.0.9", cases[i].status),
		    FLOW_STAYS);
	}
	flows.relaxes_tcp = false;
	flows_fini(&flows);
}
END_TEST

START_TEST(what_is_absent_counts_as_lost_unless_it_is_here)
{
	struct ipaddr here = told_addr(VIP), there = told_addr("192.0.2.2");

	flows_hold(&flows, &here, HELD_ALREADY);
	flows_absent(&flows, &here);
	flows_absent(&flows, &there);
	flows_take(&flows);
	ck_assert_ptr_null(flows_only_address(&flows));
	ck_assert(!is_stale(IPPROTO_UDP, VIP, 1, "10.0.0.9", DNAT));
	ck_assert(is_stale(IPPROTO_UDP, "192.0.2.2", 1, "10.0.0.9", DNAT));
	/* There and back before anybody looked: it is here. */
	flows_hold(&flows, &there, HELD_GAINED);
	flows_hold(&flows, &there, HELD_LOST);
	flows_hold(&flows, &there, HELD_GAINED);
	flows_take(&flows);
	ck_assert(ipaddr_eq(flows_only_address(&flows), &there));
	ck_assert(!is_stale(IPPROTO_UDP, "192.0.2.2", 1, "10.0.0.9", DNAT));
	flows_fini(&flows);
}
END_TEST

UNIT_MAIN("flows", an_endpoint_that_goes_takes_its_flows_but_for_established_tcp,
    the_last_endpoint_or_the_whole_port_may_go,
    a_port_that_begins_to_be_served_ends_what_went_elsewhere,
    where_others_forward_their_flows_stay, an_address_that_moves_takes_its_flows,
    with_source_nat_none_tcp_that_moves_with_its_address_is_relaxed,
    what_is_absent_counts_as_lost_unless_it_is_here)

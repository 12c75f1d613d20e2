/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is refused or in conflict, and that it takes nothing from others. */
#include "watcher/store.h"

#include "storeworld.h"
#include "watcher/wish.h"

/* S3 */
START_TEST(the_loser_of_a_port_learns_who_has_it_and_gets_it_when_they_go)
{
	setup();
	store_put_service(&store, service("late", "192.168.185.18", 20, 80, 0));
	ck_assert_uint_eq(look("late")->head.verdict, VERDICT_OK);
	clean_all();
	store_put_service(&store, service("early", "192.168.185.18", 10, 80, 0));
	ck_assert(is_dirty("late"));
	ck_assert_uint_eq(look("early")->head.verdict, VERDICT_OK);
	ck_assert_uint_eq(look("late")->head.verdict, VERDICT_CONFLICT);
	ck_assert_uint_eq(view.addresses[0].verdict, VERDICT_CONFLICT);
	ck_assert_str_eq(view.head.reason,
	    "192.168.185.18 port 80/TCP is default/early's, which came first; use "
	    "another port or address");
	clean_all();
	store_remove_service(&store, "default/early");
	ck_assert(is_dirty("late"));
	ck_assert_uint_eq(look("late")->head.verdict, VERDICT_OK);
	teardown();
}
END_TEST

START_TEST(one_port_in_conflict_leaves_the_others)
{
	setup();
	store_put_service(&store, service("early", "192.168.185.18", 10, 80, 0));
	store_put_service(&store, service("late", "192.168.185.18", 20, 80, 443));
	ck_assert_uint_eq(look("late")->head.verdict, VERDICT_OK);
	ck_assert_uint_eq(view.addresses[0].verdict, VERDICT_OK);
	ck_assert_uint_eq(view.ports[0].verdict, VERDICT_CONFLICT);
	ck_assert_uint_eq(view.ports[1].verdict, VERDICT_OK);
	ck_assert_ptr_nonnull(strstr(view.head.reason, "default/early"));
	teardown();
}
END_TEST

START_TEST(an_address_in_conflict_leaves_the_others)
{
	struct service_object *s = service("late", "192.168.185.18", 20, 80, 0);

	setup();
	s->external_ips = xreallocarray(s->external_ips, 2, sizeof(*s->external_ips));
	s->external_ips[s->n_external_ips++] = ip("192.168.185.19");
	store_put_service(&store, service("early", "192.168.185.18", 10, 80, 0));
	store_put_service(&store, s);
	ck_assert_uint_eq(look("late")->head.verdict, VERDICT_OK);
	ck_assert_uint_eq(view.addresses[0].verdict, VERDICT_CONFLICT);
	ck_assert_uint_eq(view.addresses[1].verdict, VERDICT_OK);
	ck_assert_uint_eq(view.ports[0].verdict, VERDICT_OK);
	teardown();
}
END_TEST

/* X1, X2 */
START_TEST(addresses_outside_the_fence_are_refused_with_the_remedy)
{
	setup();
	store_put_service(&store, service("a", "8.8.8.8", 1, 80, 0));
	ck_assert_uint_eq(look("a")->head.verdict, VERDICT_REFUSED);
	ck_assert_ptr_nonnull(strstr(view.head.reason, "8.8.8.8 is not in external_ips"));
	ck_assert_str_eq(view.addresses[0].instance, "");
	/* allowed, but no instance carries it */
	store_put_service(&store, service("b", "10.9.0.1", 1, 80, 0));
	ck_assert_uint_eq(look("b")->head.verdict, VERDICT_REFUSED);
	ck_assert_ptr_nonnull(strstr(view.head.reason, "service_addresses"));
	ck_assert(!claims_is_claimed(store.claims, &(struct ipaddr){ 0 }));
	teardown();
}
END_TEST

START_TEST(a_refused_address_takes_nothing_from_anybody)
{
	struct ipaddr addr = ip("8.8.8.8");

	setup();
	store_put_service(&store, service("a", "8.8.8.8", 1, 80, 0));
	ck_assert(!claims_is_claimed(store.claims, &addr));
	store_put_service(&store, service("b", "192.168.185.18", 2, 80, 0));
	store_put_slice(&store, with(slice("b1", "b", 80), "8.8.8.8", READY));
	ck_assert_str_eq(endpoints("b"), "8.8.8.8:8080");
	teardown();
}
END_TEST

START_TEST(changed_rules_judge_everything_again)
{
	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	clean_all();
	settings.n_external_ips = 0;
	store_resettle(&store);
	ck_assert(is_dirty("a"));
	ck_assert_uint_eq(look("a")->head.verdict, VERDICT_REFUSED);
	ck_assert(!claims_is_claimed(store.claims, &view.addresses[0].addr));
	teardown();
}
END_TEST

START_TEST(a_load_balancer_of_our_class_waits_for_an_address_and_others_are_told_why)
{
	static const struct {
		const char *class;
		bool pools, claim, opt_out, ingress;
		const char *mark;
		const char *ignored; /* why; NULL: it is not */
		bool forlorn;
	} cases[] = {
		{ .class = "vipd.io/vip" },
		{ .pools = true, .claim = true },
		{ "other.io/lb", .pools = true, .claim = true,
		    .ignored = "loadBalancerClass other.io/lb is not vipd's; create the "
			       "Service anew with loadBalancerClass vipd.io/vip",
		    .forlorn = true },
		{ "other.io/lb", .ingress = true,
		    .ignored = "loadBalancerClass other.io/lb is not vipd's; create" },
		{ .pools = true,
		    .ignored = "it has no loadBalancerClass and claim_unclassed is no; "
			       "create it anew with loadBalancerClass vipd.io/vip",
		    .forlorn = true },
		{ .claim = true,
		    .ignored = "no address_pool is configured; add one to vipd.conf",
		    .forlorn = true },
		{ .pools = true,
		    .claim = true,
		    .mark = "metallb.io/x",
		    .ignored = "vipd leaves it alone: metallb.io/x is another "
			       "controller's; give it loadBalancerClass, or remove that",
		    .forlorn = true },
		{ .pools = true,
		    .claim = true,
		    .ingress = true,
		    .ignored = "vipd leaves it alone: status.loadBalancer.ingress is "
			       "another controller's; give it loadBalancerClass" },
		{ .class = "vipd.io/vip",
		    .opt_out = true,
		    .ignored =
			"the annotation vipd.io/ignore keeps vipd away; remove it" },
	};

	setup();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct service_object *s = service("a", NULL, 1, 80, 0);

		s->flags = SERVICE_LOADBALANCER;
		s->wish = xcalloc(1, sizeof(*s->wish));
		s->class = cases[i].class ? xstrdup(cases[i].class) : NULL;
		settings.has_pools = cases[i].pools;
		settings.conf.claim_unclassed = cases[i].claim;
		s->wish->opt_out = cases[i].opt_out;
		s->wish->other = cases[i].mark ? xstrdup(cases[i].mark) : NULL;
		s->status.has_ingress = s->status.foreign_ingress = cases[i].ingress;
		store_put_service(&store, s);
		ck_assert_int_eq(look("a")->wanted, !cases[i].ignored);
		ck_assert_int_eq(view.ignored, cases[i].ignored != NULL);
		ck_assert_int_eq(!!(view.head.flags & SERVICE_FORLORN), cases[i].forlorn);
		if (cases[i].ignored) {
			ck_assert_uint_eq(view.head.verdict, VERDICT_IGNORED);
			ck_assert_msg(!strncmp(view.head.reason, cases[i].ignored,
					  strlen(cases[i].ignored)),
			    "%s", view.head.reason);
			ck_assert_uint_eq(view.n_addresses + view.n_ports, 0);
			continue;
		}
		ck_assert_uint_eq(view.head.verdict, VERDICT_PENDING);
		ck_assert_ptr_nonnull(strstr(view.head.reason,
		    cases[i].pools ? "with manifests" : "no address_pool"));
	}
	teardown();
}
END_TEST

START_TEST(a_malformed_service_is_told_as_such_and_serves_nothing)
{
	struct service_object *bad = service("a", NULL, 1, 0, 0);
	struct service_object *stranger = service("b", NULL, 1, 0, 0);

	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	bad->fault = xstrdup("spec.ports: an array expected");
	bad->asks = false;
	store_put_service(&store, bad);
	ck_assert(look("a")->wanted);
	ck_assert_uint_eq(view.head.verdict, VERDICT_INVALID);
	ck_assert_str_eq(view.head.reason, "spec.ports: an array expected");
	ck_assert_uint_eq(view.n_addresses, 0);
	/* One that never asked for anything is not our business. */
	stranger->fault = xstrdup("x");
	stranger->asks = false;
	store_put_service(&store, stranger);
	ck_assert_ptr_null(entry("b"));
	teardown();
}
END_TEST

START_TEST(a_malformed_slice_leaves_the_good_one)
{
	struct slice_object *bad = xcalloc(1, sizeof(*bad));
	void *list[1] = { bad };

	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	bad->key = xstrdup("default/a1");
	bad->malformed = true;
	store_replace_slices(&store, list, 1);
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080");
	store_replace_slices(&store, NULL, 0);
	ck_assert_str_eq(endpoints("a"), "");
	teardown();
}
END_TEST

UNIT_MAIN("store_refusals",
    the_loser_of_a_port_learns_who_has_it_and_gets_it_when_they_go,
    one_port_in_conflict_leaves_the_others, an_address_in_conflict_leaves_the_others,
    addresses_outside_the_fence_are_refused_with_the_remedy,
    a_refused_address_takes_nothing_from_anybody, changed_rules_judge_everything_again,
    a_load_balancer_of_our_class_waits_for_an_address_and_others_are_told_why,
    a_malformed_service_is_told_as_such_and_serves_nothing,
    a_malformed_slice_leaves_the_good_one)

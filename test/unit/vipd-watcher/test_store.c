/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h, view.h and endpoints.h together: what vipd is to be told of a Service. */
#include "watcher/store.h"

#include "storeworld.h"
#include "watcher/locality.h"

/* E12 */
START_TEST(a_service_and_its_slices_join_in_either_order)
{
	setup();
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080");

	store_put_service(&store, service("b", "192.168.185.19", 1, 80, 0));
	ck_assert_str_eq(endpoints("b"), "");
	store_put_slice(&store, with(slice("b1", "b", 80), "10.0.0.2", READY));
	ck_assert_str_eq(endpoints("b"), "10.0.0.2:8080");
	teardown();
}
END_TEST

START_TEST(a_service_that_begins_to_ask_later_has_its_slices)
{
	struct service_object *quiet = service("a", NULL, 1, 80, 0);

	setup();
	quiet->asks = false;
	store_put_service(&store, quiet);
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	ck_assert(!look("a")->wanted);
	clean_all();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080");
	teardown();
}
END_TEST

/* E7 */
START_TEST(an_endpoint_in_two_slices_is_one_and_survives_the_loss_of_either)
{
	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	store_put_slice(&store, with(slice("a2", "a", 80), "10.0.0.1", DYING));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080");
	store_remove_slice(&store, "default/a1");
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080/T");
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	store_remove_slice(&store, "default/a2");
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080");
	teardown();
}
END_TEST

/* E1 */
START_TEST(a_slice_whose_label_changes_leaves_one_service_and_joins_another)
{
	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_service(&store, service("b", "192.168.185.19", 1, 80, 0));
	store_put_slice(&store, with(slice("x", "a", 80), "10.0.0.1", READY));
	clean_all();
	store_put_slice(&store, with(slice("x", "b", 80), "10.0.0.1", READY));
	ck_assert(is_dirty("a") && is_dirty("b"));
	ck_assert_str_eq(endpoints("a"), "");
	ck_assert_str_eq(endpoints("b"), "10.0.0.1:8080");
	teardown();
}
END_TEST

/* E5 */
START_TEST(terminating_endpoints_serve_only_where_none_is_ready)
{
	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_slice(&store,
	    with(with(with(slice("a1", "a", 80), "10.0.0.3", DYING), "10.0.0.2", 0),
		"10.0.0.1", DYING));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080/T 10.0.0.3:8080/T");
	store_put_slice(&store, with(slice("a2", "a", 80), "10.0.0.4", READY));
	ck_assert_str_eq(endpoints("a"), "10.0.0.4:8080");
	teardown();
}
END_TEST

/* E5, S7 */
static struct node_object *
node(const char *name)
{
	struct node_object *n = xcalloc(1, sizeof(*n));

	str_copy(n->name, sizeof(n->name), name);
	return n;
}

START_TEST(local_policy_computes_the_local_ones_apart)
{
	struct service_object *s = service("a", "192.168.185.18", 1, 80, 0);

	setup();
	s->flags = SERVICE_LOCAL;
	store_put_service(&store, s);
	store_put_slice(&store,
	    with(with(slice("a1", "a", 80), "10.0.0.1", READY), "10.0.0.2",
		DYING | SLICE_LOCAL));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080 10.0.0.2:8080/LT");
	store_put_slice(
	    &store, with(slice("a2", "a", 80), "10.0.0.3", READY | SLICE_LOCAL));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080 10.0.0.3:8080/L");
	ck_assert_str_eq(look("a")->head.reason, "");
	nodes_put(&store.nodes, node("worker-b"));
	nodes_put(&store.nodes, node("worker-c"));
	store_find(&store, "default/a")->slices.lh_first->object->endpoints[0].node =
	    locality_of("worker-c");
	ck_assert_str_eq(look("a")->head.reason, "worker-c");
	teardown();
}
END_TEST

START_TEST(a_fallback_is_told_of_local_services_only)
{
	struct service_object *local = service("a", "192.168.185.18", 1, 80, 0);

	setup();
	local->flags = SERVICE_LOCAL;
	store_put_service(&store, local);
	store_put_service(&store, service("b", "192.168.185.19", 1, 80, 0));
	for (int fallback = LOCAL_FALLBACK_DROP; fallback <= LOCAL_FALLBACK_CLUSTER;
	     fallback++) {
		settings.conf.local_fallback = (uint8_t)fallback;
		view_build(&view, store_find(&store, "default/a"), &store);
		ck_assert_uint_eq(
		    view.head.flags, SERVICE_LOCAL | (fallback ? SERVICE_FALLBACK : 0));
		view_build(&view, store_find(&store, "default/b"), &store);
		ck_assert_uint_eq(view.head.flags, 0);
	}
	teardown();
}
END_TEST

/* E6 */
START_TEST(ports_join_by_name_whatever_their_number)
{
	struct slice_object *other = with(slice("a2", "a", 80), "10.0.0.2", READY);
	struct slice_object *any = with(slice("a3", "a", 80), "10.0.0.3", READY);

	setup();
	other->ports[0].port = 9090;
	any->ports[0].port = 0;
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 443));
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	store_put_slice(&store, other);
	store_put_slice(&store, any);
	store_put_slice(&store, with(slice("a4", "a", 443), "10.0.0.1", READY));
	ck_assert_str_eq(endpoints("a"), "10.0.0.1:8080 10.0.0.2:9090 10.0.0.1:8443");
	ck_assert_uint_eq(view.endpoints[2].port_index, 1);
	ck_assert_uint_eq(view.head.endpoints, 3);
	teardown();
}
END_TEST

/* E11 */
START_TEST(an_endpoint_that_is_a_vip_or_not_routable_is_dropped_and_named)
{
	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_slice(&store,
	    with(with(with(with(slice("a1", "a", 80), "192.168.185.18", READY),
			  "127.0.0.1", READY),
		     "169.254.0.1", READY),
		"192.168.185.40", READY));
	ck_assert_str_eq(endpoints("a"), "192.168.185.40:8080");
	ck_assert_uint_eq(view.n_dropped, 3);
	clean_all();
	/* Another Service claims the address of that endpoint. */
	store_put_service(&store, service("b", "192.168.185.40", 1, 80, 0));
	ck_assert(is_dirty("a"));
	ck_assert_str_eq(endpoints("a"), "");
	clean_all();
	store_remove_service(&store, "default/b");
	ck_assert(is_dirty("a"));
	ck_assert_str_eq(endpoints("a"), "192.168.185.40:8080");
	teardown();
}
END_TEST

/* L8 */
START_TEST(a_complete_list_replaces_what_it_does_not_name)
{
	void *list[2];

	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_service(&store, service("b", "192.168.185.19", 1, 80, 0));
	entry("a")->told = entry("b")->told = 1;
	clean_all();
	list[0] = service("b", "192.168.185.19", 1, 80, 0);
	list[1] = service("c", "192.168.185.20", 1, 80, 0);
	store_replace_services(&store, list, 2);
	ck_assert(!look("a")->wanted);
	ck_assert(look("b")->wanted);
	ck_assert(look("c")->wanted);
	/* "a" is forgotten only when it has been told. */
	clean_all();
	ck_assert_ptr_nonnull(entry("a"));
	entry("a")->told = 0;
	store_clean(&store, entry("a"));
	ck_assert_ptr_null(entry("a"));
	teardown();
}
END_TEST

/* I4 */
START_TEST(a_list_that_misses_more_than_half_of_ten_is_suspicious)
{
	static const struct {
		size_t held, missing;
		bool suspicious;
	} cases[] = {
		{ 0, 0, false },
		{ 9, 9, false },
		{ 10, 5, false },
		{ 10, 6, true },
		{ 11, 5, false },
		{ 11, 6, true },
		{ 1000, 1000, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_int_eq(store_is_suspicious(cases[i].held, cases[i].missing),
		    cases[i].suspicious);
}
END_TEST

START_TEST(what_a_list_misses_is_counted_in_addresses)
{
	void *list[1];
	size_t held, missing;

	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	store_put_service(&store, service("b", "192.168.185.19", 1, 80, 0));
	store_put_service(&store, service("c", "192.168.185.20", 1, 80, 0));
	list[0] = service("b", NULL, 1, 80, 0);
	store_compare_services(&store, list, 1, &held, &missing);
	ck_assert_uint_eq(held, 3);
	ck_assert_uint_eq(missing, 2);
	service_object_free(list[0]);
	teardown();
}
END_TEST

START_TEST(equal_views_hash_alike_and_every_part_counts)
{
	uint64_t first;

	setup();
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	first = view_hash(look("a"));
	ck_assert_uint_ne(first, 0);
	store_put_service(&store, service("a", "192.168.185.18", 1, 80, 0));
	ck_assert_uint_eq(view_hash(look("a")), first);
	store_put_slice(&store, with(slice("a1", "a", 80), "10.0.0.1", READY));
	ck_assert_uint_ne(view_hash(look("a")), first);
	store_remove_slice(&store, "default/a1");
	ck_assert_uint_eq(view_hash(look("a")), first);
	store_put_service(&store, service("a", "192.168.185.18", 1, 81, 0));
	ck_assert_uint_ne(view_hash(look("a")), first);
	store_put_service(&store, service("a", "192.168.185.19", 1, 80, 0));
	ck_assert_uint_ne(view_hash(look("a")), first);
	teardown();
}
END_TEST

UNIT_MAIN("store", a_service_and_its_slices_join_in_either_order,
    a_service_that_begins_to_ask_later_has_its_slices,
    an_endpoint_in_two_slices_is_one_and_survives_the_loss_of_either,
    a_slice_whose_label_changes_leaves_one_service_and_joins_another,
    terminating_endpoints_serve_only_where_none_is_ready,
    local_policy_computes_the_local_ones_apart, a_fallback_is_told_of_local_services_only,
    ports_join_by_name_whatever_their_number,
    an_endpoint_that_is_a_vip_or_not_routable_is_dropped_and_named,
    a_complete_list_replaces_what_it_does_not_name,
    a_list_that_misses_more_than_half_of_ten_is_suspicious,
    what_a_list_misses_is_counted_in_addresses,
    equal_views_hash_alike_and_every_part_counts)

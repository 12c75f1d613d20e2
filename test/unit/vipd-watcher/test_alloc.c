/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "allocworld.h"
#include "unit.h"

static struct alloc *a;
static struct pools *p;
static struct service_object *objects[20001];
static size_t n_objects;

static void
quiet(void *arg, const struct alloc_service *as)
{
	(void)arg;
	(void)as;
}

static void
begin(const char *text)
{
	a = alloc_new();
	p = pools_of(text);
	alloc_set_pools(a, p);
	alloc_lead(a, true);
}

static void
end(void)
{
	alloc_free(a);
	pools_free(p);
	while (n_objects)
		service_object_free(objects[--n_objects]);
}

static void
put(struct spec spec)
{
	objects[n_objects] = make_service(&spec);
	alloc_put(a, objects[n_objects++], true);
	alloc_run(a, quiet, NULL);
}

static const struct alloc_service *
find(const char *key)
{
	const struct alloc_service *as = alloc_find(a, key);

	ck_assert_ptr_nonnull(as);
	return as;
}

/* "A B" as held, or the reason why nothing is. */
static const char *
got(const char *name)
{
	static char text[256];
	char key[SERVICE_KEY_LEN], one[IPADDR_STRLEN];
	struct ipaddr held[POOL_FAMILIES];
	const struct alloc_service *as;
	size_t n;

	snprintf(key, sizeof(key), strchr(name, '/') ? "%s" : "default/%s", name);
	as = find(key);
	n = alloc_held(as, held);
	snprintf(text, sizeof(text), "%s", n ? "" : as->why);
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
		    i ? " " : "", ipaddr_format(&held[i], one));
	return text;
}

#define THREE "address_pool a { addresses { 192.0.2.1-192.0.2.3 } }"

START_TEST(addresses_come_in_order_and_the_oldest_is_first)
{
	begin(THREE);
	alloc_lead(a, false);
	put((struct spec){ .name = "young", .created = 9 });
	put((struct spec){ .name = "old", .created = 1 });
	ck_assert_int_eq(find("default/old")->verdict, ALLOC_UNDECIDED);
	alloc_lead(a, true);
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("old"), "192.0.2.1");
	ck_assert_str_eq(got("young"), "192.0.2.2");
	end();
}
END_TEST

START_TEST(a_full_pool_says_so_and_the_next_free_address_goes_to_the_oldest)
{
	begin(THREE);
	put((struct spec){ .name = "a" });
	put((struct spec){ .name = "b" });
	put((struct spec){ .name = "c" });
	put((struct spec){ .name = "late", .created = 7 });
	put((struct spec){ .name = "later", .created = 8 });
	ck_assert_int_eq(find("default/late")->verdict, ALLOC_WAITS);
	ck_assert_str_eq(got("late"),
	    "address_pool a has no free IPv4 address: 0 of 3 are free; add some to it, "
	    "or delete a Service");
	alloc_remove(a, "default/b");
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("late"), "192.0.2.2");
	ck_assert_int_eq(find("default/later")->verdict, ALLOC_WAITS);
	end();
}
END_TEST

START_TEST(a_released_address_is_the_last_to_be_used_again)
{
	static const char *const order[] = { "192.0.2.2", "192.0.2.3", "192.0.2.1" };

	begin(THREE);
	put((struct spec){ .name = "a" });
	for (size_t i = 0; i < 3; i++) {
		alloc_remove(a, "default/a");
		put((struct spec){ .name = "a" });
		ck_assert_str_eq(got("a"), order[i]);
	}
	end();
	/* Also where another one leads: the statuses' times tell. */
	begin(THREE);
	put((struct spec){ .name = "a",
	    .has = { ip("192.0.2.2") },
	    .n_has = 1,
	    .since = "2026-01-01T00:00:05Z" });
	put((struct spec){ .name = "b",
	    .has = { ip("192.0.2.3") },
	    .n_has = 1,
	    .since = "2026-01-01T00:00:04Z" });
	alloc_remove(a, "default/b");
	put((struct spec){ .name = "c" });
	ck_assert_str_eq(got("c"), "192.0.2.3");
	end();
}
END_TEST

START_TEST(a_service_has_what_it_asks_for_or_hears_why_not)
{
	static const struct {
		struct spec spec;
		enum alloc_verdict verdict;
		const char *got;
	} cases[] = {
		{ { .wants = "192.0.2.70" }, ALLOC_DONE, "192.0.2.70" },
		{ { .wants = "198.51.100.1" }, ALLOC_REFUSED,
		    "198.51.100.1 is in no address_pool; ask for another, or for none" },
		{ { .wants = "192.0.2.5" }, ALLOC_CONFLICT,
		    "192.0.2.5 is default/has's" },
		{ { .wants = "192.0.2.6" }, ALLOC_CONFLICT,
		    "192.0.2.6 is a node's, a router's or an endpoint's address, or an "
		    "external IP" },
		{ { .wants = "192.0.2.9" }, ALLOC_REFUSED,
		    "address_pool first does not hand out 192.0.2.9; ask for another" },
		{ { .wants = "192.0.3.0" }, ALLOC_REFUSED,
		    "address_pool far does not hand out 192.0.3.0; ask for another" },
		{ { .wants = "192.0.4.255" }, ALLOC_DONE, "192.0.4.255" },
		{ { .wants = "192.0.2.70", .pool = "first" }, ALLOC_REFUSED,
		    "192.0.2.70 is not of address_pool first" },
		{ { .pool = "second" }, ALLOC_DONE, "192.0.2.64" },
		{ { .pool = "gone" }, ALLOC_REFUSED,
		    "there is no address_pool gone; correct vipd.io/address-pool, or "
		    "remove it" },
		{ { .pool = "labelled" }, ALLOC_REFUSED,
		    "address_pool labelled is not for this Service (its namespaces, "
		    "service_selector)" },
		{ { .pool = "labelled", .label = "x" }, ALLOC_DONE, "192.0.5.1" },
		{ { .pool = "labelled", .label = "x", .ns = "other" }, ALLOC_REFUSED,
		    "address_pool labelled is not for this Service (its namespaces, "
		    "service_selector)" },
		{ { .families = { AF_INET6 } }, ALLOC_DONE, "2001:db8::1" },
		{ { .families = { AF_INET6 }, .pool = "first" }, ALLOC_REFUSED,
		    "address_pool first has no IPv6 addresses; add some to it, or change "
		    "ipFamilyPolicy" },
		{ { .families = { AF_INET6, AF_INET }, .policy = REQUIRE_DUAL_STACK },
		    ALLOC_DONE, "2001:db8::1 192.0.2.7" },
		{ { .families = { AF_INET, AF_INET6 },
		      .policy = PREFER_DUAL_STACK,
		      .pool = "first" },
		    ALLOC_REFUSED, "192.0.2.7" },
		{ { .families = { AF_INET, AF_INET6 },
		      .policy = REQUIRE_DUAL_STACK,
		      .pool = "first" },
		    ALLOC_REFUSED,
		    "address_pool first has no IPv6 addresses; add some to it, or change "
		    "ipFamilyPolicy" },
		{ { .families = { AF_INET, AF_INET6 },
		      .policy = PREFER_DUAL_STACK,
		      .wants = "2001:db8::9" },
		    ALLOC_DONE, "192.0.2.7 2001:db8::9" },
		{ { .bad = "a slip" }, ALLOC_REFUSED, "a slip" },
		{ { .deleting = true }, ALLOC_DONE, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ipaddr reserved = ip("192.0.2.6");
		struct spec spec = cases[i].spec;
		char key[80];

		begin("address_pool first { addresses { 192.0.2.5-192.0.2.10 } exclude { "
		      "192.0.2.8-192.0.2.9 } }"
		      "address_pool second { auto_assign no addresses { 192.0.2.64/28 } }"
		      "address_pool far { auto_assign no addresses { 192.0.3.0/24 "
		      "192.0.4.255 } }"
		      "address_pool labelled { auto_assign no addresses { 192.0.5.0/24 } "
		      "namespaces { def* } service_selector { app=x } }"
		      "address_pool six { addresses { 2001:db8::/64 } }");
		put((struct spec){ .name = "has" });
		ck_assert_str_eq(got("has"), "192.0.2.5");
		alloc_reserve(a, &reserved);
		spec.name = "case";
		put(spec);
		snprintf(key, sizeof(key), "%s/case", spec.ns ? spec.ns : "default");
		ck_assert_str_eq(got(key), cases[i].got);
		ck_assert_msg(find(key)->verdict == cases[i].verdict, "case %zu", i);
		end();
	}
}
END_TEST

START_TEST(services_of_one_key_share_where_their_ports_differ)
{
	begin(THREE);
	put((struct spec){ .name = "a", .sharing = "k", .port = 80 });
	put((struct spec){ .name = "b", .sharing = "k", .port = 443 });
	put((struct spec){ .name = "same", .sharing = "k", .port = 80 });
	put((struct spec){ .name = "key", .sharing = "l", .port = 53 });
	put((struct spec){ .name = "a", .ns = "other", .sharing = "k", .port = 53 });
	ck_assert_str_eq(got("a"), "192.0.2.1");
	ck_assert_str_eq(got("b"), "192.0.2.1");
	ck_assert_str_eq(got("same"), "192.0.2.2");
	ck_assert_str_eq(got("key"), "192.0.2.3");
	ck_assert_str_eq(got("other/a"),
	    "address_pool a has no free IPv4 address: 0 of 3 are free; add some to it, "
	    "or delete a Service");
	/* It goes only with the last of them. */
	alloc_remove(a, "default/a");
	alloc_run(a, quiet, NULL);
	ck_assert_int_eq(find("other/a")->verdict, ALLOC_WAITS);
	alloc_remove(a, "default/b");
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("other/a"), "192.0.2.1");
	/* Who changes so that they clash is the one that goes. */
	put((struct spec){ .name = "key", .sharing = "k", .port = 443 });
	put((struct spec){
	    .name = "key", .wants = "192.0.2.2", .sharing = "k", .port = 443 });
	ck_assert_str_eq(got("key"), "192.0.2.2");
	put((struct spec){ .name = "key", .sharing = "k", .port = 80 });
	ck_assert_str_eq(got("same"), "192.0.2.2");
	ck_assert_str_eq(got("key"), "192.0.2.3");
	end();
}
END_TEST

START_TEST(a_namespace_has_no_more_than_its_limit)
{
	begin("address_pool a { addresses { 192.0.2.1-192.0.2.9 } limit_per_namespace 2 }"
	      "address_pool b { auto_assign no addresses { 192.0.2.64/28 } }");
	put((struct spec){ .name = "a", .sharing = "k", .port = 1 });
	put((struct spec){ .name = "b" });
	put((struct spec){ .name = "shares", .sharing = "k", .port = 2 });
	put((struct spec){ .name = "c" });
	put((struct spec){ .name = "wants", .wants = "192.0.2.9" });
	put((struct spec){ .name = "c", .ns = "other" });
	ck_assert_str_eq(got("shares"), "192.0.2.1");
	ck_assert_str_eq(got("c"),
	    "namespace default holds 2 addresses of address_pool a, its "
	    "limit_per_namespace; raise it, or delete a Service");
	ck_assert_int_eq(find("default/wants")->verdict, ALLOC_WAITS);
	ck_assert_str_eq(got("other/c"), "192.0.2.3");
	alloc_remove(a, "default/b");
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("c"), "192.0.2.4");
	end();
}
END_TEST

START_TEST(what_a_service_has_outlives_its_pool)
{
	struct pools *smaller = pools_of("address_pool a { addresses { 192.0.2.3 } }");

	begin(THREE);
	put((struct spec){ .name = "a" });
	put((struct spec){ .name = "b" });
	alloc_set_pools(a, smaller);
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("a"), "192.0.2.1");
	ck_assert_str_eq(got("b"), "192.0.2.2");
	put((struct spec){ .name = "c" });
	put((struct spec){ .name = "d" });
	ck_assert_str_eq(got("c"), "192.0.2.3");
	ck_assert_int_eq(find("default/d")->verdict, ALLOC_WAITS);
	alloc_remove(a, "default/a");
	alloc_run(a, quiet, NULL);
	ck_assert_int_eq(find("default/d")->verdict, ALLOC_WAITS);
	end();
	pools_free(smaller);
}
END_TEST

/* Nobody sees it at two Services: it is free when the status says so. */
START_TEST(an_address_that_is_given_up_lingers_until_its_status_is_clean)
{
	begin("address_pool a { addresses { 192.0.2.1-192.0.2.2 } }");
	put((struct spec){ .name = "a", .has = { ip("192.0.2.1") }, .n_has = 1 });
	put((struct spec){ .name = "b", .has = { ip("192.0.2.2") }, .n_has = 1 });
	put((struct spec){ .name = "c" });
	alloc_put(a, find("default/a")->object, false); /* another class */
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("a"), "");
	ck_assert_int_eq(find("default/c")->verdict, ALLOC_WAITS);
	put((struct spec){ .name = "a", .uid = "a" });
	alloc_put(a, find("default/a")->object, false);
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("c"), "192.0.2.1");
	end();
}
END_TEST

START_TEST(an_ingress_of_somebody_else_is_not_adopted)
{
	begin(THREE);
	put((struct spec){
	    .name = "a", .has = { ip("192.0.2.2") }, .n_has = 1, .foreign = true });
	ck_assert_str_eq(got("a"), "192.0.2.1");
	end();
}
END_TEST

START_TEST(the_same_name_with_another_uid_is_another_service)
{
	begin(THREE);
	put((struct spec){ .name = "a" });
	put((struct spec){ .name = "a", .uid = "other" });
	ck_assert_str_eq(got("a"), "192.0.2.2");
	end();
}
END_TEST

START_TEST(half_of_what_must_be_both_is_given_back_as_if_never_taken)
{
	begin(THREE);
	put((struct spec){ .name = "both",
	    .families = { AF_INET, AF_INET6 },
	    .policy = REQUIRE_DUAL_STACK });
	ck_assert_str_eq(got("both"),
	    "address_pool a has no IPv6 addresses; add some to it, or change "
	    "ipFamilyPolicy");
	put((struct spec){ .name = "one" });
	ck_assert_str_eq(got("one"), "192.0.2.1");
	end();
}
END_TEST

/* Ten thousand, also where the pool has just room for them. */
START_TEST(ten_thousand_services_are_no_work)
{
	char name[16];

	begin("address_pool a { addresses { 10.0.0.0-10.0.39.143 } }");
	ck_assert_uint_lt(p->items[0].size[POOL_IPV4], 10240);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "s%05d", i);
		objects[n_objects] =
		    make_service(&(struct spec){ .name = name, .created = i });
		alloc_put(a, objects[n_objects++], true);
	}
	alloc_run(a, quiet, NULL);
	ck_assert_str_eq(got("s00000"), "10.0.0.1");
	ck_assert_int_eq(find("default/s19999")->verdict, ALLOC_WAITS);
	ck_assert_uint_eq(alloc_used(a, 0, POOL_IPV4), p->items[0].size[POOL_IPV4]);
	end();
}
END_TEST

UNIT_MAIN("alloc", addresses_come_in_order_and_the_oldest_is_first,
    a_full_pool_says_so_and_the_next_free_address_goes_to_the_oldest,
    a_released_address_is_the_last_to_be_used_again,
    a_service_has_what_it_asks_for_or_hears_why_not,
    services_of_one_key_share_where_their_ports_differ,
    a_namespace_has_no_more_than_its_limit, what_a_service_has_outlives_its_pool,
    an_address_that_is_given_up_lingers_until_its_status_is_clean,
    an_ingress_of_somebody_else_is_not_adopted,
    the_same_name_with_another_uid_is_another_service,
    half_of_what_must_be_both_is_given_back_as_if_never_taken,
    ten_thousand_services_are_no_work)

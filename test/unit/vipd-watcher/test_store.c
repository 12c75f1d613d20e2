/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store.h, view.h and endpoints.h together: what vipd is told of a Service. */
#include "watcher/store.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "unit.h"
#include "watcher/locality.h"
#include "watcher/settings.h"
#include "watcher/view.h"
#include "watcher/wish.h"

static struct settings settings;
static struct store store;
static struct view view;

static struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert_msg(ipaddr_parse(text, &addr), "%s", text);
	return addr;
}

static void
setup(void)
{
	static struct iprange allowed[2], lan;
	static struct placement_instance edge = { .name = "edge", .vrid = 87 };

	ck_assert(iprange_parse("192.168.185.18-192.168.185.60", &allowed[0]));
	ck_assert(iprange_parse("10.9.0.0/24", &allowed[1]));
	ck_assert(iprange_parse("192.168.185.0/24", &lan));
	edge.ranges = &lan;
	edge.n_ranges = 1;
	settings = (struct settings){
		.external_ips = allowed,
		.n_external_ips = 2,
		.instances = &edge,
		.n_instances = 1,
	};
	str_copy(settings.conf.class, sizeof(settings.conf.class), "vipd.io/vip");
	store_init(&store, &settings);
}

static void
teardown(void)
{
	store_fini(&store);
	view_fini(&view);
}

/* "80" or "80,443" on one address; all TCP, named p80, p443. */
static struct service_object *
service(const char *name, const char *addr, int64_t created, int port, int port2)
{
	struct service_object *s = xcalloc(1, sizeof(*s));

	strcpy(s->id.ns, "default");
	str_copy(s->id.name, sizeof(s->id.name), name);
	s->created = created;
	s->asks = true;
	if (addr) {
		s->external_ips = xcalloc(1, sizeof(*s->external_ips));
		s->external_ips[s->n_external_ips++] = ip(addr);
	}
	s->ports = xcalloc(2, sizeof(*s->ports));
	for (int p = port; p; p = p == port ? port2 : 0) {
		s->ports[s->n_ports++] = (struct service_port){
			.port = (uint16_t)p,
			.proto = IPPROTO_TCP,
			.name = xasprintf("p%d", p),
		};
	}
	return s;
}

static struct slice_object *
slice(const char *name, const char *of, int port)
{
	struct slice_object *s = xcalloc(1, sizeof(*s));

	s->key = xasprintf("default/%s", name);
	s->service = xasprintf("default/%s", of);
	s->ports = xcalloc(1, sizeof(*s->ports));
	s->n_ports = 1;
	s->ports[0] = (struct slice_port){
		.port = (uint16_t)(port + 8000),
		.proto = IPPROTO_TCP,
		.name = xasprintf("p%d", port),
	};
	s->endpoints = xcalloc(8, sizeof(*s->endpoints));
	return s;
}

static struct slice_object *
with(struct slice_object *s, const char *addr, uint32_t flags)
{
	s->endpoints[s->n_endpoints++] =
	    (struct slice_endpoint){ .addr = ip(addr), .flags = flags };
	return s;
}

#define READY (SLICE_READY | SLICE_SERVING)
#define DYING (SLICE_SERVING | SLICE_TERMINATING)

static struct store_entry *
entry(const char *name)
{
	char key[SERVICE_KEY_LEN];
	struct store_entry *e;

	snprintf(key, sizeof(key), "default/%s", name);
	HASH_FIND(hh, store.entries, key, strlen(key), e);
	return e;
}

static const struct view *
look(const char *name)
{
	struct store_entry *e = entry(name);

	store_settle(&store);
	ck_assert_ptr_nonnull(e);
	view_build(&view, e, &store);
	return &view;
}

/* "10.0.0.1:8080 10.0.0.2:8080/L" with L local, T terminating. */
static const char *
endpoints(const char *name)
{
	static char text[2048];
	const struct view *v = look(name);
	char addr[IPADDR_STRLEN];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->n_endpoints; i++) {
		const struct msg_service_endpoint *ep = &v->endpoints[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%u%s%s%s",
		    i ? " " : "", ipaddr_format(&ep->addr, addr), ep->port,
		    ep->flags ? "/" : "", ep->flags & ENDPOINT_LOCAL ? "L" : "",
		    ep->flags & ENDPOINT_TERMINATING ? "T" : "");
	}
	return text;
}

static void
clean_all(void)
{
	struct store_entry *e, *next;

	store_settle(&store);
	for (e = TAILQ_FIRST(&store.dirty); e; e = next) {
		next = TAILQ_NEXT(e, of_dirty);
		store_clean(&store, e);
	}
}

static bool
is_dirty(const char *name)
{
	store_settle(&store);
	return entry(name) && entry(name)->dirty;
}

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
    the_loser_of_a_port_learns_who_has_it_and_gets_it_when_they_go,
    one_port_in_conflict_leaves_the_others, an_address_in_conflict_leaves_the_others,
    addresses_outside_the_fence_are_refused_with_the_remedy,
    a_refused_address_takes_nothing_from_anybody, changed_rules_judge_everything_again,
    a_load_balancer_of_our_class_waits_for_an_address_and_others_are_told_why,
    a_malformed_service_is_told_as_such_and_serves_nothing,
    a_malformed_slice_leaves_the_good_one, a_complete_list_replaces_what_it_does_not_name,
    a_list_that_misses_more_than_half_of_ten_is_suspicious,
    what_a_list_misses_is_counted_in_addresses,
    equal_views_hash_alike_and_every_part_counts)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole configurations from text: values, defaults, equality, bounds. What is
 * refused and how it is said is in test/golden/conf. */
#include "conf.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "conf_problem.h"
#include "mem.h"
#include "unit.h"

static struct conf *
load(const char *text)
{
	struct conf_problems ps = { 0 };
	struct conf *conf = conf_load_text("f", text, strlen(text), "node", &ps);

	ck_assert_msg(conf != NULL, "%s", ps.count ? ps.items[0].text : "");
	conf_problems_free(&ps);
	return conf;
}

static char *
print(const struct conf *conf)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_print(conf, out);
	fclose(out);
	return text;
}

#define HEAD "vrrp_instance a { interface eth0 virtual_router_id 7 "
#define STATIC HEAD "virtual_ipaddress { 192.0.2.1/24 } "
#define SERVICES "services { }\n"

START_TEST(an_instance_has_keepaliveds_defaults)
{
	struct conf *conf = load(STATIC "}");
	const struct conf_instance *in = &conf->instances[0];

	ck_assert_uint_eq(conf->n_instances, 1);
	ck_assert_str_eq(in->name, "a");
	ck_assert_str_eq(in->interface, "eth0");
	ck_assert_uint_eq(in->vrid, 7);
	ck_assert_uint_eq(in->family, AF_INET);
	ck_assert_uint_eq(in->version, 2);
	ck_assert_uint_eq(in->priority, 100);
	ck_assert_uint_eq(in->advert_us, 1000000);
	ck_assert(!in->state_master && in->preempt && !in->checksum_as_v2);
	ck_assert_uint_eq(in->preempt_delay_us, 0);
	ck_assert_uint_eq(in->garp_delay_us, 5000000);
	ck_assert_uint_eq(in->garp_repeat, 5);
	ck_assert_uint_eq(in->garp_refresh_us, 0);
	ck_assert_uint_eq(in->garp_refresh_repeat, 1);
	ck_assert_uint_eq(in->garp_lower_prio_delay_us, 5000000);
	ck_assert_uint_eq(in->garp_lower_prio_repeat, 5);
	ck_assert_uint_eq(in->garp_interval_us, 0);
	ck_assert_uint_eq(in->gna_interval_us, 0);
	ck_assert_uint_eq(in->auth_type, VRRP_AUTH_NONE);
	ck_assert_uint_eq(in->unicast_src.family, 0);
	ck_assert(!in->wants_services && !conf->services.present);
	ck_assert_uint_eq(in->addresses[0].prefixlen, 24);
	conf_free(conf);
}
END_TEST

START_TEST(an_instance_of_services_only_has_vipds_defaults)
{
	struct conf *conf = load(HEAD "service_addresses }" SERVICES);
	const struct conf_instance *in = &conf->instances[0];

	ck_assert_uint_eq(in->version, 3);
	ck_assert_uint_eq(in->advert_us, 200000);
	ck_assert_uint_eq(in->garp_refresh_us, 60000000);
	ck_assert(!in->preempt && in->wants_services);
	ck_assert_uint_eq(in->service_ranges.count, 0);
	conf_free(conf);
}
END_TEST

/* One value of the only instance after a text. */
enum value { VERSION, FAMILY, ADVERT_US, PREEMPT, REFRESH_S, REPEAT, LOWER_REPEAT };

static uint32_t
value_of(const struct conf_instance *in, enum value what)
{
	switch (what) {
	case VERSION:
		return in->version;
	case FAMILY:
		return in->family;
	case ADVERT_US:
		return in->advert_us;
	case PREEMPT:
		return in->preempt;
	case REFRESH_S:
		return in->garp_refresh_us / 1000000;
	case REPEAT:
		return in->garp_repeat;
	case LOWER_REPEAT:
		return in->garp_lower_prio_repeat;
	}
	return 0;
}

START_TEST(what_is_not_said_follows_from_what_is)
{
	static const struct {
		const char *text;
		enum value what;
		uint32_t is;
	} cases[] = {
		{ "global_defs { vrrp_version 3 }" STATIC "}", VERSION, 3 },
		{ STATIC "} global_defs { vrrp_version 3 }", VERSION, 3 },
		{ "global_defs { vrrp_version 3 }" STATIC "version 2 }", VERSION, 2 },
		{ "global_defs { vrrp_version 2 }" HEAD "virtual_ipaddress { fe80::1 } }",
		    VERSION, 3 },
		{ HEAD "virtual_ipaddress { fe80::1 } }", FAMILY, AF_INET6 },
		{ HEAD "virtual_ipaddress_excluded { 10.0.0.1 } "
		       "virtual_ipaddress { fe80::1 } }",
		    FAMILY, AF_INET6 },
		{ HEAD "virtual_ipaddress_excluded { fe80::1 } }", FAMILY, AF_INET6 },
		{ HEAD "service_addresses }" SERVICES, FAMILY, AF_INET },
		{ HEAD "family ipv6 service_addresses }" SERVICES, FAMILY, AF_INET6 },
		{ HEAD "family ipv6 service_addresses }" SERVICES, VERSION, 3 },
		{ "global_defs { vrrp_version 2 }" HEAD "service_addresses }" SERVICES,
		    VERSION, 2 },
		{ HEAD "version 2 service_addresses }" SERVICES, ADVERT_US, 1000000 },
		{ HEAD "advert_int 3 service_addresses }" SERVICES, ADVERT_US, 3000000 },
		{ HEAD "preempt service_addresses }" SERVICES, PREEMPT, true },
		{ HEAD "priority 255 service_addresses }" SERVICES, PREEMPT, true },
		{ STATIC "service_addresses }" SERVICES, PREEMPT, true },
		{ STATIC "service_addresses }" SERVICES, VERSION, 2 },
		{ STATIC "nopreempt }", PREEMPT, false },
		{ STATIC "nopreempt state MASTER }", PREEMPT, true },
		{ "global_defs { vrrp_garp_master_refresh 7 }" HEAD
		  "service_addresses }" SERVICES,
		    REFRESH_S, 7 },
		{ HEAD "garp_master_refresh 0 service_addresses }" SERVICES, REFRESH_S,
		    0 },
		{ "global_defs { vrrp_garp_master_repeat 2 }" STATIC "}", REPEAT, 2 },
		{ "global_defs { vrrp_garp_master_repeat 2 }" STATIC "}", LOWER_REPEAT,
		    2 },
		{ "global_defs { vrrp_garp_master_repeat 2 "
		  "vrrp_garp_lower_prio_repeat 0 }" STATIC "}",
		    LOWER_REPEAT, 0 },
		{ "global_defs { vrrp_garp_master_repeat 2 }" STATIC
		  "garp_master_repeat 3 }",
		    REPEAT, 3 },
		{ "@node global_defs { vrrp_version 3 }\n@other x\n" STATIC "}", VERSION,
		    3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf *conf = load(cases[i].text);

		ck_assert_msg(value_of(&conf->instances[0], cases[i].what) == cases[i].is,
		    "case %zu: %u", i, value_of(&conf->instances[0], cases[i].what));
		conf_free(conf);
	}
}
END_TEST

START_TEST(services_have_their_defaults)
{
	struct conf *conf = load(HEAD "service_addresses } services {}");
	const struct conf_services *s = &conf->services;

	ck_assert(s->present && !s->claim_unclassed);
	ck_assert_str_eq(s->manifests, SYSCONFDIR "/vipd/services.d");
	ck_assert_str_eq(s->kubeconfig, "");
	ck_assert_str_eq(s->node_name, "");
	ck_assert_str_eq(s->load_balancer_class, "vipd.io/vip");
	ck_assert_uint_eq(s->startup_wait_us, 5000000);
	ck_assert_int_eq(conf->forwarding.mode, FORWARD_AUTO);
	ck_assert_int_eq(conf->forwarding.source_nat, SOURCE_NAT_NODE);
	conf_free(conf);

	conf = load(HEAD "service_addresses } services { address_pool p { addresses "
			 "{ 192.0.2.1 } } }");
	ck_assert(conf->services.claim_unclassed);
	conf_free(conf);
}
END_TEST

/* In each instance all candidates differ by 10 or more, and each of them is
 * the highest in one. */
START_TEST(automatic_priorities_rotate_over_the_candidates)
{
	static const char *const nodes[] = { "a", "b", "c" };
	int priority[3][3];

	for (int node = 0; node < 3; node++) {
		_free_ char *text = xasprintf(
		    "vrrp_instance e { interface eth0 virtual_router_id 87-89 priority "
		    "auto candidates { a b.example.org c } service_addresses } "
		    "services { node_name %s }",
		    node == 1 ? "b.example.org" : nodes[node]);
		struct conf *conf = load(text);

		ck_assert_uint_eq(conf->n_instances, 3);
		ck_assert_str_eq(conf->instances[2].name, "e-89");
		for (int i = 0; i < 3; i++)
			priority[node][i] = conf->instances[i].priority;
		conf_free(conf);
	}
	for (int i = 0; i < 3; i++) {
		int highest = 0;

		for (int node = 0; node < 3; node++) {
			highest += priority[node][i] == 250;
			ck_assert_int_ge(priority[node][i], 50);
			for (int other = 0; other < node; other++)
				ck_assert_int_ge(
				    abs(priority[node][i] - priority[other][i]), 10);
		}
		ck_assert_int_eq(highest, 1);
	}
	for (int node = 0; node < 3; node++)
		ck_assert_int_eq(
		    priority[node][0] + priority[node][1] + priority[node][2],
		    250 + 240 + 230);
}
END_TEST

START_TEST(a_node_that_is_no_candidate_stands_aside)
{
	struct conf *conf = load(HEAD "candidates { x node.example.org } "
				      "service_addresses } services {}");

	ck_assert(!conf->instances[0].stands_aside);
	conf_free(conf);
	conf = load(HEAD "candidates { x nodes } service_addresses } services {}");
	ck_assert(conf->instances[0].stands_aside);
	conf_free(conf);
}
END_TEST

START_TEST(blocks_add_up)
{
	struct conf *conf =
	    load(HEAD "virtual_ipaddress { 192.0.2.1 } virtual_ipaddress { 192.0.2.2 } "
		      "service_addresses { 10.0.0.0/8 } service_addresses { 11.0.0.1 } }"
		      "global_defs { router_id x } global_defs { vrrp_version 3 }"
		      "services { external_ips { 10.0.0.1 } } services { external_ips "
		      "{ 10.0.0.2 10.0.0.3 } address_pool p { addresses { 10.0.1.1 } } }"
		      "services { address_pool p { addresses { 10.0.1.2 } } }");

	ck_assert_uint_eq(conf->instances[0].n_addresses, 2);
	ck_assert_uint_eq(conf->instances[0].service_ranges.count, 2);
	ck_assert_uint_eq(conf->instances[0].version, 3);
	ck_assert_str_eq(conf->router_id, "x");
	ck_assert_uint_eq(conf->services.external_ips.count, 3);
	ck_assert_uint_eq(conf->services.n_pools, 1);
	ck_assert_uint_eq(conf->services.pools[0].ranges.count, 2);
	conf_free(conf);
}
END_TEST

START_TEST(addresses_have_options_on_one_line_or_many)
{
	struct conf *conf = load(
	    HEAD "virtual_ipaddress {\n 192.0.2.1/24 dev eth1 label eth1:1 brd +\n"
		 " 192.0.2.2 brd 192.0.2.255 scope global 192.0.2.3/32 192.0.2.4 brd -\n"
		 "} unicast_peer { 192.0.2.8 min_ttl 255 192.0.2.9 max_ttl 9 } }");
	const struct conf_instance *in = &conf->instances[0];
	char buf[IPADDR_STRLEN];

	ck_assert_uint_eq(in->n_addresses, 4);
	ck_assert_str_eq(in->addresses[0].dev, "eth1");
	ck_assert_str_eq(in->addresses[0].label, "eth1:1");
	ck_assert_str_eq(ipaddr_format(&in->addresses[0].broadcast, buf), "192.0.2.255");
	ck_assert_str_eq(ipaddr_format(&in->addresses[1].broadcast, buf), "192.0.2.255");
	ck_assert_str_eq(in->addresses[1].dev, "");
	ck_assert_uint_eq(in->addresses[1].prefixlen, 32);
	ck_assert(!in->addresses[3].has_broadcast);
	ck_assert_uint_eq(in->n_peers, 2);
	ck_assert(in->peers[0].min_ttl == 255 && in->peers[0].max_ttl == 255);
	ck_assert(in->peers[1].min_ttl == 0 && in->peers[1].max_ttl == 9);
	conf_free(conf);
}
END_TEST

START_TEST(a_duplicate_address_counts_once)
{
	struct conf *conf = load(
	    HEAD "virtual_ipaddress { 192.0.2.1/24 192.0.2.2 192.0.2.1/32 192.0.2.3 } "
		 "virtual_ipaddress_excluded { 192.0.2.2 } }");

	ck_assert_uint_eq(conf->instances[0].n_addresses, 3);
	ck_assert_uint_eq(conf->instances[0].addresses[0].prefixlen, 24);
	ck_assert(!conf->instances[0].addresses[1].excluded);
	conf_free(conf);
}
END_TEST

START_TEST(adverts_list_no_more_addresses_than_fit)
{
	static const struct {
		const char *prefix, *separator;
		size_t max;
	} cases[] = { { "10.0.", ".", 255 }, { "fe80::", ":", 89 } };

	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		char text[16384] = HEAD "virtual_ipaddress { ";
		size_t at = strlen(text), advertised = 0;
		struct conf *conf;

		for (unsigned i = 1; i <= 300; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u%s%u ",
			    cases[c].prefix, i / 256, cases[c].separator, i % 256);
		strcpy(text + at, "} }");
		conf = load(text);
		ck_assert_uint_eq(conf->instances[0].n_addresses, 300);
		for (size_t i = 0; i < 300; i++)
			advertised += !conf->instances[0].addresses[i].excluded;
		ck_assert_uint_eq(advertised, cases[c].max);
		conf_free(conf);
	}
}
END_TEST

START_TEST(a_password_is_eight_bytes)
{
	struct conf *conf = load(
	    STATIC "authentication { auth_type PASS auth_pass \"1#\\x80 56789\" } }");
	const struct conf_instance *in = &conf->instances[0];

	ck_assert_uint_eq(in->auth_type, VRRP_AUTH_PASS);
	ck_assert_mem_eq(in->auth_data, "1#\x80 5678", 8);
	conf_free(conf);
}
END_TEST

START_TEST(the_canonical_form_is_a_fixed_point)
{
	static const char *const texts[] = { STATIC "}",
		HEAD "service_addresses { 10.0.0.0/8 fe80::/16 } }" SERVICES,
		HEAD "service_addresses } services { kubeconfig x node_name n "
		     "external_ips { 10.0.0.1-10.0.0.5 } address_pool \"a b\" { "
		     "addresses { 192.0.2.9 } } }"
		     "forwarding { mode none source_nat vip }",
		HEAD "version 2 authentication { auth_type PASS auth_pass '\\001 {' } "
		     "virtual_ipaddress_excluded { fe80::1 } virtual_ipaddress "
		     "{ 10.0.0.1/8 brd + label 'a#b' } }",
		HEAD "unicast_src_ip 10.0.0.1 unicast_peer { 10.0.0.2 } "
		     "virtual_ipaddress { 10.0.0.3 } state MASTER nopreempt "
		     "advert_int 2 garp_interval 0.000001 preempt_delay 1000 }"
		     "global_defs { router_id 'a b' ignore_lvs yes }"
		     "virtual_server 10.0.0.3 80 { real_server x 80 { } }" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct conf *first = load(texts[i]);
		char *once = print(first);
		struct conf *second = load(once);
		char *twice = print(second);

		ck_assert_str_eq(once, twice);
		ck_assert(conf_instance_eq(&first->instances[0], &second->instances[0]));
		free(once);
		free(twice);
		conf_free(first);
		conf_free(second);
	}
}
END_TEST

START_TEST(a_change_that_vrrp_or_the_kernel_sees_is_noticed)
{
	static const char base[] = "vrrp_instance a { interface eth0 "
				   "virtual_router_id 7 service_addresses { 10.0.0.1 } "
				   "unicast_src_ip 10.0.0.8 unicast_peer { 10.0.0.9 } "
				   "authentication { auth_type PASS auth_pass x } "
				   "virtual_ipaddress { 192.0.2.1/24 } }" SERVICES;
	static const struct {
		const char *from, *to;
	} edits[] = {
		{ "instance a", "instance b" },
		{ "eth0", "eth1" },
		{ "id 7", "id 8" },
		{ "id 7", "id 7 priority 3" },
		{ "id 7", "id 7 advert_int 3" },
		{ "id 7", "id 7 state MASTER" },
		{ "id 7", "id 7 nopreempt" },
		{ "id 7", "id 7 preempt_delay 3" },
		{ "id 7", "id 7 garp_master_delay 3" },
		{ "id 7", "id 7 garp_master_repeat 3" },
		{ "id 7", "id 7 garp_master_refresh 3" },
		{ "id 7", "id 7 garp_master_refresh_repeat 3" },
		{ "id 7", "id 7 garp_lower_prio_delay 3" },
		{ "id 7", "id 7 garp_lower_prio_repeat 3" },
		{ "id 7", "id 7 garp_interval 0.1" },
		{ "id 7", "id 7 gna_interval 0.1" },
		{ "id 7", "id 7 v3_checksum_as_v2" },
		{ "authentication { auth_type PASS auth_pass x }", "version 3" },
		{ "pass x", "pass y" },
		{ "authentication { auth_type PASS auth_pass x }", "" },
		{ "10.0.0.8", "10.0.0.7" },
		{ "10.0.0.9 ", "10.0.0.9 min_ttl 3" },
		{ "10.0.0.9", "10.0.0.10" },
		{ "10.0.0.9", "10.0.0.9 10.0.0.10" },
		{ "192.0.2.1/24", "192.0.2.1/25" },
		{ "192.0.2.1/24", "192.0.2.2/24" },
		{ "192.0.2.1/24", "192.0.2.1/24 dev eth1" },
		{ "192.0.2.1/24", "192.0.2.1/24 label x" },
		{ "192.0.2.1/24", "192.0.2.1/24 brd +" },
		{ "192.0.2.1/24", "192.0.2.1/24 192.0.2.2/24" },
		{ "virtual_ipaddress ", "virtual_ipaddress_excluded " },
		{ "service_addresses { 10.0.0.1 }", "" },
	};
	struct conf *before = load(base), *same = load(base);

	ck_assert(conf_instance_eq(&before->instances[0], &same->instances[0]));
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const char *at = strstr(base, edits[i].from);
		_free_ char *text = xasprintf("%.*s%s%s", (int)(at - base), base,
		    edits[i].to, at + strlen(edits[i].from));
		struct conf *after = load(text);

		ck_assert_msg(
		    !conf_instance_eq(&before->instances[0], &after->instances[0]), "%s",
		    edits[i].to);
		conf_free(after);
	}
	conf_free(before);
	conf_free(same);
}
END_TEST

START_TEST(instances_are_found_by_name)
{
	struct conf *conf = load(STATIC "} vrrp_instance b { interface eth1 "
					"virtual_router_id 7 virtual_ipaddress "
					"{ 192.0.2.2 } }");

	ck_assert_ptr_eq(conf_find_instance(conf, "b"), &conf->instances[1]);
	ck_assert_ptr_null(conf_find_instance(conf, "c"));
	conf_free(conf);
}
END_TEST

START_TEST(problems_are_bounded_and_counted)
{
	size_t lines = 5000;
	char *text = xcalloc(lines + 1, 4);
	struct conf_problems ps = { 0 };

	for (size_t i = 0; i < lines; i++)
		memcpy(text + 3 * i, "zz\n", 3);
	ck_assert_ptr_null(conf_load_text("f", text, 3 * lines, NULL, &ps));
	ck_assert_uint_eq(ps.count, CONF_PROBLEMS_MAX);
	ck_assert_uint_eq(ps.errors, lines);
	ck_assert_str_eq(ps.items[ps.count - 1].text, "4000 more errors are not shown");
	conf_problems_free(&ps);
	free(text);
}
END_TEST

START_TEST(problems_come_in_reading_order)
{
	static const char text[] = "services { kubeconfig a manifests b }\n"
				   "vrrp_instance a { interface eth0 prioritty 3\n"
				   "virtual_ipaddress { 10.0.0.1 fe80::1 }\n"
				   "advert_int 0.5 }\nnonsense\n";
	struct conf_problems ps = { 0 };

	ck_assert_ptr_null(conf_load_text("f", text, strlen(text), NULL, &ps));
	ck_assert_uint_ge(ps.count, 5);
	for (size_t i = 1; i < ps.count; i++)
		ck_assert(ps.items[i - 1].line < ps.items[i].line ||
		    (ps.items[i - 1].line == ps.items[i].line &&
			ps.items[i - 1].column <= ps.items[i].column));
	conf_problems_free(&ps);
}
END_TEST

/* item with i's bytes in place of '*'. */
static size_t
put_item(char *out, const char *item, unsigned i)
{
	char *start = out;

	for (; *item; item++)
		if (*item == '*')
			out += sprintf(out, "%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		else
			*out++ = *item;
	return (size_t)(out - start);
}

START_TEST(a_file_of_the_largest_size_is_read_in_no_time)
{
	static const struct {
		const char *head, *item, *tail;
	} cases[] = {
		{ HEAD "virtual_ipaddress_excluded {", "10.* ", "} }" },
		{ HEAD "virtual_ipaddress_excluded {", "10.0.0.1 ", "} }" },
		{ HEAD "unicast_peer {", "10.* ",
		    "} virtual_ipaddress "
		    "{ 10.0.0.0 } }" },
		{ HEAD "service_addresses } services { external_ips {", "10.* ", "} }" },
		{ "", "vrrp_instance a* { }\n", "" },
		{ "", "vrrp_instance a* { interface e virtual_router_id 1 }\n", "" },
		{ "", "nonsense* ", "" },
		{ "global_defs {", "vrrp_garp_lower_priority_repeat\n", "}" },
		{ "", "{", "" },
		{ "", "virtual_server { ", "" },
	};
	size_t size = 1024 * 1024;
	char *text = xcalloc(size + 256, 1);

	for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
		size_t at = (size_t)sprintf(text, "%s", cases[c].head);
		struct conf_problems ps = { 0 };
		uint64_t start = clock_us();

		for (unsigned i = 1; at < size; i++)
			at += put_item(text + at, cases[c].item, i);
		at += (size_t)sprintf(text + at, "%s", cases[c].tail);
		conf_free(conf_load_text("f", text, at, NULL, &ps));
		conf_problems_free(&ps);
		/* Milliseconds; what is quadratic takes minutes. */
		ck_assert_msg(clock_us() - start < 10000000, "case %zu", c);
	}
	free(text);
}
END_TEST

UNIT_MAIN("conf", an_instance_has_keepaliveds_defaults,
    an_instance_of_services_only_has_vipds_defaults,
    what_is_not_said_follows_from_what_is, services_have_their_defaults,
    automatic_priorities_rotate_over_the_candidates,
    a_node_that_is_no_candidate_stands_aside, blocks_add_up,
    addresses_have_options_on_one_line_or_many, a_duplicate_address_counts_once,
    adverts_list_no_more_addresses_than_fit, a_password_is_eight_bytes,
    the_canonical_form_is_a_fixed_point, a_change_that_vrrp_or_the_kernel_sees_is_noticed,
    instances_are_found_by_name, problems_are_bounded_and_counted,
    problems_come_in_reading_order, a_file_of_the_largest_size_is_read_in_no_time)

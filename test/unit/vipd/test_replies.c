/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/replies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "unit.h"

/* What a configuration makes of rules, a line each, sorted as they are asked. */
static char text[4096];

static int
by_priority(const void *a, const void *b)
{
	const struct policy_rule *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

static const char *
planned(struct replies *r, const char *conf_text)
{
	struct conf_problems problems = { 0 };
	struct conf *conf =
	    conf_load_text("test", conf_text, strlen(conf_text), NULL, &problems);
	char line[POLICY_RULE_STRLEN];
	size_t len = 0;

	ck_assert_msg(conf != NULL, "%s", problems.count ? problems.items[0].text : "");
	replies_plan(r, conf);
	qsort(r->rules, r->n_rules, sizeof(*r->rules), by_priority);
	text[0] = '\0';
	for (size_t i = 0; i < r->n_rules; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %s\n",
		    r->rules[i].priority, policy_rule_format(&r->rules[i], line));
	conf_free(conf);
	conf_problems_free(&problems);
	return text;
}

START_TEST(without_the_word_there_is_nothing)
{
	struct replies r = { 0 };

	ck_assert_str_eq(planned(&r,
			     "vrrp_instance a { interface eth0 virtual_router_id 1 "
			     "virtual_ipaddress { 192.0.2.1/24 } }"),
	    "");
	ck_assert_uint_eq(r.n_routes, 0);
	replies_plan(&r, NULL);
}
END_TEST

START_TEST(each_gateway_has_a_table_and_each_static_address_a_way_there)
{
	struct replies r = { 0 };

	ck_assert_str_eq(planned(&r,
			     "vrrp_instance a { interface eth0 virtual_router_id 1 "
			     "virtual_ipaddress { 192.0.2.1/24 } "
			     "virtual_ipaddress_excluded { 2001:db8::1/64 fe80::1/64 } "
			     "reply_gateway 192.0.2.254 2001:db8::fe }\n"
			     "vrrp_instance b { interface eth1 virtual_router_id 2 "
			     "virtual_ipaddress { 198.51.100.1/24 } "
			     "reply_gateway 198.51.100.254 }\n"
			     "vrrp_instance c { interface eth0 virtual_router_id 3 "
			     "virtual_ipaddress { 203.0.113.1/24 } }"),
	    "7600 fwmark 0x60000000/0xe0000000 lookup 254, not its default\n"
	    "7600 from 192.0.2.1/32 iif lo lookup 254, not its default\n"
	    "7600 from 198.51.100.1/32 iif lo lookup 254, not its default\n"
	    "7600 fwmark 0x60000000/0xe0000000 lookup 254, not its default\n"
	    "7600 from 2001:db8::1/128 iif lo lookup 254, not its default\n"
	    "7601 fwmark 0x61000000/0xff000000 lookup 7601\n"
	    "7601 fwmark 0x62000000/0xff000000 lookup 7602\n"
	    "7601 from 192.0.2.1/32 iif lo lookup 7601\n"
	    "7601 from 198.51.100.1/32 iif lo lookup 7602\n"
	    "7601 fwmark 0x61000000/0xff000000 lookup 7601\n"
	    "7601 from 2001:db8::1/128 iif lo lookup 7601\n");
	ck_assert_uint_eq(r.n_routes, 3);
	ck_assert_str_eq(r.routes[1].hops[0].dev, "eth1");
	ck_assert_uint_eq(r.routes[1].table, 7602);
	ck_assert_int_eq(r.routes[2].to.family, AF_INET6);
	replies_plan(&r, NULL);
	ck_assert_uint_eq(r.n_rules, 0);
}
END_TEST

START_TEST(ranges_of_services_are_cut_into_prefixes_and_asked_last)
{
	struct replies r = { 0 };

	ck_assert_str_eq(planned(&r,
			     "vrrp_instance a { interface eth0 virtual_router_id 1 "
			     "service_addresses { 192.0.2.0/25 192.0.2.254-192.0.3.2 "
			     "2001:db8::/64 } reply_gateway 192.0.2.253 }\n"
			     "services { }"),
	    "7600 fwmark 0x60000000/0xe0000000 lookup 254, not its default\n"
	    "7601 fwmark 0x61000000/0xff000000 lookup 7601\n"
	    "32800 from 192.0.2.0/25 iif lo lookup 7601\n"
	    "32800 from 192.0.2.254/31 iif lo lookup 7601\n"
	    "32800 from 192.0.3.0/31 iif lo lookup 7601\n"
	    "32800 from 192.0.3.2/32 iif lo lookup 7601\n");
	replies_plan(&r, NULL);
}
END_TEST

START_TEST(instances_that_share_a_gateway_share_its_number)
{
	struct replies r = { 0 };

	ck_assert_str_eq(planned(&r,
			     "vrrp_instance a { interface eth0 virtual_router_id 1-3 "
			     "service_addresses reply_gateway 2001:db8::fe }\n"
			     "services { external_ips { 192.0.2.1 2001:db8::8/127 } "
			     "address_pool p { addresses { 2001:db8:1::/64 } } }"),
	    "7600 fwmark 0x60000000/0xe0000000 lookup 254, not its default\n"
	    "7601 fwmark 0x61000000/0xff000000 lookup 7601\n"
	    "32800 from 2001:db8::8/127 iif lo lookup 7601\n"
	    "32800 from 2001:db8:1::/64 iif lo lookup 7601\n"
	    "32800 from 2001:db8::8/127 iif lo lookup 7601\n"
	    "32800 from 2001:db8:1::/64 iif lo lookup 7601\n"
	    "32800 from 2001:db8::8/127 iif lo lookup 7601\n"
	    "32800 from 2001:db8:1::/64 iif lo lookup 7601\n");
	ck_assert_uint_eq(r.n_routes, 1);
	replies_plan(&r, NULL);
}
END_TEST

UNIT_MAIN("replies", without_the_word_there_is_nothing,
    each_gateway_has_a_table_and_each_static_address_a_way_there,
    ranges_of_services_are_cut_into_prefixes_and_asked_last,
    instances_that_share_a_gateway_share_its_number)

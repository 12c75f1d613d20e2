/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/handover_to.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

static struct conf *
parse(const char *body)
{
	struct conf_problems problems = { 0 };
	_free_ char *text =
	    xasprintf("vrrp_instance edge {\ninterface eth0\nvirtual_router_id 87\n%s\n"
		      "virtual_ipaddress { 192.0.2.5 }\n}\n"
		      "services { node_name n1\nmanifests /tmp\n}\n",
		body);
	struct conf *conf = conf_load_text("t", text, strlen(text), "n1", &problems);

	ck_assert_msg(conf != NULL, "%s", problems.count ? problems.items[0].text : "?");
	conf_problems_free(&problems);
	return conf;
}

#define AUTO "priority auto\ncandidates { n1 n2 n3 }"

/* 87 % 3 == 0: n1 has 250, n2 240, n3 230. */
START_TEST(a_node_can_be_named_where_it_is_known_to_be_the_next)
{
	static const struct {
		const char *body, *to, *why; /* NULL: promised */
	} cases[] = {
		{ AUTO, "", NULL },
		{ AUTO, "n2", NULL },
		{ AUTO, "N2", NULL },
		{ AUTO, "n3", "n3 has priority 230: n2 with 240 takes over" },
		{ AUTO, "n1", "n1 is this node" },
		{ AUTO, "n4", "n4 is not a candidate" },
		{ "priority 150", "", NULL },
		{ "priority 150", "n2", "known only with candidates and priority auto" },
		{ "priority 150\ncandidates { n1 n2 }", "n2", "known only with" },
		{ "priority 150\nunicast_peer { 192.0.2.2 }", "192.0.2.2", NULL },
		{ "priority 150\nunicast_peer { 192.0.2.2 }", "192.0.2.3",
		    "192.0.2.3 is not a unicast peer" },
		{ "priority 150\nunicast_peer { 192.0.2.2\n192.0.2.3 }", "192.0.2.2",
		    "2 unicast peers" },
		{ "priority 150", "192.0.2.2", "192.0.2.2 is not a unicast peer" },
	};
	char why[REASON_LEN];
	struct handover_target t;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf *conf = parse(cases[i].body);
		bool can = handover_target(&conf->instances[0], cases[i].to, &t, why);

		ck_assert_msg(can == !cases[i].why, "%s: %s", cases[i].to, why);
		if (cases[i].why)
			ck_assert_msg(strstr(why, cases[i].why) != NULL, "%s", why);
		conf_free(conf);
	}
}
END_TEST

START_TEST(the_successor_shows_whether_it_is_the_one)
{
	static const struct {
		const char *body, *to, *from;
		uint8_t priority;
		bool reached;
	} cases[] = {
		{ AUTO, "", "192.0.2.3", 7, true },
		{ AUTO, "n2", "192.0.2.2", 240, true },
		{ AUTO, "n2", "192.0.2.3", 230, false },
		{ "unicast_peer { 192.0.2.2 }", "192.0.2.2", "192.0.2.2", 7, true },
		{ "unicast_peer { 192.0.2.2 }", "192.0.2.2", "192.0.2.9", 7, false },
	};
	char why[REASON_LEN];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_yielded y = { .successor_priority = cases[i].priority };
		struct conf *conf = parse(cases[i].body);
		struct handover_target t;

		ck_assert(ipaddr_parse(cases[i].from, &y.successor));
		ck_assert(handover_target(&conf->instances[0], cases[i].to, &t, why));
		ck_assert_int_eq(handover_reached(&t, &y), cases[i].reached);
		conf_free(conf);
	}
}
END_TEST

UNIT_MAIN("handover_to", a_node_can_be_named_where_it_is_known_to_be_the_next,
    the_successor_shows_whether_it_is_the_one)

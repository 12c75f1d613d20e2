/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/here.h"

#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "unit.h"

static void
hash(const char *text, char *out)
{
	struct conf_problems problems = { 0 };
	struct conf *conf = conf_load_text("t", text, strlen(text), "n1", &problems);

	ck_assert_msg(conf != NULL, "%s", text);
	here_config_hash(conf, out, 20);
	conf_free(conf);
	conf_problems_free(&problems);
}

#define FILE_OF(interface, vrid, priority, peer, services)                               \
	"vrrp_instance edge {\n interface " interface "\n virtual_router_id " vrid       \
	"\n priority " priority "\n unicast_peer {\n " peer "\n }\n service_addresses "  \
	"{ 192.0.2.0/24 }\n}\nservices {\n manifests /etc/vipd/x\n " services "\n}\n"

START_TEST(what_belongs_to_one_node_is_no_drift)
{
	static const struct {
		const char *text;
		bool same;
	} cases[] = {
		{ FILE_OF("eth0", "7", "100", "10.0.0.2", "node_name b"), true },
		{ FILE_OF("eth1", "7", "150", "10.0.0.1", "node_name a"), true },
		{ FILE_OF("eth0", "8", "100", "10.0.0.2", "node_name b"), false },
		{ FILE_OF("eth0", "7", "100", "10.0.0.2", "claim_unclassed no"), true },
		{ FILE_OF("eth0", "7", "100", "10.0.0.2", "startup_wait 9"), false },
	};
	char first[20], text[20];

	hash(FILE_OF("eth0", "7", "90", "10.0.0.3", ""), first);
	ck_assert_uint_eq(strlen(first), 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		hash(cases[i].text, text);
		ck_assert_msg((strcmp(first, text) == 0) == cases[i].same, "case %zu", i);
	}
}
END_TEST

UNIT_MAIN("here", what_belongs_to_one_node_is_no_drift)

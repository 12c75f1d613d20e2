/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node that is well, and for each finding the one thing that makes it: what is
 * found is that and nothing else.
 */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "host.h"
#include "mem.h"
#include "model.h"
#include "unit.h"

static struct {
	const char *name;
	long value;
} sysctls[] = {
	{ "net.ipv4.ip_forward", 1 },
	{ "net.ipv6.conf.all.forwarding", 1 },
	{ "net.ipv4.conf.all.rp_filter", 0 },
	{ "net.ipv4.conf.eth0/7.rp_filter", 0 },
	{ "net.ipv4.conf.all.arp_ignore", 0 },
	{ "net.ipv4.conf.all.arp_announce", 0 },
	{ "net.ipv4.conf.eth1.arp_ignore", 0 },
	{ "net.netfilter.nf_conntrack_count", 100 },
	{ "net.netfilter.nf_conntrack_max", 1000 },
	{ "net.netfilter.nf_conntrack_tcp_loose", 1 },
};

static struct model_instance instance;
static struct msg_ctl_address address;
static struct model model;
static struct conf conf;
static struct host_subnet subnets[2];
static struct host host;
static const char *link;

static long
sysctl(const struct host *h, const char *name)
{
	(void)h;
	for (size_t i = 0; i < ARRAY_LEN(sysctls); i++)
		if (!strcmp(sysctls[i].name, name))
			return sysctls[i].value;
	return -1;
}

static void
set(const char *name, long value)
{
	for (size_t i = 0; i < ARRAY_LEN(sysctls); i++)
		if (!strcmp(sysctls[i].name, name))
			sysctls[i].value = value;
}

static bool
has_link(const struct host *h, const char *name)
{
	(void)h;
	return link && !strcmp(link, name);
}

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, &a));
	return a;
}

/* MASTER of 192.0.2.18 on eth0.7, forwarding for a cluster that answers. */
static void
setup(void)
{
	address = (struct msg_ctl_address){
		.addr = ip("192.0.2.18"), .dev = "eth0.7", .installed = 1
	};
	instance = (struct model_instance){
		.info = { .conf = { .name = "edge", .interface = "eth0.7", .ifindex = 4 },
		    .state = { .state = VRRP_MASTER } },
		.addresses = &address,
		.n_addresses = 1,
	};
	model = (struct model){
		.has_node = true,
		.node = { .node = "worker-a",
		    .has_services = 1,
		    .source = { .health = HEALTH_OK },
		    .forward = { .mode = FORWARD_NFTABLES, .reason = "auto" } },
		.instances = &instance,
		.n_instances = 1,
	};
	subnets[0] = (struct host_subnet){ "eth0.7", ip("192.0.2.2"), 24 };
	subnets[1] = (struct host_subnet){ "eth1", ip("198.51.100.2"), 24 };
	host = (struct host){
		.sysctl = sysctl,
		.link = has_link,
		.subnets = subnets,
		.n_subnets = 2,
		.has_chains = true,
	};
	conf.forwarding.source_nat = SOURCE_NAT_VIP;
}

/* All that is not ok, as "MARK CHECK[+]" each; + where there is a remedy. */
static const char *
found(void)
{
	static char text[512];
	struct doctor d = { .model = &model, .conf = &conf, .host = &host };

	text[0] = '\0';
	doctor_examine(&d);
	for (size_t i = 0; i < d.n_findings; i++) {
		const struct finding *f = &d.findings[i];
		size_t len = strlen(text);

		if (f->mark != DOCTOR_OK)
			snprintf(text + len, sizeof(text) - len, "%s%s %s%s",
			    len ? ", " : "", doctor_mark_name(f->mark), f->check,
			    f->fix[0] ? "+" : "");
	}
	ck_assert_int_eq(
	    doctor_is_well(&d), !strstr(text, "warn") && !strstr(text, "bad"));
	doctor_free(&d);
	return text;
}

START_TEST(a_node_that_is_well_has_no_finding)
{
	setup();
	ck_assert_str_eq(found(), "");
}
END_TEST

START_TEST(what_the_daemon_says_of_itself_is_found)
{
	setup();
	strcpy(model.node.config_error, "vipd.conf:1:1: error: no");
	model.node.children_restarts = 1;
	model.node.log_dropped = 1;
	model.node.source.health = HEALTH_TROUBLE;
	instance.info.state.state = VRRP_FAULT;
	instance.info.state.reason = VRRP_REASON_LINK_DOWN;
	strcpy(address.error, "no");
	ck_assert_str_eq(found(),
	    "warning configuration+, warning processes+, warning log+, warning source+, "
	    "bad instance+, bad address");
}
END_TEST

START_TEST(forwarding_that_is_off_is_found_in_the_families_there_are)
{
	setup();
	set("net.ipv4.ip_forward", 0);
	set("net.ipv6.conf.all.forwarding", 0);
	ck_assert_str_eq(found(), "bad forwarding+");
	model.node.forward.mode = FORWARD_NONE;
	strcpy(model.node.forward.reason, "configured");
	ck_assert_str_eq(found(), "");
	model.node.has_services = 0;
	ck_assert_str_eq(found(), "");
}
END_TEST

START_TEST(what_keeps_connections_from_living_on_is_found)
{
	setup();
	set("net.ipv4.conf.eth0/7.rp_filter", 1);
	set("net.netfilter.nf_conntrack_tcp_loose", 0);
	ck_assert_str_eq(found(), "bad reverse path+, bad connections+");
	set("net.ipv4.conf.all.rp_filter", 2); /* the larger counts: loose */
	ck_assert_str_eq(found(), "bad connections+");
	conf.forwarding.source_nat = SOURCE_NAT_NODE;
	ck_assert_str_eq(found(), "");
}
END_TEST

START_TEST(what_keeps_replies_from_their_gateway_is_found)
{
	static const char rules[] =
	    "[{\"priority\":0,\"src\":\"all\",\"table\":\"255\"},"
	    "{\"priority\":100,\"src\":\"all\",\"fwmark\":\"0x200\","
	    "\"fwmask\":\"0xf00\",\"table\":\"2004\"},"
	    "{\"priority\":120,\"src\":\"all\",\"fwmark\":\"0x1\",\"table\":\"9\"},"
	    "{\"priority\":7601,\"src\":\"all\",\"fwmark\":\"0x61000000\","
	    "\"fwmask\":\"0xff000000\",\"table\":\"7601\",\"protocol\":\"118\"},"
	    "{\"priority\":99,\"src\":\"all\",\"fwmark\":\"0x1000000\","
	    "\"fwmask\":\"0x1000000\",\"table\":\"1\"}]";
	struct conf_instance in = { .name = "edge", .interface = "eth0.7" };

	setup();
	conf.forwarding.source_nat = SOURCE_NAT_NODE;
	conf.instances = &in;
	conf.n_instances = 1;
	set("net.ipv4.conf.all.rp_filter", 0);
	ck_assert(host_add_rules(&host, rules, strlen(rules)));
	ck_assert_uint_eq(host.n_rules, 4);
	ck_assert_str_eq(found(), "");
	in.reply_gateway[CONF_IPV4] = ip("192.0.2.254");
	host.n_rules = 3; /* without the one that takes bit 24 */
	set("net.ipv4.conf.eth0/7.rp_filter", 0);
	ck_assert_str_eq(found(), "");
	set("net.ipv4.conf.eth0/7.rp_filter", 1);
	ck_assert_str_eq(found(), "bad reply gateway+");
	set("net.ipv4.conf.all.rp_filter", 2);
	ck_assert_str_eq(found(), "note reply gateway+");
	set("net.ipv4.conf.all.rp_filter", 0);
	set("net.ipv4.conf.eth0/7.rp_filter", 0);
	host.n_rules = 4;
	ck_assert_str_eq(found(), "bad reply gateway+");
	conf.n_instances = 0;
	conf.instances = NULL;
	free(host.rules);
	ck_assert(!host_add_rules(&host, "no", 2));
}
END_TEST

START_TEST(a_full_table_of_connections_is_found_before_it_is_full)
{
	setup();
	set("net.netfilter.nf_conntrack_count", 799);
	ck_assert_str_eq(found(), "");
	set("net.netfilter.nf_conntrack_count", 800);
	ck_assert_str_eq(found(), "warning connections+");
}
END_TEST

START_TEST(a_mode_that_does_not_fit_any_more_is_found)
{
	setup();
	link = "cilium_host";
	ck_assert_str_eq(found(), "note neighbours, bad mode+");
	strcpy(model.node.forward.reason, "configured");
	ck_assert_str_eq(found(), "note neighbours, warning mode+");
	model.node.forward.mode = FORWARD_NONE;
	ck_assert_str_eq(found(), "note neighbours");
	link = NULL;
	ck_assert_str_eq(found(), "");
	strcpy(model.node.forward.reason, "auto: Cilium forwards here (cilium_host)");
	ck_assert_str_eq(found(), "bad mode+");
}
END_TEST

START_TEST(ipvs_has_to_keep_quiet)
{
	setup();
	link = "kube-ipvs0";
	model.node.forward.mode = FORWARD_NONE;
	strcpy(model.node.forward.reason, "auto: kube-proxy");
	ck_assert_str_eq(found(), "note neighbours, bad ipvs+");
	set("net.ipv4.conf.all.arp_ignore", 1);
	set("net.ipv4.conf.all.arp_announce", 2);
	ck_assert_str_eq(found(), "note neighbours");
}
END_TEST

START_TEST(chains_tell_who_is_here_and_what_drops)
{
	static const char json[] =
	    "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}},"
	    "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": "
	    "\"filter_FORWARD\", \"handle\": 1, \"type\": \"filter\", \"hook\": "
	    "\"forward\", \"prio\": 10, \"policy\": \"drop\"}},"
	    "{\"chain\": {\"family\": \"ip\", \"table\": \"nat\", \"name\": "
	    "\"KUBE-SERVICES\", \"handle\": 2}},"
	    "{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": "
	    "\"INPUT\", \"handle\": 2, \"hook\": \"input\", \"policy\": \"drop\"}}]}";

	setup();
	ck_assert(host_add_chains(&host, json, strlen(json)));
	ck_assert_str_eq(found(), "note neighbours, note neighbours, warning firewall+");
	free(host.chains);
	setup();
	ck_assert(!host_add_chains(&host, "nonsense", 8));
	ck_assert_str_eq(found(), "note firewall+");
}
END_TEST

#define FORWARD_CHAIN(family, table, name)                                               \
	"{\"nftables\": [{\"chain\": {\"family\": \"" family "\", \"table\": \"" table   \
	"\", \"name\": \"" name "\", \"hook\": \"forward\", \"policy\": \"drop\"}}]}"
#define ACCEPTS                                                                          \
	"{\"nftables\": [{\"rule\": {\"family\": \"inet\", \"table\": \"site\", "        \
	"\"chain\": "                                                                    \
	"\"guard\", \"expr\": [{\"match\": {\"op\": \"in\", \"left\": {\"ct\": "         \
	"{\"key\": "                                                                     \
	"\"status\"}}, \"right\": \"dnat\"}}, {\"accept\": null}]}}]}"

/* What the chain that blocks says about its end; NULL: none does. */
static const char *
remedy(void)
{
	static char text[128];

	if (!host_blocker(&host))
		return NULL;
	host_unblock(host_blocker(&host), text, sizeof(text));
	return text;
}

START_TEST(a_chain_that_accepts_what_was_translated_blocks_nothing)
{
	static const char chain[] = FORWARD_CHAIN("inet", "site", "guard");

	setup();
	ck_assert(host_add_chains(&host, chain, strlen(chain)));
	ck_assert_str_eq(
	    remedy(), "nft insert rule inet site guard ct status dnat accept");
	ck_assert(host_add_chain_rules(&host, ACCEPTS, strlen(ACCEPTS)));
	ck_assert_ptr_null(remedy());
	ck_assert_str_eq(found(), "");
	free(host.chains);
}
END_TEST

/* A rule of nft's in there and iptables refuses the table. */
START_TEST(chains_of_iptables_get_rules_of_iptables)
{
	static const char chain[] = FORWARD_CHAIN("ip6", "filter", "FORWARD");
	static const char limited[] = "-P FORWARD DROP\n-A FORWARD -i eth0 -m conntrack "
				      "--ctstate DNAT -j ACCEPT\n-A FORWARD -m conntrack "
				      "--ctstate DNAT -j LOG\n-A FORWARD -m conntrack "
				      "--ctstate RELATED,ESTABLISHED -j ACCEPT\n";
	static const char accepts[] = "-A FORWARD -m conntrack --ctstate "
				      "RELATED,DNAT -j ACCEPT\n";

	setup();
	ck_assert(host_add_chains(&host, chain, strlen(chain)));
	ck_assert_str_eq(
	    remedy(), "ip6tables -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT");
	host_add_iptables(&host, limited, strlen(limited), "ip6", false);
	ck_assert_ptr_nonnull(remedy());
	host_add_iptables(&host, accepts, strlen(accepts), "ip", false);
	ck_assert_ptr_nonnull(remedy());
	host_add_iptables(&host, accepts, strlen(accepts), "ip6", false);
	ck_assert_ptr_null(remedy());
	free(host.chains);
}
END_TEST

START_TEST(chains_of_iptables_legacy_are_seen_too)
{
	static const char list[] =
	    "-P INPUT DROP\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N KUBE-SERVICES\n"
	    "-A FORWARD -j KUBE-SERVICES\n";
	static const char accepts[] = "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT";

	setup();
	host_add_iptables(&host, list, strlen(list), "ip", true);
	ck_assert_str_eq(
	    remedy(), "iptables-legacy -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT");
	ck_assert_str_eq(found(), "note neighbours, warning firewall+");
	host_add_iptables(&host, accepts, strlen(accepts), "ip", true);
	ck_assert_str_eq(found(), "note neighbours");
	host.hides_legacy = true;
	ck_assert_str_eq(found(), "note neighbours, note firewall+");
	free(host.chains);
}
END_TEST

START_TEST(an_address_needs_its_subnet_and_one_who_answers_for_it)
{
	setup();
	address.addr = ip("203.0.113.9");
	ck_assert_str_eq(found(), "warning route+");
	address.addr = ip("192.0.2.18");
	strcpy(subnets[1].dev, "eth1");
	subnets[1].addr = ip("192.0.2.3");
	ck_assert_str_eq(found(), "warning arp+");
	set("net.ipv4.conf.all.arp_ignore", 1);
	ck_assert_str_eq(found(), "");
	/* A /32 of its own is no subnet, and an interface that is not there has
	 * its finding already. */
	subnets[0] = (struct host_subnet){ "eth0.7", ip("192.0.2.18"), 32 };
	ck_assert_str_eq(found(), "warning route+");
	instance.info.conf.ifindex = 0;
	ck_assert_str_eq(found(), "");
}
END_TEST

UNIT_MAIN("doctor", a_node_that_is_well_has_no_finding,
    what_the_daemon_says_of_itself_is_found,
    forwarding_that_is_off_is_found_in_the_families_there_are,
    what_keeps_connections_from_living_on_is_found,
    what_keeps_replies_from_their_gateway_is_found,
    a_full_table_of_connections_is_found_before_it_is_full,
    a_mode_that_does_not_fit_any_more_is_found, ipvs_has_to_keep_quiet,
    chains_tell_who_is_here_and_what_drops,
    a_chain_that_accepts_what_was_translated_blocks_nothing,
    chains_of_iptables_get_rules_of_iptables, chains_of_iptables_legacy_are_seen_too,
    an_address_needs_its_subnet_and_one_who_answers_for_it)

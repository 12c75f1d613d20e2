/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "host.h"
#include "mem.h"
#include "model.h"
#include "unit.h"

/*
 * A node that serves default/web well; each test breaks one thing.
 */
struct fixture {
	struct model m;
	struct model_instance instance;
	struct model_service service;
	struct msg_ctl_address installed;
	struct msg_service_address address;
	struct msg_service_port port;
	struct msg_service_endpoint endpoint;
};

static struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert(ipaddr_parse(text, &addr));
	return addr;
}

static void
fixture_service(struct fixture *f)
{
	f->address = (struct msg_service_address){
		.addr = ip("192.0.2.18"), .origin = ORIGIN_EXTERNAL_IP, .instance = "edge"
	};
	f->port = (struct msg_service_port){ .port = 22, .proto = IPPROTO_TCP };
	f->endpoint =
	    (struct msg_service_endpoint){ .port = 2222, .addr = ip("10.0.0.7") };
	f->service = (struct model_service){ .addresses = &f->address,
		.n_addresses = 1,
		.ports = &f->port,
		.n_ports = 1,
		.endpoints = &f->endpoint,
		.n_endpoints = 1 };
	str_copy(f->service.info.key.ns, NAME_LEN, "default");
	str_copy(f->service.info.key.name, NAME_LEN, "web");
	f->service.ctl.in_place = 1;
	f->service.ctl.state = SERVICE_SERVING;
}

static void
fixture(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_service(f);
	f->installed = (struct msg_ctl_address){ .addr = f->address.addr,
		.prefixlen = 32,
		.origin = ORIGIN_EXTERNAL_IP,
		.installed = 1,
		.dev = "eth0" };
	f->instance = (struct model_instance){ .info.conf = { .id = 1,
						   .name = "edge",
						   .interface = "eth0",
						   .family = AF_INET },
		.info.state = { .state = VRRP_MASTER, .reason = VRRP_REASON_TIMEOUT },
		.addresses = &f->installed,
		.n_addresses = 1 };
	f->m = (struct model){ .has_node = true,
		.node = { .node = "worker-a",
		    .config = "/etc/vipd/vipd.conf",
		    .has_services = 1,
		    .now_us = 100 * US_PER_S,
		    .source = { .source = SOURCE_API,
			.health = HEALTH_OK,
			.server = "https://api:6443" },
		    .forward = { .mode = FORWARD_NFTABLES, .in_sync = 1 } },
		.instances = &f->instance,
		.n_instances = 1,
		.services = &f->service,
		.n_services = 1 };
}

/* Which stage is missing first (-1: none), and is the fix what it should be? */
static void
expect(const struct fixture *f, int stage, enum explain_mark mark, const char *fix)
{
	struct explanation e;
	bool seen[EXPLAIN_STAGE_COUNT] = { false };
	int last = 0;

	explain(&f->m, "default/web", &e);
	for (size_t i = 0; i < e.n_steps; i++)
		seen[e.steps[i].stage] = true;
	for (int s = 0; s < EXPLAIN_STAGE_COUNT; s++)
		ck_assert_msg(seen[s], "%s is left out", explain_stage_name(s));
	for (size_t i = 0; i + 1 < e.n_steps; i++) {
		ck_assert_int_ge(e.steps[i].stage, last);
		last = e.steps[i].stage;
	}
	if (stage < 0) {
		ck_assert_int_eq(e.missing, -1);
	} else {
		ck_assert_int_ge(e.missing, 0);
		ck_assert_str_eq(explain_stage_name(e.steps[e.missing].stage),
		    explain_stage_name(stage));
		ck_assert_int_eq(e.steps[e.missing].mark, mark);
	}
	ck_assert_int_eq(explain_found_fault(&e), stage >= 0 && mark == EXPLAIN_NO);
	ck_assert_msg(strstr(e.fix, fix), "FIX: %s", e.fix);
	explain_free(&e);
}

START_TEST(nothing_is_missing_on_a_master_that_serves)
{
	struct fixture f;

	fixture(&f);
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
}
END_TEST

START_TEST(a_firewall_in_the_way_is_named)
{
	struct host_chain chain = {
		.family = "ip",
		.table = "filter",
		.name = "FORWARD",
		.hook = "forward",
		.drops = true,
	};
	struct host host = { .chains = &chain, .n_chains = 1 };
	struct fixture f;

	fixture(&f);
	f.m.host = &host;
	expect(&f, EXPLAIN_RULES, EXPLAIN_WARN,
	    "iptables -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT");
	chain.lets_services = true;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
}
END_TEST

START_TEST(a_backup_names_the_master_and_the_command_there)
{
	struct fixture f;

	fixture(&f);
	f.instance.info.state.state = VRRP_BACKUP;
	f.instance.info.state.master = ip("192.0.2.2");
	f.installed.installed = 0;
	f.service.ctl.state = SERVICE_STANDBY;
	expect(&f, -1, EXPLAIN_OK,
	    "on the master, 192.0.2.2, run: vipctl explain default/web");
	f.instance.info.state.master.family = 0;
	expect(&f, EXPLAIN_INSTANCE, EXPLAIN_WARN, "wait for the election");
}
END_TEST

START_TEST(the_source)
{
	struct fixture f;

	fixture(&f);
	f.m.node.has_services = 0;
	f.m.n_services = 0;
	expect(&f, EXPLAIN_SOURCE, EXPLAIN_NO,
	    "add a services block to /etc/vipd/vipd.conf and run: vipctl reload");

	/* Known from before: it is served, but look at the source. */
	fixture(&f);
	f.m.node.source.health = HEALTH_TROUBLE;
	str_copy(f.m.node.source.error, 256, "renew the token");
	expect(&f, EXPLAIN_SOURCE, EXPLAIN_WARN, "on worker-a: renew the token");

	/* Another thing is missing: that one has the last word. */
	f.instance.info.state.state = VRRP_FAULT;
	f.instance.info.state.reason = VRRP_REASON_LINK_DOWN;
	expect(&f, EXPLAIN_INSTANCE, EXPLAIN_NO, "ip link set eth0 up");

	fixture(&f);
	f.m.node.source.health = HEALTH_STARTING;
	f.m.n_services = 0;
	expect(&f, EXPLAIN_SOURCE, EXPLAIN_NO, "wait for the first list");
}
END_TEST

START_TEST(the_service)
{
	struct fixture f;

	fixture(&f);
	f.m.n_services = 0;
	expect(&f, EXPLAIN_SERVICE, EXPLAIN_NO, "kubectl -n default get service web");
	f.m.node.source.source = SOURCE_MANIFESTS;
	str_copy(f.m.node.source.server, 256, "/etc/vipd/services.d");
	expect(&f, EXPLAIN_SERVICE, EXPLAIN_NO,
	    "put a Service default/web with spec.externalIPs into /etc/vipd/services.d");

	fixture(&f);
	f.service.info.verdict = VERDICT_INVALID;
	f.service.n_addresses = 0;
	str_copy(f.service.info.reason, REASON_LEN, "spec.ports[0].port is no number");
	expect(&f, EXPLAIN_SERVICE, EXPLAIN_NO, "spec.ports[0].port is no number");
}
END_TEST

START_TEST(the_address)
{
	struct fixture f;

	fixture(&f);
	f.address.verdict = VERDICT_REFUSED;
	f.service.info.verdict = VERDICT_REFUSED;
	expect(&f, EXPLAIN_ADDRESS, EXPLAIN_NO,
	    "add 192.0.2.18 to external_ips of the services block in "
	    "/etc/vipd/vipd.conf on every node and run: vipctl reload");
	str_copy(f.address.reason, REASON_LEN, "it is worker-b's own: choose another");
	expect(&f, EXPLAIN_ADDRESS, EXPLAIN_NO, "it is worker-b's own: choose another");

	fixture(&f);
	f.address.verdict = VERDICT_CONFLICT;
	expect(&f, EXPLAIN_ADDRESS, EXPLAIN_NO, "take 192.0.2.18 out of the Service");

	fixture(&f);
	f.address.verdict = VERDICT_PENDING;
	f.address.addr.family = 0;
	expect(&f, EXPLAIN_ADDRESS, EXPLAIN_NO, "address_pool");

	fixture(&f);
	f.service.n_addresses = 0;
	expect(&f, EXPLAIN_ADDRESS, EXPLAIN_NO, "give it spec.externalIPs");
}
END_TEST

START_TEST(the_placement)
{
	struct fixture f;

	fixture(&f);
	f.address.instance[0] = '\0';
	expect(&f, EXPLAIN_PLACEMENT, EXPLAIN_NO,
	    "add 192.0.2.18 to service_addresses of a vrrp_instance in "
	    "/etc/vipd/vipd.conf");
}
END_TEST

START_TEST(the_instance)
{
	static const struct {
		enum vrrp_state state;
		enum vrrp_reason reason;
		const char *fix;
	} cases[] = {
		{ VRRP_FAULT, VRRP_REASON_NO_INTERFACE, "on worker-a create eth0" },
		{ VRRP_FAULT, VRRP_REASON_LINK_DOWN, "ip link set eth0 up" },
		{ VRRP_FAULT, VRRP_REASON_NO_ADDRESS, "give eth0 an IPv4 address" },
		{ VRRP_FAULT, VRRP_REASON_SEND_FAILED, "journalctl -u vipd" },
		{ VRRP_INIT, VRRP_REASON_HOLD, "startup_wait" },
		{ VRRP_INIT, VRRP_REASON_SHUTDOWN, "systemctl start vipd" },
		{ VRRP_INIT, VRRP_REASON_STARTUP, "wait for the election" },
	};
	struct fixture f;

	fixture(&f);
	f.m.n_instances = 0;
	expect(&f, EXPLAIN_INSTANCE, EXPLAIN_NO,
	    "on a node that has it run: vipctl explain default/web");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fixture(&f);
		f.installed.installed = 0;
		f.instance.info.state.state = (uint8_t)cases[i].state;
		f.instance.info.state.reason = (uint8_t)cases[i].reason;
		expect(&f, EXPLAIN_INSTANCE, EXPLAIN_NO, cases[i].fix);
	}
	f.instance.info.state.state = VRRP_FAULT;
	f.instance.info.state.reason = VRRP_REASON_SEND_FAILED;
	f.instance.info.conf.unicast_src = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 9 });
	expect(&f, EXPLAIN_INSTANCE, EXPLAIN_NO,
	    "give eth0 the address 192.0.2.9, or correct mcast_src_ip of");
	f.instance.info.conf.family = AF_INET6;
	f.instance.info.state.reason = VRRP_REASON_NO_ADDRESS;
	expect(&f, EXPLAIN_INSTANCE, EXPLAIN_NO, "give eth0 an IPv6 link-local address");
}
END_TEST

START_TEST(the_address_on_the_interface)
{
	struct fixture f;

	fixture(&f);
	f.installed.installed = 0;
	expect(&f, EXPLAIN_INSTALLED, EXPLAIN_NO, "journalctl -u vipd");
	str_copy(f.installed.error, sizeof(f.installed.error), "No such device");
	f.service.ctl.state = SERVICE_FAILED;
	expect(&f, EXPLAIN_INSTALLED, EXPLAIN_NO, "ip address show dev eth0");

	fixture(&f);
	f.instance.n_addresses = 0;
	expect(&f, EXPLAIN_INSTALLED, EXPLAIN_NO, "journalctl -u vipd");

	/* It waits for its rules (I5): those are what is missing. */
	f.service.ctl.in_place = 0;
	expect(&f, EXPLAIN_RULES, EXPLAIN_NO, "journalctl -u vipd");
	/* Unless the cluster forwards. */
	f.m.node.forward.mode = FORWARD_NONE;
	expect(&f, EXPLAIN_INSTALLED, EXPLAIN_NO, "journalctl -u vipd");
}
END_TEST

START_TEST(the_rules)
{
	struct fixture f;

	fixture(&f);
	f.service.ctl.in_place = 0;
	expect(&f, EXPLAIN_RULES, EXPLAIN_NO, "on worker-a see: journalctl -u vipd");

	fixture(&f);
	f.service.ctl.in_place = 0;
	f.service.ctl.state = SERVICE_FAILED;
	expect(&f, EXPLAIN_RULES, EXPLAIN_NO, "journalctl -u vipd | grep default/web");

	fixture(&f);
	f.port.verdict = VERDICT_CONFLICT;
	f.service.ctl.state = SERVICE_CONFLICT;
	expect(&f, EXPLAIN_RULES, EXPLAIN_NO, "another port or another address");

	fixture(&f);
	f.m.node.forward.mode = FORWARD_NONE;
	f.service.ctl.in_place = 0;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
}
END_TEST

START_TEST(the_endpoints)
{
	struct fixture f;

	fixture(&f);
	f.service.n_endpoints = 0;
	f.service.ctl.state = SERVICE_NO_ENDPOINTS;
	expect(&f, EXPLAIN_ENDPOINTS, EXPLAIN_NO,
	    "kubectl -n default get endpointslices -l kubernetes.io/service-name=web");
	f.m.node.source.source = SOURCE_MANIFESTS;
	expect(&f, EXPLAIN_ENDPOINTS, EXPLAIN_NO, "kubernetes.io/service-name: web");

	fixture(&f);
	f.service.n_ports = 0;
	f.service.n_endpoints = 0;
	expect(&f, EXPLAIN_ENDPOINTS, EXPLAIN_NO, "give it spec.ports");

	fixture(&f);
	f.service.info.flags = SERVICE_LOCAL;
	expect(&f, EXPLAIN_ENDPOINTS, EXPLAIN_WARN, "externalTrafficPolicy: Cluster");
	f.endpoint.flags = ENDPOINT_LOCAL;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
}
END_TEST

START_TEST(a_load_balancer_is_led_through_pools_and_allocation)
{
	struct msg_pool pool = { .name = "public", .size = { 3 }, .used = { 3 } };
	struct model_node node = { .info = { .name = "worker-b" } };
	struct fixture f;

	fixture(&f);
	f.service.info.flags = SERVICE_LOADBALANCER;
	f.address.origin = ORIGIN_POOL;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
	f.m.pools = &pool;
	f.m.n_pools = 1;
	f.address.pool = 1;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");

	f.service.n_addresses = 0;
	f.service.ctl.state = SERVICE_PENDING;
	f.service.info.verdict = VERDICT_PENDING;
	str_copy(f.service.info.reason, REASON_LEN, "address_pool public has no free");
	expect(
	    &f, EXPLAIN_ALLOCATION, EXPLAIN_NO, "public has no free; see: vipctl pools");
	f.m.nodes = &node;
	f.m.n_nodes = 1;
	expect(&f, EXPLAIN_ALLOCATION, EXPLAIN_NO, "no node is the allocator");
	node.info.allocator = 1;
	expect(&f, EXPLAIN_ALLOCATION, EXPLAIN_NO, "vipctl pools");
	f.service.info.verdict = VERDICT_CONFLICT;
	expect(&f, EXPLAIN_ALLOCATION, EXPLAIN_NO, "ask for another address");
	f.service.info.verdict = VERDICT_PENDING;
	f.m.n_pools = 0;
	expect(&f, EXPLAIN_POOL, EXPLAIN_NO, "add an address_pool");
}
END_TEST

START_TEST(where_none_is_local_nodes_and_masters_are_named)
{
	struct msg_node_instance in = { .name = "edge", .state = VRRP_MASTER };
	struct model_node node = {
		.info = { .name = "worker-b" }, .instances = &in, .n_instances = 1
	};
	struct explanation e;
	struct fixture f;

	fixture(&f);
	f.m.nodes = &node;
	f.m.n_nodes = 1;
	f.service.info.flags = SERVICE_LOCAL;
	str_copy(f.service.info.reason, REASON_LEN, "worker-c, worker-d");
	explain(&f.m, "default/web", &e);
	ck_assert_int_ge(e.missing, 0);
	ck_assert_str_eq(e.steps[e.missing].text,
	    "22/TCP: externalTrafficPolicy is Local and none of 1 is on worker-a; they "
	    "are on worker-c, worker-d; masters: edge on worker-b");
	ck_assert_ptr_nonnull(strstr(e.fix, "as many vrrp_instances"));
	explain_free(&e);
	f.service.info.flags |= SERVICE_FALLBACK;
	expect(&f, -1, EXPLAIN_OK, "nothing to fix");
}
END_TEST

START_TEST(what_no_stage_shows_is_said_in_vipds_words)
{
	static const enum service_state states[] = { SERVICE_NO_ENDPOINTS,
		SERVICE_PENDING, SERVICE_REFUSED, SERVICE_CONFLICT, SERVICE_FAILED };
	struct explanation e;
	struct fixture f;

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		fixture(&f);
		f.service.ctl.state = (uint32_t)states[i];
		str_copy(f.service.ctl.reason, REASON_LEN, "because");
		explain(&f.m, "default/web", &e);
		ck_assert(explain_found_fault(&e));
		ck_assert_str_eq(e.fix, "because");
		explain_free(&e);
	}
}
END_TEST

START_TEST(only_the_first_missing_thing_gets_the_fix)
{
	struct fixture f;

	fixture(&f);
	f.address.instance[0] = '\0';
	f.service.n_endpoints = 0;
	f.service.ctl.in_place = 0;
	expect(&f, EXPLAIN_PLACEMENT, EXPLAIN_NO, "service_addresses");
}
END_TEST

START_TEST(long_names_are_cut_not_overrun)
{
	struct explanation e;
	struct fixture f;

	fixture(&f);
	memset(f.m.node.node, 'n', sizeof(f.m.node.node) - 1);
	memset(f.m.node.config, 'c', sizeof(f.m.node.config) - 1);
	memset(f.m.node.source.error, 'e', sizeof(f.m.node.source.error) - 1);
	f.m.node.source.health = HEALTH_TROUBLE;
	f.m.n_services = 0;
	explain(&f.m, "default/web", &e);
	ck_assert_uint_lt(strlen(e.fix), sizeof(e.fix));
	ck_assert(explain_found_fault(&e));
	explain_free(&e);
}
END_TEST

UNIT_MAIN("explain", where_none_is_local_nodes_and_masters_are_named,
    a_load_balancer_is_led_through_pools_and_allocation,
    nothing_is_missing_on_a_master_that_serves, a_firewall_in_the_way_is_named,
    a_backup_names_the_master_and_the_command_there, the_source, the_service, the_address,
    the_placement, the_instance, the_address_on_the_interface, the_rules, the_endpoints,
    what_no_stage_shows_is_said_in_vipds_words, only_the_first_missing_thing_gets_the_fix,
    long_names_are_cut_not_overrun)

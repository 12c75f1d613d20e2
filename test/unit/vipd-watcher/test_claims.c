/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/claims.h"

#include <netinet/in.h>
#include <string.h>

#include "unit.h"
#include "watcher/nodes.h"

static struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert(ipaddr_parse(text, &addr));
	return addr;
}

START_TEST(only_routable_addresses_of_the_allow_list_are_allowed)
{
	static const struct {
		const char *addr;
		const char *why; /* NULL: allowed */
	} cases[] = {
		{ "192.168.185.18", NULL },
		{ "192.168.185.30", NULL },
		{ "2001:db8:185::9", NULL },
		{ "192.168.185.17", "192.168.185.17 is not in external_ips; add it" },
		{ "192.168.185.31", "192.168.185.31 is not in external_ips; add it" },
		{ "8.8.8.8", "8.8.8.8 is not in external_ips; add it" },
		{ "127.0.0.1", "127.0.0.1 cannot be a service address" },
		{ "224.0.0.18", "224.0.0.18 cannot be a service address" },
		{ "169.254.1.1", "169.254.1.1 cannot be a service address" },
		{ "0.0.0.0", "0.0.0.0 cannot be a service address" },
		{ "::1", "::1 cannot be a service address" },
		{ "fe80::1", "fe80::1 cannot be a service address" },
		{ "ff02::12", "ff02::12 cannot be a service address" },
	};
	struct iprange allowed[3];
	char reason[REASON_LEN];

	ck_assert(iprange_parse("192.168.185.18-192.168.185.30", &allowed[0]));
	ck_assert(iprange_parse("2001:db8:185::/64", &allowed[1]));
	/* Not even an allow-list of everything allows these. */
	ck_assert(iprange_parse("127.0.0.0/8", &allowed[2]));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ipaddr addr = ip(cases[i].addr);
		bool ok = claims_allowed(allowed, 3, &addr, reason);

		ck_assert_msg(ok == !cases[i].why, "%s", cases[i].addr);
		if (cases[i].why)
			ck_assert_msg(
			    strncmp(reason, cases[i].why, strlen(cases[i].why)) == 0,
			    "%s", reason);
	}
}
END_TEST

/* X2 */
START_TEST(what_is_the_clusters_own_is_nobodys)
{
	struct ipaddr own[2] = { ip("192.168.185.20"), ip("2001:db8:185::20") };
	struct claims *c = claims_new();
	struct ipaddr free_one = ip("192.168.185.21");
	char reason[REASON_LEN];
	json_t *json = json_pack("{s:{s:s}, s:{s:[{s:s, s:s}]}}", "metadata", "name", "b",
	    "status", "addresses", "type", "InternalIP", "address", "2001:db8:185::20");
	struct nodes nodes = { 0 };
	struct node_object *node;
	struct fault f;

	ck_assert_int_eq(decode_node(json, &node, &f), DECODED_OBJECT);
	json_decref(json);
	nodes_put(&nodes, node);
	claims_set_nodes(c, &nodes);
	ck_assert(claims_reserve(c, RESERVED_API_SERVER, &own[0], 1));
	ck_assert(!claims_reserve(c, RESERVED_API_SERVER, &own[0], 1));
	ck_assert(claims_is_reserved(c, &own[0], reason));
	ck_assert_str_eq(reason,
	    "192.168.185.20 is the API server's own address; give the Service another");
	ck_assert(claims_is_reserved(c, &own[1], reason));
	ck_assert_str_eq(reason,
	    "2001:db8:185::20 is the address of node b; give the Service another");
	ck_assert(!claims_is_reserved(c, &free_one, reason));
	ck_assert(claims_reserve(c, RESERVED_API_SERVER, NULL, 0));
	ck_assert(!claims_is_reserved(c, &own[0], reason));
	claims_free(c);
	nodes_fini(&nodes);
}
END_TEST

START_TEST(no_allow_list_allows_nothing)
{
	struct ipaddr addr = ip("192.168.185.18");
	char reason[REASON_LEN];

	ck_assert(!claims_allowed(NULL, 0, &addr, reason));
}
END_TEST

static struct service_port http = { .port = 80, .proto = IPPROTO_TCP },
			   dns[2] = { { .port = 53, .proto = IPPROTO_UDP },
				   { .port = 80, .proto = IPPROTO_TCP } };

static struct service_object
service(const char *ns, const char *name, int64_t created, struct service_port *ports,
    size_t n)
{
	struct service_object s = { .created = created, .ports = ports, .n_ports = n };

	strcpy(s.id.ns, ns);
	strcpy(s.id.name, name);
	return s;
}

START_TEST(the_oldest_service_has_a_port_and_the_name_decides_between_twins)
{
	struct service_object young = service("a", "young", 200, &http, 1);
	struct service_object old = service("z", "old", 100, &http, 1);
	struct service_object twin = service("a", "twin", 100, &http, 1);
	struct ipaddr addr = ip("192.168.185.18"), foreign = ip("192.168.185.19");
	struct claims *c = claims_new();

	ck_assert(!claims_is_claimed(c, &addr));
	claims_add(c, &addr, &young);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_TCP, 80), &young);
	claims_add(c, &addr, &old);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_TCP, 80), &old);
	claims_add(c, &addr, &twin);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_TCP, 80), &twin);
	ck_assert_ptr_null(claims_winner(c, &addr, IPPROTO_UDP, 80));
	ck_assert_ptr_null(claims_winner(c, &foreign, IPPROTO_TCP, 80));
	claims_remove(c, &addr, &twin);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_TCP, 80), &old);
	claims_remove(c, &addr, &old);
	claims_remove(c, &addr, &young);
	ck_assert(!claims_is_claimed(c, &addr));
	claims_free(c);
}
END_TEST

START_TEST(two_services_share_an_address_with_different_ports)
{
	struct service_object one = service("a", "one", 1, &http, 1);
	struct service_object two = service("a", "two", 2, dns, 2);
	struct ipaddr addr = ip("2001:db8:185::9");
	struct claims *c = claims_new();
	size_t n;

	claims_add(c, &addr, &two);
	claims_add(c, &addr, &one);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_TCP, 80), &one);
	ck_assert_ptr_eq(claims_winner(c, &addr, IPPROTO_UDP, 53), &two);
	ck_assert_ptr_nonnull(claims_of(c, &addr, &n));
	ck_assert_uint_eq(n, 2);
	claims_free(c);
}
END_TEST

UNIT_MAIN("claims", only_routable_addresses_of_the_allow_list_are_allowed,
    what_is_the_clusters_own_is_nobodys, no_allow_list_allows_nothing,
    the_oldest_service_has_a_port_and_the_name_decides_between_twins,
    two_services_share_an_address_with_different_ports)

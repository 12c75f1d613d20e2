/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/owners.h"

#include <string.h>

#include "mem.h"
#include "unit.h"
#include "watcher/claims.h"
#include "watcher/nodes.h"
#include "watcher/pools.h"
#include "watcher/settings.h"

static struct claims *claims;
static struct nodes nodes;
static struct settings settings;
static struct owners owners;

static struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert_msg(ipaddr_parse(text, &addr), "%s", text);
	return addr;
}

static void
set_pools(const char *text)
{
	ck_assert_msg(settings_take_pools(&settings, text), "%s", settings.pools_error);
}

static void
add_node(const char *name, const char *addr)
{
	json_t *json = json_pack("{s:{s:s}, s:{s:[{s:s, s:s}]}}", "metadata", "name",
	    name, "status", "addresses", "type", "InternalIP", "address", addr);
	struct node_object *node;
	struct fault f;

	ck_assert_int_eq(decode_node(json, &node, &f), DECODED_OBJECT);
	json_decref(json);
	nodes_put(&nodes, node);
}

static bool
take(const char *addr, const char *whose, bool more)
{
	struct msg_taken head = { .more = more };
	struct msg_taken_record r = { .addr = ip(addr) };
	struct msg m = {
		.type = MSG_TAKEN,
		.head = &head,
		.records = &r,
		.count = 1,
	};

	str_copy(r.whose, sizeof(r.whose), whose);
	return owners_take(&owners, &m);
}

static void
begin(void)
{
	struct ipaddr server = ip("192.0.2.10");

	claims = claims_new();
	claims_reserve(claims, RESERVED_API_SERVER, &server, 1);
	add_node("a", "192.0.2.11");
	add_node("far", "198.51.100.1");
	set_pools("address_pool p { addresses { 192.0.2.10-192.0.2.20 } "
		  "exclude { 192.0.2.14 } }");
}

static void
end(void)
{
	owners_fini(&owners);
	settings_fini(&settings);
	nodes_fini(&nodes);
	claims_free(claims);
}

static void
collect(void)
{
	owners_collect(&owners, &settings, claims, &nodes);
}

static bool
has(const char *text)
{
	struct ipaddr addr = ip(text);

	for (size_t i = 0; i < owners.n; i++)
		if (ipaddr_eq(&owners.items[i].addr, &addr))
			return true;
	return false;
}

static void
expect_news(const char *addr, const char *whose)
{
	const struct owner *o = owners_next_news(&owners);
	struct ipaddr expected = ip(addr);

	ck_assert_ptr_nonnull(o);
	ck_assert(ipaddr_eq(&o->addr, &expected));
	ck_assert_str_eq(o->whose, whose);
}

START_TEST(whose_addresses_of_a_pool_are_is_known_and_said_once)
{
	begin();
	ck_assert(!take("192.0.2.12", "a default gateway of this host", true));
	ck_assert(take("198.51.100.254", "a name server of this host", false));
	collect();
	ck_assert_uint_eq(owners.n, 3);
	expect_news("192.0.2.10", "the API server's own");
	expect_news("192.0.2.11", "the address of node a");
	expect_news("192.0.2.12", "a default gateway of this host");
	ck_assert_ptr_null(owners_next_news(&owners));
	collect();
	ck_assert_ptr_null(owners_next_news(&owners));
	/* It is somebody else's now. */
	nodes_remove(&nodes, "a");
	add_node("b", "192.0.2.11");
	collect();
	expect_news("192.0.2.11", "the address of node b");
	ck_assert_ptr_null(owners_next_news(&owners));
	end();
}
END_TEST

START_TEST(what_is_excluded_or_the_end_of_a_network_is_kept_back_without_a_word)
{
	begin();
	take("192.0.2.14", "a default gateway of this host", true);
	take("192.0.2.15", "", false);
	nodes_remove(&nodes, "a");
	claims_reserve(claims, RESERVED_API_SERVER, NULL, 0);
	collect();
	ck_assert(has("192.0.2.14") && has("192.0.2.15"));
	ck_assert_ptr_null(owners_next_news(&owners));
	end();
}
END_TEST

START_TEST(a_newer_list_of_the_lan_replaces_the_older_one)
{
	begin();
	take("192.0.2.12", "a default gateway of this host", false);
	collect();
	ck_assert(has("192.0.2.12"));
	ck_assert(take("192.0.2.13", "a default gateway of this host", false));
	collect();
	ck_assert(!has("192.0.2.12") && has("192.0.2.13"));
	end();
}
END_TEST

START_TEST(without_pools_there_is_nothing_to_own)
{
	claims = claims_new();
	add_node("a", "192.0.2.11");
	take("192.0.2.12", "a default gateway of this host", false);
	collect();
	ck_assert_uint_eq(owners.n, 0);
	end();
}
END_TEST

UNIT_MAIN("owners", whose_addresses_of_a_pool_are_is_known_and_said_once,
    what_is_excluded_or_the_end_of_a_network_is_kept_back_without_a_word,
    a_newer_list_of_the_lan_replaces_the_older_one, without_pools_there_is_nothing_to_own)

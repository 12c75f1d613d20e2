/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/nodes.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "unit.h"
#include "watcher/peers.h"

/* JSON with single quotes, which read better in C. */
static json_t *
parse(const char *quoted)
{
	char text[2048];
	json_error_t error;
	json_t *json;

	snprintf(text, sizeof(text), "%s", quoted);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(text, 0, &error);
	ck_assert_msg(json != NULL, "%s: %s", error.text, text);
	return json;
}

static struct node_object *
node(const char *quoted)
{
	json_t *json = parse(quoted);
	struct node_object *n;
	struct fault f;

	ck_assert_int_eq(decode_node(json, &n, &f), DECODED_OBJECT);
	json_decref(json);
	return n;
}

#define NODE(meta, spec, addresses)                                                      \
	"{'metadata':{'name':'a'" meta "},'spec':{" spec                                 \
	"},'status':{'addresses':[" addresses "]}}"
#define LABEL "node.kubernetes.io/exclude-from-external-load-balancers"

START_TEST(signals_are_told_apart)
{
	static const struct {
		const char *text;
		enum node_out out;
	} cases[] = {
		{ NODE("", "", ""), NODE_WANTED },
		{ NODE(",'labels':{'" LABEL "':''}", "", ""), NODE_EXCLUDED },
		{ NODE(",'labels':{'" LABEL "':'false'}", "", ""), NODE_EXCLUDED },
		/* N3: a cordon is no drain, nor is a kubelet that is silent. */
		{ NODE("", "'unschedulable':true", ""), NODE_WANTED },
		{ NODE("", "'taints':[{'key':'node.kubernetes.io/unreachable'}]", ""),
		    NODE_WANTED },
		{ NODE("", "'taints':[{'key':'node.kubernetes.io/out-of-service'}]", ""),
		    NODE_OUT_OF_SERVICE },
		{ NODE("", "'taints':[{'key':'ToBeDeletedByClusterAutoscaler'}]", ""),
		    NODE_BEING_DELETED },
		{ NODE(",'deletionTimestamp':'2026-01-01T00:00:00Z'", "", ""),
		    NODE_BEING_DELETED },
		{ "{'metadata':{'name':'a','labels':7},'spec':[],'status':7}",
		    NODE_WANTED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct node_object *n = node(cases[i].text);

		ck_assert_msg(n->out == cases[i].out, "case %zu", i);
		ck_assert((*node_out_text(n->out) == '\0') == (n->out == NODE_WANTED));
		node_object_free(n);
	}
}
END_TEST

START_TEST(addresses_are_read_and_tell_the_node)
{
	struct nodes ns = { 0 };
	struct ipaddr own[2];

	nodes_put(&ns,
	    node(NODE("", "",
		"{'type':'Hostname','address':'a'},"
		"{'type':'ExternalIP','address':'203.0.113.1'},"
		"{'type':'InternalIP','address':'192.0.2.1'},"
		"{'type':'InternalIP','address':'012.0.2.1'},7")));
	ck_assert_uint_eq(nodes_find(&ns, "a")->n_addresses, 2);
	ck_assert_uint_eq(nodes_find(&ns, "a")->n_internal, 1);
	ck_assert(ipaddr_parse("198.51.100.1", &own[0]));
	ck_assert(!nodes_of_addresses(&ns, own, 1));
	ck_assert(ipaddr_parse("203.0.113.1", &own[0]));
	ck_assert(!nodes_of_addresses(&ns, own, 1));
	ck_assert(ipaddr_parse("192.0.2.1", &own[1]));
	ck_assert(nodes_of_addresses(&ns, own, 2) == nodes_find(&ns, "a"));
	/* Two that could be it are none. */
	nodes_put(&ns,
	    node("{'metadata':{'name':'b'},'status':{'addresses':[{'type':'InternalIP',"
		 "'address':'192.0.2.1'}]}}"));
	ck_assert(!nodes_of_addresses(&ns, own, 2));
	nodes_fini(&ns);
}
END_TEST

START_TEST(a_heartbeat_is_no_change)
{
	struct nodes ns = { 0 };
	void *none[1] = { NULL };

	nodes_put(&ns, node(NODE("", "", "")));
	ck_assert_uint_eq(ns.changes, 1);
	nodes_put(&ns, node(NODE(",'resourceVersion':'9'", "", "")));
	ck_assert_uint_eq(ns.changes, 1);
	nodes_put(&ns, node(NODE(",'labels':{'" LABEL "':''}", "", "")));
	ck_assert_uint_eq(ns.changes, 2);
	nodes_replace(&ns, none, 0);
	ck_assert_uint_eq(ns.changes, 3);
	ck_assert(!nodes_find(&ns, "a"));
	nodes_fini(&ns);
}
END_TEST

/* ---- Leases of nodes ---- */

static struct peer_object *
peer(const char *name, const char *version, const char *annotation)
{
	json_t *json = json_pack("{s:{s:s, s:s, s:{s:s}}}", "metadata", "name", name,
	    "resourceVersion", version, "annotations", PEERS_ANNOTATION, annotation);
	struct peer_object *p;
	struct fault f;

	decode_peer(json, &p, &f);
	json_decref(json);
	return p;
}

START_TEST(what_a_node_says_is_read_as_it_was_meant)
{
	struct msg_node head = { .version = "0.1", .config = "abc", .allocator = 1 };
	struct msg_node_instance in = {
		.name = "edge", .state = VRRP_MASTER, .priority = 150
	};
	struct peer_object *p;
	char *text;

	ck_assert(ipaddr_parse("192.0.2.1", &in.source));
	text = peer_text(&head, &in, 1);
	ck_assert_str_eq(text,
	    "{\"version\":\"0.1\",\"config\":\"abc\",\"allocator\":true,\"excluded\":"
	    "false,\"instances\":[{\"name\":\"edge\",\"state\":\"MASTER\",\"priority\":"
	    "150,\"source\":\"192.0.2.1\"}]}");
	p = peer("vipd-worker-a", "1", text);
	free(text);
	ck_assert_str_eq(p->head.name, "worker-a");
	ck_assert_str_eq(p->head.config, "abc");
	ck_assert(p->head.allocator && !p->head.excluded);
	ck_assert_uint_eq(p->n_instances, 1);
	ck_assert(memcmp(&p->instances[0], &in, sizeof(in)) == 0);
	peer_object_free(p);
}
END_TEST

START_TEST(other_leases_and_nonsense_are_no_node)
{
	struct peer_object *p;

	ck_assert(!peer("worker-a", "1", "{}"));
	ck_assert(!peer("vipd-worker-a", "1", ""));
	ck_assert(!peer("vipd-worker-a", "1", "[]"));
	ck_assert(!peer("vipd-worker-a", "1", "{"));
	p = peer("vipd-worker-a", "1",
	    "{\"version\":7,\"config\":\"a\\nb\",\"instances\":[7,{\"name\":\"x\"},"
	    "{\"name\":\"x\",\"state\":\"KING\"},{\"name\":\"e\",\"state\":\"INIT\","
	    "\"priority\":999,\"source\":\"x\"}]}");
	ck_assert_str_eq(p->head.config, "a?b");
	ck_assert_uint_eq(p->n_instances, 1);
	ck_assert_uint_eq(p->instances[0].priority, 0);
	peer_object_free(p);
}
END_TEST

#define MASTER "{\"instances\":[{\"name\":\"edge\",\"state\":\"MASTER\"}]}"
#define BACKUP "{\"instances\":[{\"name\":\"edge\",\"state\":\"BACKUP\"}]}"

START_TEST(the_master_is_who_said_so_last)
{
	struct peers ps = { 0 };
	uint64_t now = 1000 * US_PER_S;

	ck_assert(!peers_master(&ps, "edge", now));
	peers_put(&ps, peer("vipd-a", "1", MASTER), now);
	ck_assert_str_eq(peers_master(&ps, "edge", now), "a");
	ck_assert(!peers_master(&ps, "other", now));
	peers_put(&ps, peer("vipd-b", "2", MASTER), now + 1);
	ck_assert_str_eq(peers_master(&ps, "edge", now), "b");
	peers_put(&ps, peer("vipd-b", "3", BACKUP), now + 2);
	ck_assert_str_eq(peers_master(&ps, "edge", now), "a");
	ck_assert(!peers_master(&ps, "edge", now + (PEERS_STALE_S + 1) * US_PER_S));
	peers_remove(&ps, "vipd-a");
	peers_remove(&ps, "vipd-allocator");
	ck_assert_uint_eq(ps.n_gone, 1);
	peers_fini(&ps);
}
END_TEST

START_TEST(a_node_that_left_the_cluster_is_forgotten_when_it_is_stale)
{
	uint64_t now = US_PER_S, stale = now + (PEERS_STALE_S + 1) * US_PER_S;
	struct nodes nodes = { 0 };
	struct peers ps = { 0 };

	nodes_put(&nodes, node(NODE("", "", "")));
	peers_put(&ps, peer("vipd-a", "1", MASTER), now);
	peers_put(&ps, peer("vipd-b", "2", BACKUP), now);
	peers_put(&ps, peer("vipd-c", "3", BACKUP), stale);
	peers_forget_removed(&ps, &nodes, now);
	ck_assert_uint_eq(ps.n_gone, 0);
	peers_forget_removed(&ps, &nodes, stale);
	ck_assert_uint_eq(ps.n_gone, 1);
	ck_assert_str_eq(ps.gone[0], "b");
	ck_assert_uint_eq(HASH_COUNT(ps.entries), 2);
	peers_fini(&ps);
	nodes_fini(&nodes);
}
END_TEST

UNIT_MAIN("nodes", signals_are_told_apart, addresses_are_read_and_tell_the_node,
    a_heartbeat_is_no_change, what_a_node_says_is_read_as_it_was_meant,
    other_leases_and_nonsense_are_no_node, the_master_is_who_said_so_last,
    a_node_that_left_the_cluster_is_forgotten_when_it_is_stale)

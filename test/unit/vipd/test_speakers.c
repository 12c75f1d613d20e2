/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/speakers.h"

#include <string.h>
#include <sys/socket.h>

#include "unit.h"

#define NODE "192.0.2.1"
#define KEEPALIVED "192.0.2.9"

static struct cluster cluster;

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

/* A node's Lease says that it takes part in `edge` from there. */
static void
add_node(const char *name, const char *source)
{
	struct msg_node head = { 0 };
	struct msg_node_instance in = { .name = "edge", .source = ip(source) };
	struct msg m = { .type = MSG_NODE, .head = &head, .records = &in, .count = 1 };

	strcpy(head.name, name);
	cluster_take(&cluster, &m);
}

static bool
is_stranger(const struct conf_instance *ci, const char *who, bool alike)
{
	struct msg_speaker m = { .addr = ip(who), .alike = alike };

	return speakers_is_stranger(&m, ci, &cluster);
}

START_TEST(who_lists_what_we_do_may_be_one_of_ours)
{
	struct conf_instance ci = { .name = "edge" };

	ck_assert(!is_stranger(&ci, KEEPALIVED, true));
	ck_assert(is_stranger(&ci, KEEPALIVED, false));
}
END_TEST

START_TEST(a_unicast_peer_is_none_whatever_it_sends)
{
	struct conf_peer peer = { .addr = ip(KEEPALIVED) };
	struct conf_instance ci = { .name = "edge", .peers = &peer, .n_peers = 1 };

	ck_assert(!is_stranger(&ci, KEEPALIVED, false));
	ck_assert(is_stranger(&ci, "192.0.2.10", false));
}
END_TEST

START_TEST(a_node_of_the_cluster_is_none)
{
	struct conf_instance ci = { .name = "edge" };

	add_node("a", NODE);
	ck_assert(!is_stranger(&ci, NODE, false));
	ck_assert(is_stranger(&ci, KEEPALIVED, false));
	cluster_clear(&cluster);
	ck_assert(is_stranger(&ci, NODE, false));
}
END_TEST

/* Only then is anybody else surely none of them. */
START_TEST(candidates_count_once_the_cluster_knows_them_all)
{
	char first[] = "a", second[] = "B", *names[] = { first, second };
	struct conf_instance ci = {
		.name = "edge", .candidates = names, .n_candidates = 2
	};

	ck_assert(!is_stranger(&ci, KEEPALIVED, true));
	add_node("a", NODE);
	ck_assert(!is_stranger(&ci, KEEPALIVED, true));
	add_node("b", "192.0.2.2");
	ck_assert(is_stranger(&ci, KEEPALIVED, true));
	ck_assert(!is_stranger(&ci, "192.0.2.2", true));
	cluster_clear(&cluster);
}
END_TEST

START_TEST(the_next_identifier_that_nobody_uses_is_free)
{
	bool used[256] = { [51] = true, [52] = true, [255] = true };

	ck_assert_uint_eq(speakers_free_vrid(used, 51), 53);
	ck_assert_uint_eq(speakers_free_vrid(used, 10), 11);
	/* 0 is none */
	ck_assert_uint_eq(speakers_free_vrid(used, 254), 1);
	ck_assert_uint_eq(speakers_free_vrid(used, 255), 1);
	memset(used, true, sizeof(used));
	ck_assert_uint_eq(speakers_free_vrid(used, 51), 0);
	used[51] = false;
	ck_assert_uint_eq(speakers_free_vrid(used, 51), 51);
}
END_TEST

UNIT_MAIN("speakers", who_lists_what_we_do_may_be_one_of_ours,
    a_unicast_peer_is_none_whatever_it_sends, a_node_of_the_cluster_is_none,
    candidates_count_once_the_cluster_knows_them_all,
    the_next_identifier_that_nobody_uses_is_free)

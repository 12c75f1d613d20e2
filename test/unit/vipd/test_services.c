/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/services.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

/* One vipd end with forward's end of the socket in the test's hand. */
static struct services s;
static struct chan to_forward;
static struct ev_loop *loop;
static int forward_fd;
static struct iprange range;
static struct conf_instance instance;
static struct conf conf;
static bool installed;
static unsigned listed_calls, provisional_calls, ready_calls, wants_calls, asked;

static bool
is_installed(void *arg, const struct ipaddr *addr)
{
	(void)arg;
	(void)addr;
	asked++;
	return installed;
}

static void
wants_changed(void *arg)
{
	(void)arg;
	wants_calls++;
}

static void
listed(void *arg)
{
	(void)arg;
	listed_calls++;
}

static void
provisional(void *arg)
{
	(void)arg;
	provisional_calls++;
}

static void
ready(void *arg)
{
	(void)arg;
	ready_calls++;
}

static const char *
nothing_foreign(void *arg, const struct ipaddr *addr)
{
	(void)arg;
	(void)addr;
	return NULL;
}

static const char *
no_msg(struct chan *c, const struct msg *m)
{
	(void)c;
	(void)m;
	return NULL;
}

static void
closed(struct chan *c, const char *why)
{
	(void)c;
	(void)why;
}

static const struct services_ops ops = { is_installed, wants_changed, listed, provisional,
	ready };
static const struct chan_ops chan_ops = { .on_msg = no_msg, .on_closed = closed };

static void
setup(void)
{
	struct fence fence = { .conf = &conf, .foreign = nothing_foreign };
	int sv[2];

	ck_assert(iprange_parse("192.0.2.0/24", &range));
	instance = (struct conf_instance){ .name = "edge", .wants_services = true };
	conf = (struct conf){ .instances = &instance, .n_instances = 1 };
	conf.services.external_ips = (struct conf_ranges){ &range, 1, 1 };
	loop = ev_loop_new(0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv), 0);
	forward_fd = sv[1];
	chan_open(&to_forward, loop, sv[0], PEER_FORWARD, &chan_ops);
	wants_calls = 0;
	services_init(&s, &ops, NULL, &fence);
	services_forward_up(&s, &to_forward);
}

/* What forward hears next, as "SERVICE", "ADDRESSES", ..., or "" for nothing. */
static const char *
heard(uint32_t *seq)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	ssize_t n = recv(forward_fd, buf, sizeof(buf), 0);
	struct msg m;

	if (n < 0)
		return "";
	ck_assert_ptr_null(msg_parse(buf, (size_t)n, PEER_VIPD, &m));
	if (seq)
		*seq = m.seq;
	return msg_info(m.type)->name + strlen("MSG_");
}

static const char *
feed(enum msg_type type, const void *head, const void *records, size_t count)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	size_t len = msg_build(buf, type, 0, head, records, count);
	struct msg m;

	ck_assert_ptr_null(msg_parse(buf, len, PEER_WATCHER, &m));
	return services_on_msg(&s, &m);
}

static void
feed_service(const char *name, const char *addr, uint16_t port)
{
	struct msg_service head = { .key.ns = "default", .endpoints = 1 };
	struct msg_service_address a = { .origin = ORIGIN_EXTERNAL_IP,
		.instance = "edge" };
	struct msg_service_port p = { .port = port, .proto = 6 };

	str_copy(head.key.name, sizeof(head.key.name), name);
	ck_assert(ipaddr_parse(addr, &a.addr));
	ck_assert_ptr_null(feed(MSG_SERVICE, &head, NULL, 0));
	ck_assert_ptr_null(feed(MSG_SERVICE_ADDRESSES, NULL, &a, 1));
	ck_assert_ptr_null(feed(MSG_SERVICE_PORTS, NULL, &p, 1));
	ck_assert_ptr_null(feed(MSG_SERVICE_END, NULL, NULL, 0));
}

static const struct service *
find(const char *name)
{
	struct msg_service_key key = { .ns = "default" };

	str_copy(key.name, sizeof(key.name), name);
	return services_find(&s, &key);
}

static uint32_t
expect_service(void)
{
	uint32_t seq = 0;

	ck_assert_str_eq(heard(NULL), "SERVICE");
	ck_assert_str_eq(heard(NULL), "SERVICE_ADDRESSES");
	ck_assert_str_eq(heard(NULL), "SERVICE_PORTS");
	ck_assert_str_eq(heard(&seq), "SERVICE_END");
	return seq;
}

START_TEST(an_address_is_wanted_only_after_in_place)
{
	const struct service *sv;
	uint32_t seq;

	setup();
	ck_assert_str_eq(heard(NULL), "SYNC_BEGIN");
	feed_service("web", "192.0.2.18", 80);
	sv = find("web");
	seq = expect_service();
	ck_assert(!service_wants(sv, &sv->addresses[0]));
	services_in_place(&s, seq);
	ck_assert(service_wants(sv, &sv->addresses[0]));
}
END_TEST

START_TEST(a_changed_service_keeps_its_address_while_its_rules_change)
{
	const struct service *sv;

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	feed_service("web", "192.0.2.18", 443);
	sv = find("web");
	ck_assert(service_wants(sv, &sv->addresses[0]));
	ck_assert(!sv->in_place);
	services_in_place(&s, expect_service());
	ck_assert(sv->in_place);
}
END_TEST

START_TEST(only_addresses_that_come_and_go_are_told_as_wants)
{
	struct msg_service_key key = { "default", "web" };

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	ck_assert_uint_eq(wants_calls, 0);
	services_in_place(&s, expect_service());
	ck_assert_uint_eq(wants_calls, 1);
	feed_service("web", "192.0.2.18", 443);
	services_in_place(&s, expect_service());
	services_recheck(&s);
	ck_assert_uint_eq(wants_calls, 1);
	feed_service("web", "192.0.2.19", 443);
	ck_assert_uint_eq(wants_calls, 2);
	services_in_place(&s, expect_service());
	ck_assert_uint_eq(wants_calls, 3);
	ck_assert_ptr_null(feed(MSG_SERVICE_GONE, &key, NULL, 0));
	ck_assert_uint_eq(wants_calls, 4);
}
END_TEST

START_TEST(a_service_told_again_unchanged_is_not_relayed)
{
	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	feed_service("web", "192.0.2.18", 80);
	ck_assert_str_eq(heard(NULL), "");
	ck_assert(find("web")->in_place);
}
END_TEST

START_TEST(rules_go_only_after_the_address)
{
	struct msg_service_key key = { "default", "web" };

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	installed = true;
	ck_assert_ptr_null(feed(MSG_SERVICE_GONE, &key, NULL, 0));
	ck_assert_str_eq(heard(NULL), "");
	ck_assert(!service_wants(find("web"), &find("web")->addresses[0]));
	installed = false;
	services_retry(&s);
	ck_assert_str_eq(heard(NULL), "SERVICE_GONE");
	ck_assert_ptr_null(find("web"));
}
END_TEST

/* A namespace of 200 Services that is deleted is not 200 times as much work. */
START_TEST(services_that_wait_for_addresses_are_asked_about_once_each)
{
	struct msg_service_key keys[200] = { 0 };
	char addr[16];

	setup();
	heard(NULL);
	for (unsigned i = 0; i < 200; i++) {
		str_copy(keys[i].ns, sizeof(keys[i].ns), "default");
		snprintf(keys[i].name, sizeof(keys[i].name), "web%u", i);
		snprintf(addr, sizeof(addr), "192.0.2.%u", i + 1);
		feed_service(keys[i].name, addr, 80);
		services_in_place(&s, expect_service());
	}
	installed = true;
	asked = 0;
	for (unsigned i = 0; i < 200; i++)
		ck_assert_ptr_null(feed(MSG_SERVICE_GONE, &keys[i], NULL, 0));
	ck_assert_uint_eq(asked, 200);
	feed_service("other", "192.0.2.201", 80);
	expect_service();
	ck_assert_uint_eq(asked, 200);
	installed = false;
	services_retry(&s);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_str_eq(heard(NULL), "SERVICE_GONE");
	ck_assert_uint_eq(asked, 400);
}
END_TEST

START_TEST(a_shared_address_does_not_hold_back_the_one_that_goes)
{
	struct msg_service_key key = { "default", "web" };

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	feed_service("ssh", "192.0.2.18", 22);
	services_in_place(&s, expect_service());
	installed = true;
	ck_assert_ptr_null(feed(MSG_SERVICE_GONE, &key, NULL, 0));
	ck_assert_str_eq(heard(NULL), "SERVICE_GONE");
}
END_TEST

START_TEST(a_complete_sync_sweeps_what_was_not_told)
{
	struct msg_sync_begin begin = { SOURCE_API };
	struct msg_sync_end end = { 1 };

	setup();
	heard(NULL);
	feed_service("old", "192.0.2.18", 80);
	feed_service("web", "192.0.2.19", 80);
	ck_assert_ptr_null(feed(MSG_SYNC_BEGIN, &begin, NULL, 0));
	feed_service("web", "192.0.2.19", 80);
	end.complete = 0;
	ck_assert_ptr_null(feed(MSG_SYNC_END, &end, NULL, 0));
	ck_assert_ptr_nonnull(find("old"));
	end.complete = 1;
	ck_assert_ptr_null(feed(MSG_SYNC_END, &end, NULL, 0));
	ck_assert_ptr_null(find("old"));
	ck_assert_ptr_nonnull(find("web"));
}
END_TEST

START_TEST(ready_comes_once_when_the_first_complete_list_is_in_place)
{
	struct msg_sync_end end = { 1 };
	uint32_t seq = 0;

	setup();
	heard(NULL);
	listed_calls = ready_calls = 0;
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	ck_assert_int_eq(listed_calls, 0);
	ck_assert_ptr_null(feed(MSG_SYNC_END, &end, NULL, 0));
	ck_assert_str_eq(heard(&seq), "SYNC_END");
	ck_assert_int_eq(listed_calls, 1);
	ck_assert_int_eq(ready_calls, 0);
	services_in_place(&s, seq);
	services_in_place(&s, seq);
	ck_assert_int_eq(ready_calls, 1);
}
END_TEST

START_TEST(a_snapshot_only_adds_and_is_in_place_provisionally)
{
	struct msg_sync_begin begin = { SOURCE_SNAPSHOT };
	struct msg_sync_end partial = { 0 }, whole = { 1 };
	uint32_t seq;

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	ck_assert_ptr_null(feed(MSG_SYNC_BEGIN, &begin, NULL, 0));
	ck_assert_ptr_null(feed(MSG_SYNC_END, &partial, NULL, 0));
	ck_assert(!find("web")->leaving);
	ck_assert_str_eq(heard(&seq), "SYNC_END");
	ck_assert_uint_eq(provisional_calls, 0);
	services_in_place(&s, seq);
	ck_assert_uint_eq(provisional_calls, 1);
	ck_assert_uint_eq(listed_calls, 0);
	ck_assert_uint_eq(ready_calls, 0);

	ck_assert_ptr_null(feed(MSG_SYNC_BEGIN, &begin, NULL, 0));
	ck_assert_ptr_null(feed(MSG_SYNC_END, &whole, NULL, 0));
	ck_assert_str_eq(heard(NULL), "SERVICE_GONE");
	ck_assert_str_eq(heard(&seq), "SYNC_END");
	services_in_place(&s, seq);
	ck_assert_uint_eq(ready_calls, 1);
}
END_TEST

START_TEST(a_restarted_forward_hears_everything_and_addresses_stay)
{
	struct msg_sync_end end = { 1 };
	const struct service *sv;
	uint32_t seq = 0;

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	services_in_place(&s, expect_service());
	ck_assert_ptr_null(feed(MSG_SYNC_END, &end, NULL, 0));
	heard(&seq);
	services_in_place(&s, seq);
	services_forward_down(&s);
	sv = find("web");
	ck_assert(service_wants(sv, &sv->addresses[0]));
	services_forward_up(&s, &to_forward);
	ck_assert_str_eq(heard(NULL), "SYNC_BEGIN");
	expect_service();
	ck_assert_str_eq(heard(NULL), "SYNC_END");
	ck_assert(service_wants(sv, &sv->addresses[0]));
}
END_TEST

START_TEST(a_failed_service_is_not_wanted_until_it_recovers)
{
	struct msg_failed f = {
		.key = { "default", "web" }, .error = 105, .text = "full"
	};
	const struct service *sv;
	uint32_t seq;

	setup();
	heard(NULL);
	feed_service("web", "192.0.2.18", 80);
	seq = expect_service();
	services_failed(&s, &f);
	services_in_place(&s, seq);
	sv = find("web");
	ck_assert(!service_wants(sv, &sv->addresses[0]));
	ck_assert(sv->failed);
	f.error = 0;
	services_failed(&s, &f);
	ck_assert(service_wants(sv, &sv->addresses[0]));
	ck_assert(!sv->failed);
}
END_TEST

START_TEST(frames_out_of_order_end_the_watcher)
{
	struct msg_service head = { .key = { "default", "web" } };

	setup();
	ck_assert_ptr_nonnull(feed(MSG_SERVICE_END, NULL, NULL, 0));
	ck_assert_ptr_nonnull(feed(MSG_SERVICE_PORTS, NULL, NULL, 0));
	ck_assert_ptr_null(feed(MSG_SERVICE, &head, NULL, 0));
	ck_assert_ptr_nonnull(feed(MSG_SERVICE, &head, NULL, 0));
}
END_TEST

START_TEST(a_service_cannot_grow_without_bound)
{
	struct msg_service head = { .key = { "default", "web" } };
	static struct msg_service_port ports[64];
	const char *wrong = NULL;

	setup();
	ck_assert_ptr_null(feed(MSG_SERVICE, &head, NULL, 0));
	for (int i = 0; i < 10000 && !wrong; i++)
		wrong = feed(MSG_SERVICE_PORTS, NULL, ports, ARRAY_LEN(ports));
	ck_assert_ptr_nonnull(wrong);
}
END_TEST

UNIT_MAIN("services", an_address_is_wanted_only_after_in_place,
    a_changed_service_keeps_its_address_while_its_rules_change,
    only_addresses_that_come_and_go_are_told_as_wants,
    a_service_told_again_unchanged_is_not_relayed, rules_go_only_after_the_address,
    services_that_wait_for_addresses_are_asked_about_once_each,
    a_shared_address_does_not_hold_back_the_one_that_goes,
    a_complete_sync_sweeps_what_was_not_told,
    ready_comes_once_when_the_first_complete_list_is_in_place,
    a_snapshot_only_adds_and_is_in_place_provisionally,
    a_restarted_forward_hears_everything_and_addresses_stay,
    a_failed_service_is_not_wanted_until_it_recovers, frames_out_of_order_end_the_watcher,
    a_service_cannot_grow_without_bound)

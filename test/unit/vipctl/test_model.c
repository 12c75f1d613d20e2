/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "unit.h"

/* ---- messages as they come from msg_parse ---- */

struct frame {
	enum msg_type type;
	const void *head;
	const void *records;
	uint16_t count;
};

static const char *
add(struct model *m, const struct frame *f)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	struct msg msg;
	size_t len = msg_build(buf, f->type, 0, f->head, f->records, f->count);

	ck_assert_ptr_null(msg_parse(buf, len, PEER_VIPD, &msg));
	return model_add(m, &msg);
}

/* Adds all of them; returns the first complaint. */
static const char *
add_all(struct model *m, const struct frame *frames, size_t n)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < n && !wrong; i++)
		wrong = add(m, &frames[i]);
	return wrong;
}

#define ADD_ALL(m, frames) add_all(m, frames, ARRAY_LEN(frames))

static const struct msg_ctl_node node = { .node = "worker-a" };
static const struct msg_ctl_instance edge = { .conf = { .id = 1, .name = "edge" } };
static const struct msg_instance_ref ref1 = { .id = 1 }, ref2 = { .id = 2 };
static const struct msg_service web = { .key = { "default", "web" } };
static const struct msg_service alpha = { .key = { "default", "alpha" } };
static const struct msg_ctl_service web_state = { .key = { "default", "web" } };
static const struct msg_ctl_service alpha_state = { .key = { "default", "alpha" } };
static const struct msg_service_port port = { .port = 80, .proto = IPPROTO_TCP };
static const struct msg_ctl_end end;

static struct ipaddr
ip(const char *text)
{
	struct ipaddr addr;

	ck_assert(ipaddr_parse(text, &addr));
	return addr;
}

START_TEST(a_whole_answer_is_collected_in_order)
{
	const struct msg_ctl_address addrs[] = {
		{ .addr = ip("10.0.0.9"), .origin = ORIGIN_POOL },
		{ .addr = ip("10.0.0.2"), .origin = ORIGIN_EXTERNAL_IP },
		{ .addr = ip("10.0.0.7"), .origin = ORIGIN_STATIC },
		{ .addr = ip("10.0.0.5"), .origin = ORIGIN_STATIC },
	};
	const struct msg_service_endpoint endpoints[] = {
		{ .port_index = 0, .port = 9, .addr = ip("10.1.0.2") },
		{ .port_index = 0, .port = 8, .addr = ip("10.1.0.1") },
	};
	const struct frame frames[] = {
		{ MSG_CTL_NODE, &node, NULL, 0 },
		{ MSG_CTL_INSTANCE, &edge, NULL, 0 },
		{ MSG_CTL_ADDRESSES, &ref1, addrs, 2 },
		{ MSG_CTL_ADDRESSES, &ref1, addrs + 2, 2 },
		{ MSG_COUNTERS, &ref1, &(struct msg_counter){ "sent", 7 }, 1 },
		{ MSG_SERVICE, &web, NULL, 0 },
		{ MSG_SERVICE_PORTS, NULL, &port, 1 },
		{ MSG_SERVICE_ENDPOINTS, NULL, endpoints, 2 },
		{ MSG_SERVICE_END, NULL, NULL, 0 },
		{ MSG_CTL_SERVICE, &web_state, NULL, 0 },
		{ MSG_SERVICE, &alpha, NULL, 0 },
		{ MSG_SERVICE_END, NULL, NULL, 0 },
		{ MSG_CTL_SERVICE, &alpha_state, NULL, 0 },
		{ MSG_CTL_END, &end, NULL, 0 },
	};
	struct model m = { 0 };
	const struct model_instance *i;

	ck_assert_ptr_null(ADD_ALL(&m, frames));
	ck_assert_int_eq(m.phase, MODEL_ENDED);
	i = model_find_instance(&m, "edge");
	ck_assert_ptr_nonnull(i);
	ck_assert_ptr_null(model_find_instance(&m, "edg"));
	/* Static ones as configured, then the Services' by value. */
	ck_assert(ipaddr_eq(&i->addresses[0].addr, &addrs[2].addr));
	ck_assert(ipaddr_eq(&i->addresses[1].addr, &addrs[3].addr));
	ck_assert(ipaddr_eq(&i->addresses[2].addr, &addrs[1].addr));
	ck_assert(ipaddr_eq(&i->addresses[3].addr, &addrs[0].addr));
	ck_assert_ptr_eq(model_find_address(i, &addrs[0].addr), &i->addresses[3]);
	ck_assert_uint_eq(i->counters[0].value, 7);
	ck_assert_str_eq(m.services[0].info.key.name, "alpha");
	ck_assert_str_eq(m.services[1].info.key.name, "web");
	ck_assert_int_eq(m.services[1].endpoints[0].port, 8);
	model_free(&m);
}
END_TEST

START_TEST(a_message_out_of_place_is_refused)
{
	const struct frame in_service = { MSG_SERVICE, &web, NULL, 0 };
	const struct frame service_end = { MSG_SERVICE_END, NULL, NULL, 0 };
	const struct frame the_end = { MSG_CTL_END, &end, NULL, 0 };
	const struct frame nodes = { MSG_CTL_NODE, &node, NULL, 0 };
	const struct frame instance = { MSG_CTL_INSTANCE, &edge, NULL, 0 };
	const struct frame none = { MSG_CTL_TEXT, &(struct msg_ctl_text){ 0 }, NULL, 0 };
	const struct {
		struct frame before[2];
		struct frame then;
		const char *complaint;
	} cases[] = {
		{ { nodes, none }, nodes, "the node told twice" },
		{ { none, none }, { MSG_CTL_ADDRESSES, &ref1, NULL, 0 },
		    "addresses of another instance" },
		{ { instance, none }, { MSG_CTL_ADDRESSES, &ref2, NULL, 0 },
		    "addresses of another instance" },
		{ { instance, none }, { MSG_COUNTERS, &ref2, NULL, 0 },
		    "counters of another instance" },
		{ { none, none }, { MSG_SERVICE_PORTS, NULL, &port, 1 },
		    "message out of place" },
		{ { none, none }, service_end, "message out of place" },
		{ { none, none }, { MSG_CTL_SERVICE, &web_state, NULL, 0 },
		    "message out of place" },
		{ { none, none }, { MSG_STOP, NULL, NULL, 0 }, "message out of place" },
		{ { none, in_service }, in_service, "Service without its end" },
		{ { none, in_service }, the_end, "Service without its end" },
		{ { in_service, service_end }, in_service, "Service without its state" },
		{ { in_service, service_end }, the_end, "Service without its state" },
		{ { in_service, service_end }, { MSG_CTL_SERVICE, &alpha_state, NULL, 0 },
		    "state of another Service" },
		{ { none, the_end }, none, "message behind the end" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct model m = { 0 };

		ck_assert_ptr_null(ADD_ALL(&m, cases[i].before));
		ck_assert_str_eq(add(&m, &cases[i].then), cases[i].complaint);
		model_free(&m);
	}
}
END_TEST

START_TEST(an_endpoint_of_a_port_that_is_not_there_is_refused)
{
	const struct msg_service_endpoint endpoint = { .port_index = 1, .port = 80 };
	const struct frame frames[] = {
		{ MSG_SERVICE, &web, NULL, 0 },
		{ MSG_SERVICE_PORTS, NULL, &port, 1 },
		{ MSG_SERVICE_ENDPOINTS, NULL, &endpoint, 1 },
		{ MSG_SERVICE_END, NULL, NULL, 0 },
	};
	struct model m = { 0 };

	ck_assert_str_eq(ADD_ALL(&m, frames), "endpoint of a port that is not there");
	model_free(&m);
}
END_TEST

START_TEST(every_string_is_cleaned)
{
	struct msg_ctl_node dirty = {
		.node = "n\x1b", .config_error = "e\x1b", .source = { .error = "s\x1b" }
	};
	struct msg_service_address addr = { .instance = "i\x1b", .reason = "r\x1b" };
	struct msg_ctl_text text = { .text = "t\x1b" };
	struct msg_ctl_instance in = { .conf = { .name = "a\x1b", .group = "g\x1b" },
		.tracker = "k\x1b" };
	const struct frame frames[] = {
		{ MSG_CTL_NODE, &dirty, NULL, 0 },
		{ MSG_CTL_INSTANCE, &in, NULL, 0 },
		{ MSG_CTL_TEXT, &text, NULL, 0 },
		{ MSG_SERVICE, &web, NULL, 0 },
		{ MSG_SERVICE_ADDRESSES, NULL, &addr, 1 },
		{ MSG_SERVICE_END, NULL, NULL, 0 },
	};
	struct model m = { 0 };

	ck_assert_ptr_null(ADD_ALL(&m, frames));
	ck_assert_str_eq(m.instances[0].info.conf.name, "a?");
	ck_assert_str_eq(m.instances[0].info.conf.group, "g?");
	ck_assert_str_eq(m.instances[0].info.tracker, "k?");
	ck_assert_str_eq(m.node.node, "n?");
	ck_assert_str_eq(m.node.config_error, "e?");
	ck_assert_str_eq(m.node.source.error, "s?");
	ck_assert_str_eq(m.texts[0].text, "t?");
	ck_assert_str_eq(m.services[0].addresses[0].instance, "i?");
	ck_assert_str_eq(m.services[0].addresses[0].reason, "r?");
	model_free(&m);
}
END_TEST

START_TEST(ages_and_wall_times_never_go_below_zero)
{
	struct model m = { .node = { .now_us = 1000, .wall_us = 5000 } };

	ck_assert_uint_eq(model_age_us(&m, 400), 600);
	ck_assert_uint_eq(model_wall_us(&m, 400), 4400);
	ck_assert_uint_eq(model_age_us(&m, 1001), 0);
	ck_assert_uint_eq(model_wall_us(&m, UINT64_MAX), 5000);
	m.node.wall_us = 500;
	ck_assert_uint_eq(model_wall_us(&m, 0), 0);
}
END_TEST

START_TEST(a_source_is_stale_only_while_it_does_not_answer)
{
	struct model m = { .node = { .has_services = 1, .now_us = 10000000 } };

	m.node.source.fresh_us = 4000000;
	m.node.source.health = HEALTH_OK;
	ck_assert(model_connected(&m));
	ck_assert_uint_eq(model_stale_us(&m), 0);
	m.node.source.health = HEALTH_TROUBLE;
	ck_assert(!model_connected(&m));
	ck_assert_uint_eq(model_stale_us(&m), 6000000);
	m.node.source.fresh_us = 0; /* never */
	ck_assert_uint_eq(model_stale_us(&m), 0);
	m.node.has_services = 0;
	m.node.source.health = HEALTH_OK;
	ck_assert(!model_connected(&m));
}
END_TEST

START_TEST(an_error_does_not_repeat_its_server)
{
	static const struct {
		const char *server, *error, *shown;
	} cases[] = {
		{ "https://a", "https://a: refused", "refused" },
		{ "https://a", "https://ab: refused", "https://ab: refused" },
		{ "https://a", "refused", "refused" },
		{ "", ": refused", ": refused" },
		{ "https://a", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct model m = { 0 };

		str_copy(m.node.source.server, 256, cases[i].server);
		str_copy(m.node.source.error, 256, cases[i].error);
		ck_assert_str_eq(model_source_error(&m), cases[i].shown);
	}
}
END_TEST

START_TEST(well_is_what_the_exit_code_says)
{
	static const bool well[SERVICE_STATE_COUNT] = { [SERVICE_SERVING] = true,
		[SERVICE_IGNORED] = true,
		[SERVICE_STANDBY] = true,
		[SERVICE_NO_ENDPOINTS] = true,
		[SERVICE_PENDING] = true };
	struct model_service s = { 0 };
	struct model_instance i = { 0 };

	for (int state = 0; state < SERVICE_STATE_COUNT; state++) {
		s.ctl.state = (uint32_t)state;
		ck_assert_int_eq(model_service_well(&s), well[state]);
		s.info.flags = SERVICE_FORLORN;
		ck_assert_int_eq(model_service_problem(&s), state > SERVICE_STANDBY);
		s.info.flags = 0;
		ck_assert_int_eq(model_service_problem(&s),
		    state > SERVICE_STANDBY && state != SERVICE_IGNORED);
	}
	for (int state = 0; state <= VRRP_FAULT; state++) {
		i.info.state.state = (uint8_t)state;
		ck_assert_int_eq(model_instance_well(&i), state != VRRP_FAULT);
	}
}
END_TEST

UNIT_MAIN("model", a_whole_answer_is_collected_in_order,
    a_message_out_of_place_is_refused, an_endpoint_of_a_port_that_is_not_there_is_refused,
    every_string_is_cleaned, ages_and_wall_times_never_go_below_zero,
    a_source_is_stale_only_while_it_does_not_answer, an_error_does_not_repeat_its_server,
    well_is_what_the_exit_code_says)

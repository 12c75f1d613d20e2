/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/intake.h"

#include <errno.h>
#include <netinet/in.h>

#include "told.h"
#include "unit.h"

static struct intake in;

static const char *
frame(enum msg_type type, const void *head, const void *records, uint16_t count)
{
	struct msg m = { .type = type, .count = count, .head = head, .records = records };

	return intake_frame(&in, &m);
}

static void
begin(void)
{
	static const struct msg_service head = { .key = { "default", "web" } };

	intake_clear(&in);
	ck_assert_ptr_null(frame(MSG_SERVICE, &head, NULL, 0));
}

START_TEST(frames_add_up_to_a_service)
{
	struct msg_service_address a = { .addr = told_addr("192.0.2.1") };
	struct msg_service_port p = { .port = 80, .proto = IPPROTO_TCP };
	struct msg_service_endpoint e[2] = {
		{ .port = 8080, .addr = told_addr("10.0.0.1") },
		{ .port = 8080, .addr = told_addr("10.0.0.2") },
	};

	begin();
	ck_assert_ptr_null(frame(MSG_SERVICE_ADDRESSES, NULL, &a, 1));
	ck_assert_ptr_null(frame(MSG_SERVICE_PORTS, NULL, &p, 1));
	ck_assert_ptr_null(frame(MSG_SERVICE_ENDPOINTS, NULL, e, 2));
	ck_assert_ptr_null(frame(MSG_SERVICE_ENDPOINTS, NULL, e, 1));
	ck_assert_ptr_null(frame(MSG_SERVICE_END, NULL, NULL, 0));
	ck_assert_str_eq(in.told.head.key.name, "web");
	ck_assert_uint_eq(in.told.n_addresses, 1);
	ck_assert_uint_eq(in.told.n_endpoints, 3);
	ck_assert_int_eq(in.told.error, 0);
	ck_assert_ptr_null(in.told.oddity);
	intake_clear(&in);
}
END_TEST

START_TEST(frames_out_of_order_are_refused)
{
	static const struct msg_service head;

	intake_clear(&in);
	ck_assert_ptr_nonnull(frame(MSG_SERVICE_END, NULL, NULL, 0));
	ck_assert_ptr_nonnull(frame(MSG_SERVICE_PORTS, NULL, NULL, 0));
	begin();
	ck_assert_ptr_nonnull(frame(MSG_SERVICE, &head, NULL, 0));
}
END_TEST

START_TEST(nonsense_is_left_out_and_named)
{
	struct msg_service_address a = { .addr = told_addr("192.0.2.1") };
	struct msg_service_port p[] = { { .port = 80, .proto = IPPROTO_TCP },
		{ .port = 0, .proto = IPPROTO_TCP }, { .port = 80, .proto = 99 } };
	struct msg_service_endpoint e[] = {
		{ .port = 8080, .addr = told_addr("10.0.0.1") },
		{ .port = 0, .addr = told_addr("10.0.0.1") },
		{ .port = 8080, .port_index = 3, .addr = told_addr("10.0.0.1") },
		{ .port = 8080, .addr = told_addr("127.0.0.1") },
		{ .port = 8080, .addr = told_addr("169.254.1.1") },
		{ .port = 8080, .addr = told_addr("224.0.0.1") },
		{ .port = 8080, .addr = told_addr("192.0.2.1") },
		{ .port = 8080 },
	};

	begin();
	frame(MSG_SERVICE_ADDRESSES, NULL, &a, 1);
	frame(MSG_SERVICE_PORTS, NULL, p, 3);
	frame(MSG_SERVICE_ENDPOINTS, NULL, e, sizeof(e) / sizeof(*e));
	frame(MSG_SERVICE_END, NULL, NULL, 0);
	ck_assert_uint_eq(in.told.n_endpoints, 1);
	ck_assert_uint_eq(in.told.n_ports, 3); /* endpoints point at them */
	ck_assert_int_eq(in.told.ports[0].verdict, VERDICT_OK);
	ck_assert_int_eq(in.told.ports[1].verdict, VERDICT_INVALID);
	ck_assert_int_eq(in.told.ports[2].verdict, VERDICT_INVALID);
	ck_assert_ptr_nonnull(in.told.oddity);
	ck_assert_int_eq(in.told.error, 0);
	intake_clear(&in);
}
END_TEST

START_TEST(a_service_without_bounds_is_refused_in_bounded_memory)
{
	static const struct msg_service_endpoint e[400];

	begin();
	for (int i = 0; i < 1000; i++)
		ck_assert_ptr_null(frame(MSG_SERVICE_ENDPOINTS, NULL, e, 400));
	ck_assert_uint_le(in.told.n_endpoints, INTAKE_ENDPOINTS_MAX);
	frame(MSG_SERVICE_END, NULL, NULL, 0);
	ck_assert_int_eq(in.told.error, E2BIG);
	intake_clear(&in);
}
END_TEST

UNIT_MAIN("intake", frames_add_up_to_a_service, frames_out_of_order_are_refused,
    nonsense_is_left_out_and_named, a_service_without_bounds_is_refused_in_bounded_memory)

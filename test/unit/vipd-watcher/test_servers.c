/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/servers.h"

#include "unit.h"

#define A "https://a:6443"
#define B "https://b:6443"
#define C "https://c:6443"

static struct servers s;

START_TEST(each_is_tried_once_then_patience_is_asked_for)
{
	servers_set(&s, A, B " " C);
	ck_assert_str_eq(servers_current(&s), A);
	ck_assert(servers_failed(&s, A));
	ck_assert_str_eq(servers_current(&s), B);
	ck_assert(servers_failed(&s, B));
	ck_assert_str_eq(servers_current(&s), C);
	ck_assert(!servers_failed(&s, C));
	ck_assert_str_eq(servers_current(&s), A);
	ck_assert(servers_failed(&s, A));
	servers_fini(&s);
}
END_TEST

START_TEST(who_answers_is_kept)
{
	servers_set(&s, A, B " " C);
	servers_failed(&s, A);
	servers_answered(&s);
	ck_assert_str_eq(servers_current(&s), B);
	/* B, C, A are all tried before patience. */
	ck_assert(servers_failed(&s, B));
	ck_assert(servers_failed(&s, C));
	ck_assert(!servers_failed(&s, A));
	servers_fini(&s);
}
END_TEST

START_TEST(two_requests_that_fail_together_move_on_once)
{
	servers_set(&s, A, B " " C);
	ck_assert(servers_failed(&s, A));
	ck_assert(servers_failed(&s, A));
	ck_assert_str_eq(servers_current(&s), B);
	servers_answered(&s);
	/* An old request of A's ends long after. */
	ck_assert(!servers_failed(&s, A));
	ck_assert_str_eq(servers_current(&s), B);
	servers_fini(&s);
}
END_TEST

START_TEST(one_server_has_no_other)
{
	servers_set(&s, A, "");
	ck_assert(!servers_failed(&s, A));
	servers_set(&s, A, A);
	ck_assert(!servers_failed(&s, A));
	ck_assert_str_eq(servers_current(&s), A);
	servers_fini(&s);
}
END_TEST

START_TEST(a_new_list_keeps_the_one_in_use)
{
	servers_set(&s, A, B);
	servers_failed(&s, A);
	servers_set(&s, A, C " " B);
	ck_assert_str_eq(servers_current(&s), B);
	servers_set(&s, A, C);
	ck_assert_str_eq(servers_current(&s), A);
	servers_fini(&s);
}
END_TEST

UNIT_MAIN("servers", each_is_tried_once_then_patience_is_asked_for, who_answers_is_kept,
    two_requests_that_fail_together_move_on_once, one_server_has_no_other,
    a_new_list_keeps_the_one_in_use)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/plan.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"
#include "supervisor/address.h"
#include "unit.h"

enum who { NOBODY, STATIC, SERVICE };

static const struct {
	const char *name;
	enum who who;
	bool early;
	struct plan_place place;
	enum plan_step step;
	bool installed;
} cases[] = {
	{ "nobody wants it and it is not there", NOBODY, false, { .ready = true },
	    PLAN_REST, false },
	{ "what vipd left is removed", NOBODY, false, { .ready = true, .misfit = true },
	    PLAN_DELETE, false },
	{ "also from a link that is down", NOBODY, false, { .misfit = true }, PLAN_DELETE,
	    false },
	{ "not again at once after a refusal", NOBODY, true, { .misfit = true },
	    PLAN_WAIT, false },
	{ "somebody else's is not vipd's to remove", NOBODY, false,
	    { .ready = true, .foreign = true }, PLAN_REST, false },
	{ "a wanted one is added", STATIC, false, { .ready = true }, PLAN_ADD, false },
	{ "a wanted service address too", SERVICE, false, { .ready = true }, PLAN_ADD,
	    false },
	{ "not to an interface that cannot take it", SERVICE, false, { 0 }, PLAN_WAIT,
	    false },
	{ "not before its time", SERVICE, true, { .ready = true }, PLAN_WAIT, false },
	{ "what is there as wanted stays", SERVICE, false,
	    { .ready = true, .fits = true }, PLAN_REST, true },
	{ "but is not told before it is born", SERVICE, false,
	    { .ready = true, .fits = true, .unborn = true }, PLAN_REST, false },
	{ "also on a link that is down", STATIC, false, { .fits = true }, PLAN_REST,
	    true },
	{ "other properties: the old one goes first", STATIC, false,
	    { .ready = true, .misfit = true }, PLAN_DELETE, false },
	{ "and goes beside the right one", STATIC, false,
	    { .ready = true, .fits = true, .misfit = true }, PLAN_DELETE, true },
	{ "a static one of somebody else will do", STATIC, false,
	    { .ready = true, .foreign = true }, PLAN_REST, true },
	{ "for a service it is a conflict", SERVICE, false,
	    { .ready = true, .foreign = true }, PLAN_CONFLICT, false },
	{ "on whatever interface", SERVICE, false,
	    { .ready = true, .foreign_elsewhere = true }, PLAN_CONFLICT, false },
	{ "a static one may be on two interfaces", STATIC, false,
	    { .ready = true, .foreign_elsewhere = true }, PLAN_ADD, false },
	{ "a lifetime is renewed", SERVICE, false,
	    { .ready = true, .fits = true, .stale = true }, PLAN_RENEW, true },
	{ "also on a link that is down", SERVICE, false, { .fits = true, .stale = true },
	    PLAN_RENEW, true },
	{ "not again at once after a refusal", SERVICE, true,
	    { .ready = true, .fits = true, .stale = true }, PLAN_REST, true },
	{ "not beside one that has to go", SERVICE, false,
	    { .ready = true, .fits = true, .misfit = true, .stale = true }, PLAN_DELETE,
	    true },
	{ "what vipd has it keeps when another comes", SERVICE, false,
	    { .ready = true, .fits = true, .foreign_elsewhere = true }, PLAN_REST, true },
};

START_TEST(every_case_has_its_step)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address_want want = { .is_service = cases[i].who == SERVICE };
		const struct address_want *w = cases[i].who == NOBODY ? NULL : &want;

		ck_assert_msg(
		    plan_next(w, &cases[i].place, cases[i].early) == cases[i].step, "%s",
		    cases[i].name);
		ck_assert_msg(plan_is_installed(w, &cases[i].place) == cases[i].installed,
		    "%s", cases[i].name);
	}
}
END_TEST

START_TEST(any_other_property_makes_another_address)
{
	struct address_want a = { .prefixlen = 24, .label = "eth0:a" }, b = a;

	ck_assert(plan_same(&a, &b));
	b.prefixlen = 25;
	ck_assert(!plan_same(&a, &b));
	b = a;
	b.is_service = true;
	ck_assert(!plan_same(&a, &b));
	b = a;
	b.is_lasting = true;
	ck_assert(!plan_same(&a, &b));
	b = a;
	b.label[5] = 'b';
	ck_assert(!plan_same(&a, &b));
	b = a;
	ck_assert(ipaddr_parse("192.0.2.255", &b.broadcast));
	ck_assert(!plan_same(&a, &b));
}
END_TEST

START_TEST(tries_become_rarer_up_to_ten_seconds)
{
	ck_assert_uint_eq(plan_retry_us(0), 100 * US_PER_MS);
	ck_assert_uint_eq(plan_retry_us(1), 200 * US_PER_MS);
	ck_assert_uint_eq(plan_retry_us(6), 6400 * US_PER_MS);
	ck_assert_uint_eq(plan_retry_us(7), 10 * US_PER_S);
	ck_assert_uint_eq(plan_retry_us(4000000000U), 10 * US_PER_S);
}
END_TEST

START_TEST(only_a_delete_takes_gone_for_done)
{
	ck_assert(plan_is_done(false, 0) && plan_is_done(true, 0));
	ck_assert(plan_is_done(true, EADDRNOTAVAIL) && plan_is_done(true, ENODEV));
	ck_assert(!plan_is_done(false, ENODEV) && !plan_is_done(true, EPERM));
}
END_TEST

#define S US_PER_S

static const struct {
	const char *name;
	struct plan_life life;
	uint32_t wanted_s;
	uint64_t now_us;
	bool stale;
	bool expired;
} lives[] = {
	{ "for ever", { true, 0, 5 * S, false }, 0, 1000000 * S, false, false },
	{ "fresh", { true, 30, 5 * S, true }, 30, 15 * S - 1, false, false },
	{ "a third is over", { true, 30, 5 * S, true }, 30, 15 * S, true, false },
	{ "almost over", { true, 30, 5 * S, true }, 30, 34 * S, true, false },
	{ "over", { true, 30, 5 * S, true }, 30, 35 * S, true, true },
	{ "the kernel is a little early", { true, 30, 5 * S, true }, 30,
	    35 * S - 50 * US_PER_MS, true, true },
	{ "a lifetime now", { true, 0, 5 * S, false }, 30, 6 * S, true, false },
	{ "another one", { true, 60, 5 * S, true }, 30, 6 * S, true, false },
	{ "none any more", { true, 30, 5 * S, true }, 0, 6 * S, true, false },
	{ "the longest", { true, 86400, 5 * S, true }, 86400, 28805 * S, true, false },
	{ "a dead vipd's, for ever", { false, 0, 0, false }, 0, 6 * S, false, false },
	{ "a dead vipd's, and a lifetime wanted", { false, 0, 0, true }, 30, 6 * S, true,
	    false },
	{ "a dead vipd's lifetime, none wanted", { false, 0, 0, true }, 0, 6 * S, true,
	    false },
};

START_TEST(a_lifetime_is_renewed_at_a_third_or_where_another_is_wanted)
{
	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		ck_assert_msg(plan_is_stale(&lives[i].life, lives[i].wanted_s,
				  lives[i].now_us) == lives[i].stale,
		    "%s", lives[i].name);
		ck_assert_msg(
		    plan_has_expired(&lives[i].life, lives[i].now_us) == lives[i].expired,
		    "%s", lives[i].name);
	}
}
END_TEST

START_TEST(a_refused_address_says_why_and_how_to_mend_it)
{
	static const struct {
		uint8_t family;
		int error;
		const char *text;
	} told[] = {
		{ AF_INET6, EACCES, "disable_ipv6" },
		{ AF_INET6, EAFNOSUPPORT, "ipv6.disable" },
		{ AF_INET6, EOPNOTSUPP, "ipv6.disable" },
		{ AF_INET, EACCES, "Permission denied" },
		{ AF_INET, EPERM, "CAP_NET_ADMIN" },
		{ AF_INET, EEXIST, "by others" },
		{ AF_INET, ENOBUFS, "No buffer space available" },
	};

	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		struct ipaddr addr = { .family = told[i].family };
		const char *text = plan_error_text(&addr, told[i].error);

		ck_assert_msg(strstr(text, told[i].text) != NULL, "%s", text);
		ck_assert_uint_lt(
		    strlen(text), sizeof(((struct msg_ctl_address *)0)->error));
	}
}
END_TEST

UNIT_MAIN("plan", every_case_has_its_step, a_refused_address_says_why_and_how_to_mend_it,
    any_other_property_makes_another_address, tries_become_rarer_up_to_ten_seconds,
    only_a_delete_takes_gone_for_done,
    a_lifetime_is_renewed_at_a_third_or_where_another_is_wanted)

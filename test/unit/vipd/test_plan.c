/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/plan.h"

#include "clock.h"
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

UNIT_MAIN("plan", every_case_has_its_step, any_other_property_makes_another_address,
    tries_become_rarer_up_to_ten_seconds)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/vmac_plan.h"

#include "unit.h"

START_TEST(the_next_step_follows_from_what_is_there)
{
	static const struct {
		bool wanted, up;
		struct vmac_place p;
		enum vmac_step step;
	} cases[] = {
		/* parent, its ARP, device, fits, marked, settings, up */
		{ true, false, { 0 }, VMAC_REST },
		{ true, false, { 1, 0, 0, 0, 0, 0, 0 }, VMAC_CREATE },
		{ true, true, { 1, 1, 0, 0, 0, 0, 0 }, VMAC_CREATE },
		{ true, false, { 1, 0, 1, 1, 0, 0, 0 }, VMAC_MARK },
		{ true, false, { 1, 0, 1, 1, 1, 0, 0 }, VMAC_PARENT },
		{ true, false, { 1, 1, 1, 1, 1, 0, 0 }, VMAC_READY },
		{ true, false, { 1, 1, 1, 1, 1, 1, 0 }, VMAC_REST },
		{ true, true, { 1, 1, 1, 1, 1, 1, 0 }, VMAC_UP },
		{ true, true, { 1, 1, 1, 1, 1, 1, 1 }, VMAC_REST },
		/* P11: somebody else has set it up while BACKUP */
		{ true, false, { 1, 1, 1, 1, 1, 1, 1 }, VMAC_DOWN },
		/* another MAC or parent since the last reload */
		{ true, true, { 1, 1, 1, 0, 1, 1, 1 }, VMAC_DELETE },
		{ true, true, { 0, 0, 1, 0, 1, 1, 1 }, VMAC_DELETE },
		{ true, true, { 1, 1, 1, 0, 0, 0, 1 }, VMAC_CONFLICT },
		{ true, true, { 1, 0, 1, 0, 0, 0, 0 }, VMAC_CONFLICT },
		{ false, false, { 1, 1, 1, 1, 1, 1, 1 }, VMAC_DELETE },
		{ false, true, { 0, 0, 1, 0, 1, 0, 0 }, VMAC_DELETE },
		{ false, false, { 1, 1, 1, 1, 0, 0, 1 }, VMAC_REST },
		{ false, false, { 1, 1, 0, 0, 0, 0, 0 }, VMAC_REST },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(
		    vmac_plan(cases[i].wanted, cases[i].up, &cases[i].p) == cases[i].step,
		    "case %zu", i);
}
END_TEST

START_TEST(an_instance_waits_only_for_the_first_macvlan)
{
	static const struct {
		bool parent, marked, was_there, has_failed;
		enum vmac_standing standing;
	} cases[] = {
		{ true, false, false, false, VMAC_AWAITED },
		{ true, true, false, false, VMAC_THERE },
		{ true, true, true, true, VMAC_THERE },
		{ true, false, true, false, VMAC_MISSING },
		{ true, false, false, true, VMAC_MISSING },
		{ false, false, false, false, VMAC_MISSING },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(
		    vmac_standing(cases[i].parent, cases[i].marked, cases[i].was_there,
			cases[i].has_failed) == cases[i].standing,
		    "case %zu", i);
}
END_TEST

START_TEST(an_alias_keeps_what_was_there_before)
{
	static const char *const others[] = { "", "uplink", "vipd vmac;",
		"vipd vmac; arp_ignore=0 arp_announce=0",
		"vipd vmac; arp_ignore=0 arp_announce=0 before and after",
		"vipd vmac; arp_ignore=-1 arp_announce=0 before" };
	struct vmac_arp arp = { 8, 4294967295u }, read;
	char alias[VMAC_ALIAS_LEN];

	vmac_alias_write(&arp, alias);
	ck_assert(vmac_alias_read(alias, &read));
	ck_assert_uint_eq(read.ignore, 8);
	ck_assert_uint_eq(read.announce, 4294967295u);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_msg(!vmac_alias_read(others[i], &read), "%s", others[i]);
}
END_TEST

UNIT_MAIN("vmac_plan", the_next_step_follows_from_what_is_there,
    an_instance_waits_only_for_the_first_macvlan, an_alias_keeps_what_was_there_before)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which addresses the engine announces, when and where. */
#include "engine/engine.h"

#include "played_vipd.h"

static bool
all_announced(void)
{
	return net->frames >= 200;
}

START_TEST(only_installed_addresses_are_announced_and_only_by_a_master)
{
	struct msg_instance m = instance(1);
	struct ipaddr a = ip("192.0.2.5");

	start();
	tell_instance(&m);
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	run();
	ck_assert_uint_eq(net->frames, 0);
	run_until(has_announced);
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_MASTER);
	tell_addresses(MSG_REMOVED, 1, &a, 1, IFINDEX);
	run();
	ck_assert_uint_eq(net->frames, 2);
}
END_TEST

static bool
has_announced_again(void)
{
	return net->frames >= 4;
}

START_TEST(a_new_mac_is_announced)
{
	struct ipaddr a = ip("192.0.2.5");

	start();
	become_master();
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	run_until(has_announced);
	tell_interface(1);
	run();
	ck_assert_uint_eq(net->frames, 2);
	tell_interface(2);
	run_until(has_announced_again);
}
END_TEST

static bool
has_announced_on_both(void)
{
	return net->frames >= 2 && net->frames_elsewhere >= 2;
}

static bool
has_announced_elsewhere_again(void)
{
	return net->frames_elsewhere >= 4;
}

/* virtual_ipaddress { ... dev eth1 }. */
START_TEST(an_address_is_announced_on_the_interface_that_has_it)
{
	struct ipaddr a = ip("192.0.2.5"), b = ip("198.51.100.5");
	struct msg_interface_gone gone = { OTHER_IFINDEX };

	start();
	become_master();
	tell_interface_at(OTHER_IFINDEX, 9);
	tell_addresses(MSG_INSTALLED, 1, &a, 1, IFINDEX);
	tell_addresses(MSG_INSTALLED, 1, &b, 1, OTHER_IFINDEX);
	run_until(has_announced_on_both);
	run();
	ck_assert_uint_eq(net->frames, 2);
	ck_assert_uint_eq(net->frames_elsewhere, 2);

	/* Its own MAC, and only what is there when that one changes. */
	tell_interface_at(OTHER_IFINDEX, 10);
	run_until(has_announced_elsewhere_again);
	run();
	ck_assert_uint_eq(net->mac, 10);
	ck_assert_uint_eq(net->frames, 2);

	/* Gone, told again, and back: nothing is sent into the void. */
	tell(MSG_INTERFACE_GONE, &gone, NULL, 0);
	tell_addresses(MSG_INSTALLED, 1, &b, 1, OTHER_IFINDEX);
	run();
	ck_assert_uint_eq(net->frames_elsewhere, 4);
	tell_addresses(MSG_REMOVED, 1, &b, 1, OTHER_IFINDEX);
	tell_interface_at(OTHER_IFINDEX, 10);
	run();
	ck_assert_uint_eq(net->frames_elsewhere, 4);
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_MASTER);
}
END_TEST

START_TEST(routers_take_turns_in_announcing)
{
	struct msg_instance m = instance(1);
	struct ipaddr list[100];

	start();
	for (uint8_t i = 0; i < 100; i++)
		list[i] = ipaddr_from4((uint8_t[4]){ 10, 0, 0, i });
	for (m.id = 1; m.id <= 3; m.id++) {
		m.vrid = (uint8_t)(6 + m.id);
		m.garp_repeat = 1;
		tell_instance(&m);
		tell_addresses(MSG_INSTALLED, m.id, list, m.id == 2 ? 0 : 100, IFINDEX);
	}
	run_until(all_announced);
	ck_assert_uint_eq(engine.roster.first->counters.value[COUNT_ARP_SENT], 100);
}
END_TEST

UNIT_MAIN("engine_announce", only_installed_addresses_are_announced_and_only_by_a_master,
    a_new_mac_is_announced, an_address_is_announced_on_the_interface_that_has_it,
    routers_take_turns_in_announcing)

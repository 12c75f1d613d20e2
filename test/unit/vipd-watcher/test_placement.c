/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/placement.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct iprange lan[2], other[1];
static struct placement_instance instances[5];
static size_t n_instances;

static void
add(const char *name, uint8_t vrid, struct iprange *ranges, size_t n)
{
	struct placement_instance *in = &instances[n_instances++];

	*in = (struct placement_instance){
		.vrid = vrid,
		.bare = !ranges,
		.ranges = ranges,
		.n_ranges = n,
	};
	snprintf(in->name, sizeof(in->name), "%s", name);
}

static const char *
pick(const char *text)
{
	const struct placement_wish nothing = { 0 };
	const struct placement_instance *in;
	struct ipaddr addr;

	ck_assert(ipaddr_parse(text, &addr));
	in = placement_choose(&addr, instances, n_instances, &nothing);
	return in ? in->name : "none";
}

static void
setup(void)
{
	n_instances = 0;
	ck_assert(iprange_parse("192.168.185.0/24", &lan[0]));
	ck_assert(iprange_parse("2001:db8:185::/64", &lan[1]));
	ck_assert(iprange_parse("10.0.0.0-10.0.0.9", &other[0]));
}

START_TEST(an_address_goes_where_its_range_is_named)
{
	setup();
	add("edge", 87, lan, 2);
	add("core", 88, other, 1);
	ck_assert_str_eq(pick("192.168.185.18"), "edge");
	ck_assert_str_eq(pick("2001:db8:185::7"), "edge");
	ck_assert_str_eq(pick("10.0.0.9"), "core");
	ck_assert_str_eq(pick("10.0.0.10"), "none");
}
END_TEST

START_TEST(a_bare_instance_takes_what_no_other_names)
{
	setup();
	add("bare", 1, NULL, 0);
	add("edge", 87, lan, 2);
	ck_assert_str_eq(pick("192.168.185.18"), "edge");
	ck_assert_str_eq(pick("10.0.0.10"), "bare");
}
END_TEST

START_TEST(no_instance_is_no_place)
{
	setup();
	ck_assert_str_eq(pick("192.168.185.18"), "none");
}
END_TEST

/* Nodes of a rolling upgrade must agree: these values may never change. */
START_TEST(several_that_fit_share_by_a_hash_that_never_changes)
{
	static const struct {
		const char *addr;
		const char *instance;
	} golden[] = {
		{ "192.168.185.18", "edge-89" },
		{ "192.168.185.19", "edge-89" },
		{ "192.168.185.20", "edge-87" },
		{ "192.168.185.21", "edge-88" },
		{ "192.168.185.22", "edge-87" },
		{ "192.168.185.23", "edge-88" },
		{ "2001:db8:185::1", "edge-88" },
		{ "2001:db8:185::2", "edge-89" },
		{ "2001:db8:185::3", "edge-88" },
	};

	setup();
	add("edge-87", 87, lan, 2);
	add("edge-88", 88, lan, 2);
	add("edge-89", 89, lan, 2);
	for (size_t i = 0; i < sizeof(golden) / sizeof(*golden); i++)
		ck_assert_str_eq(pick(golden[i].addr), golden[i].instance);
}
END_TEST

START_TEST(the_order_of_the_instances_and_a_new_one_move_as_little_as_possible)
{
	char before[254][NAME_LEN];
	char text[32];
	int moved = 0;

	setup();
	add("edge-88", 88, lan, 2);
	add("edge-87", 87, lan, 2);
	for (int i = 1; i < 254; i++) {
		snprintf(text, sizeof(text), "192.168.185.%d", i);
		snprintf(before[i], NAME_LEN, "%s", pick(text));
	}
	n_instances = 0;
	add("edge-87", 87, lan, 2);
	add("edge-88", 88, lan, 2);
	for (int i = 1; i < 254; i++) {
		snprintf(text, sizeof(text), "192.168.185.%d", i);
		ck_assert_str_eq(pick(text), before[i]);
	}
	add("edge-89", 89, lan, 2);
	for (int i = 1; i < 254; i++) {
		snprintf(text, sizeof(text), "192.168.185.%d", i);
		if (strcmp(pick(text), before[i]) == 0)
			continue;
		ck_assert_str_eq(pick(text), "edge-89");
		moved++;
	}
	ck_assert_int_gt(moved, 253 / 3 - 25);
	ck_assert_int_lt(moved, 253 / 3 + 25);
}
END_TEST

START_TEST(instances_of_one_virtual_router_id_are_told_apart_by_name)
{
	setup();
	add("edge6", 87, lan, 2);
	add("edge4", 87, lan, 2);
	ck_assert_str_eq(pick("192.168.185.18"), "edge4");
	ck_assert_str_eq(pick("192.168.185.19"), "edge4");
}
END_TEST

static bool
is_blue(void *arg, const struct placement_instance *in)
{
	(void)arg;
	return !strcmp(in->name, "blue");
}

static bool
is_none(void *arg, const struct placement_instance *in)
{
	(void)arg;
	(void)in;
	return false;
}

START_TEST(a_pin_goes_before_what_suits_and_that_before_the_record)
{
	static const struct {
		struct placement_wish wish;
		const char *chosen;
	} cases[] = {
		{ { .vrid = 87 }, "red" },
		{ { .vrid = 88 }, "blue" },
		{ { .vrid = 87, .suits = is_blue }, "blue" },
		{ { .vrid = 87, .suits = is_none }, "red" },
		{ { .vrid = 88, .pin = "red" }, "red" },
		{ { .vrid = 88, .pin = "gone" }, "blue" },
		{ { .pin = "red", .suits = is_blue }, "red" },
		{ { .vrid = 90, .suits = is_blue }, "blue" },
	};
	struct ipaddr addr;

	setup();
	add("red", 87, lan, 2);
	add("blue", 88, lan, 2);
	ck_assert(ipaddr_parse("192.168.185.18", &addr));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_str_eq(
		    placement_choose(&addr, instances, n_instances, &cases[i].wish)->name,
		    cases[i].chosen);
}
END_TEST

START_TEST(a_record_reads_back)
{
	char text[100] = "";
	struct ipaddr a, b, c;

	ck_assert(ipaddr_parse("192.0.2.1", &a) && ipaddr_parse("2001:db8::1", &b) &&
	    ipaddr_parse("92.0.2.1", &c));
	placement_record(text, sizeof(text), &a, 87);
	placement_record(text, sizeof(text), &b, 255);
	ck_assert_str_eq(text, "192.0.2.1=87, 2001:db8::1=255");
	ck_assert_uint_eq(placement_recorded(text, &a), 87);
	ck_assert_uint_eq(placement_recorded(text, &b), 255);
	ck_assert_uint_eq(placement_recorded(text, &c), 0);
	ck_assert_uint_eq(placement_recorded(NULL, &a), 0);
	ck_assert_uint_eq(placement_recorded("192.0.2.1=900", &a), 0);
}
END_TEST

UNIT_MAIN("placement", a_pin_goes_before_what_suits_and_that_before_the_record,
    a_record_reads_back, an_address_goes_where_its_range_is_named,
    a_bare_instance_takes_what_no_other_names, no_instance_is_no_place,
    several_that_fit_share_by_a_hash_that_never_changes,
    the_order_of_the_instances_and_a_new_one_move_as_little_as_possible,
    instances_of_one_virtual_router_id_are_told_apart_by_name)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/instance_tell.h"

#include "mem.h"
#include "unit.h"

START_TEST(soft_priorities_keep_their_order_below_the_healthy_ones)
{
	uint8_t before = 0;

	for (unsigned p = 1; p <= 255; p++) {
		uint8_t soft = instance_soft_priority((uint8_t)p);

		ck_assert_uint_ge(soft, 1);
		ck_assert_uint_lt(soft, VRRP_PRIORITY_HEALTHY);
		ck_assert_uint_ge(soft, before);
		before = soft;
	}
	ck_assert_uint_lt(instance_soft_priority(100), instance_soft_priority(110));
}
END_TEST

START_TEST(only_drained_counts_without_services)
{
	static const struct {
		bool wants_services;
		uint32_t node, own, expected;
	} cases[] = {
		{ true, 0, 0, 0 },
		{ true, SOFT_INCOMPLETE, SOFT_TRACKER, SOFT_INCOMPLETE | SOFT_TRACKER },
		{ true, SOFT_DRAINED, 0, SOFT_DRAINED },
		{ false, SOFT_INCOMPLETE | SOFT_RULES, SOFT_TRACKER, 0 },
		{ false, SOFT_DRAINED | SOFT_EXCLUDED, 0, SOFT_DRAINED },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct instances is = { .soft = cases[i].node };
		struct conf_instance conf = { .wants_services = cases[i].wants_services };
		struct instance in = { .conf = &conf, .soft = cases[i].own };

		ck_assert_uint_eq(instance_soft_reasons(&is, &in), cases[i].expected);
	}
}
END_TEST

UNIT_MAIN("instance", soft_priorities_keep_their_order_below_the_healthy_ones,
    only_drained_counts_without_services)

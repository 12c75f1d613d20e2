/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/instance_tell.h"

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

UNIT_MAIN("instance", soft_priorities_keep_their_order_below_the_healthy_ones)

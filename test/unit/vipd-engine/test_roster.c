/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the members of a sync group do together. */
#include "engine/roster.h"

#include "lone_router.h"

static struct roster roster;
static struct instance *legs[2];

static void
run(uint64_t until)
{
	while (roster_deadline(&roster) <= until)
		roster_run(&roster, 9, 1000, roster_deadline(&roster));
}

static struct instance_conf
leg(unsigned i)
{
	struct instance_conf c = conf();

	c.head.id = i + 1;
	c.head.vrid = (uint8_t)(7 + i);
	c.head.garp_lower_prio_repeat = 1;
	strcpy(c.head.group, "legs");
	return c;
}

/* Both are master, and have announced. */
static void
start(void)
{
	struct ipaddr vip = ip("192.0.2.5");

	setup();
	roster = (struct roster){ 0 };
	for (unsigned i = 0; i < 2; i++) {
		struct instance_conf c = leg(i);

		legs[i] = instance_new(&c, &iface, T0);
		outlets_install(&legs[i]->outlets, 4, &iface, &vip, T0);
		roster_add(&roster, legs[i]);
	}
	roster_touch(&roster, legs[0], T0);
	run(T0 + US_PER_S);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(legs[i]->vrrp.state, VRRP_MASTER);
}

static void
stop(void)
{
	for (unsigned i = 0; i < 2; i++) {
		roster_remove(&roster, legs[i], T0 + 3 * US_PER_S);
		instance_free(legs[i], T0 + 3 * US_PER_S);
	}
	deadlines_free(&roster.deadlines);
}

/* C8 */
START_TEST(a_lower_advert_to_one_member_repairs_the_caches_of_all)
{
	uint8_t message[ADVERT_LEN_MAX];
	uint64_t before[2], now = T0 + 2 * US_PER_S;
	struct advert_packet p;

	start();
	run(now);
	for (unsigned i = 0; i < 2; i++)
		before[i] = legs[i]->counters.value[COUNT_ARP_SENT];
	p = packet_from("192.0.2.9", 100, message);
	ck_assert_int_eq(hear(legs[0], &p, now), ADVERT_OK);
	roster_touch(&roster, legs[0], now);
	run(now + 10 * US_PER_MS);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(legs[i]->counters.value[COUNT_ARP_SENT], before[i] + 1);
	stop();
}
END_TEST

START_TEST(a_better_advert_to_one_member_moves_all)
{
	uint8_t message[ADVERT_LEN_MAX];
	uint64_t now = T0 + US_PER_S;
	struct advert_packet p;

	start();
	p = packet_from("192.0.2.20", 200, message);
	ck_assert_int_eq(hear(legs[0], &p, now), ADVERT_OK);
	roster_touch(&roster, legs[0], now);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(legs[i]->vrrp.state, VRRP_BACKUP);
	ck_assert_int_eq(legs[1]->vrrp.reason, VRRP_REASON_GROUP);
	ck_assert_uint_eq(net.message[2], VRRP_PRIORITY_STOP);
	stop();
}
END_TEST

START_TEST(a_group_hands_over_together)
{
	start();
	roster_hand_over(&roster, legs[1], HANDOVER_BEGIN, T0 + US_PER_S);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(legs[i]->vrrp.reason, VRRP_REASON_HANDOVER);
	stop();
}
END_TEST

START_TEST(who_leaves_a_group_leaves_its_fault)
{
	struct instance_conf c = leg(0);

	start();
	c.head.tracker_failed = 1;
	instance_configure(legs[0], &c, &iface, T0 + US_PER_S);
	roster_touch(&roster, legs[0], T0 + US_PER_S);
	ck_assert_int_eq(legs[1]->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(legs[1]->vrrp.reason, VRRP_REASON_GROUP);
	c = leg(1);
	c.head.group[0] = '\0';
	instance_configure(legs[1], &c, &iface, T0 + US_PER_S);
	roster_touch(&roster, legs[1], T0 + US_PER_S);
	ck_assert_int_eq(legs[0]->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(legs[1]->vrrp.state, VRRP_BACKUP);
	stop();
}
END_TEST

UNIT_MAIN("roster", a_lower_advert_to_one_member_repairs_the_caches_of_all,
    a_better_advert_to_one_member_moves_all, a_group_hands_over_together,
    who_leaves_a_group_leaves_its_fault)

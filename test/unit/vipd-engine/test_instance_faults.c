/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a virtual router may not run, and how it takes up again. */
#include "engine/instance.h"

#include <errno.h>

#include "lone_router.h"

START_TEST(faults_have_their_reasons_and_resign)
{
	struct instance *in;
	uint64_t now = T0 + 400000;

	setup();
	in = master();
	iface.info.usable = 0;
	instance_on_iface(in, &iface, now);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_LINK_DOWN);
	ck_assert_uint_eq(net.message[2], 0);
	ck_assert_uint_eq(in->counters.value[COUNT_PRIORITY_ZERO_SENT], 1);
	iface.info.usable = 1;
	iface.info.primary4 = (struct ipaddr){ 0 };
	instance_on_iface(in, &iface, now);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_NO_ADDRESS);
	instance_on_iface(in, NULL, now);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_NO_INTERFACE);
	ck_assert_uint_eq(instance_deadline(in, 0), VRRP_NEVER);
	iface.info.primary4 = ip("192.0.2.11");
	instance_on_iface(in, &iface, now + 1);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(instance_deadline(in, 0), now + 1 + DOWN);
	pass(in, now + US_PER_S);
	ck_assert(ipaddr_eq(&net.src, &iface.info.primary4));
	instance_free(in, T0);
}
END_TEST

START_TEST(the_source_that_is_gone_is_the_source_of_the_resignation)
{
	struct ipaddr before;
	struct instance *in;

	setup();
	in = master();
	before = iface.info.primary4;
	iface.info.primary4 = (struct ipaddr){ 0 };
	instance_on_iface(in, &iface, T0 + 400000);
	ck_assert_uint_eq(net.message[2], 0);
	ck_assert(ipaddr_eq(&net.src, &before));
	instance_free(in, T0);
}
END_TEST

START_TEST(three_lost_adverts_are_a_fault_that_is_tried_again)
{
	struct instance *in;
	uint64_t failed;

	setup();
	in = master();
	net.error = -ENOBUFS;
	pass(in, T0 + DOWN + 299999);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	pass(in, T0 + DOWN + 300000);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_SEND_FAILED);
	failed = T0 + DOWN + 300000;
	/* Back after a second; the claim cannot be sent: again, longer. */
	pass(in, failed + US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	pass(in, failed + US_PER_S + DOWN);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_uint_eq(instance_deadline(in, 0), failed + 3 * US_PER_S + DOWN);
	ck_assert_uint_eq(in->counters.value[COUNT_BECAME_MASTER], 1);
	net.error = 0;
	pass(in, failed + 5 * US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_uint_eq(in->send_failures, 0);
	instance_free(in, T0);
}
END_TEST

/* keepalived's track_src_ip: it would hear nobody, and be a second master. */
START_TEST(a_claim_from_an_address_that_is_not_here_is_a_fault_at_once)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.unicast_src = ip("192.0.2.12");
	in = instance_new(&c, &iface, T0);
	net.error = -ENETUNREACH;
	pass(in, T0 + DOWN + 299999);
	ck_assert_int_eq(in->vrrp.state, VRRP_FAULT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_SEND_FAILED);
	ck_assert_uint_eq(in->counters.value[COUNT_BECAME_MASTER], 0);
	net.error = 0;
	pass(in, T0 + 4 * US_PER_S);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	/* Later it is as any other error. */
	net.error = -ENETUNREACH;
	instance_expire(in, T0 + 4 * US_PER_S + 100000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	instance_free(in, T0);
}
END_TEST

START_TEST(held_until_told_otherwise)
{
	struct instance_conf c = conf(), d = conf();
	struct instance *in;

	setup();
	c.head.hold = 1;
	in = instance_new(&c, &iface, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_INIT);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_HOLD);
	ck_assert_uint_eq(instance_deadline(in, 0), VRRP_NEVER);
	instance_configure(in, &d, &iface, T0 + 1000);
	ck_assert_uint_eq(instance_deadline(in, 0), T0 + 1000 + DOWN);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_hold_does_not_stop_a_router_that_runs)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	in = master();
	c.head.hold = 1;
	instance_configure(in, &c, &iface, T0 + 400000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	instance_free(in, T0);
}
END_TEST

/* I10 */
START_TEST(a_restarted_engine_resumes_with_an_advert_at_once)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.resume = 1;
	in = instance_new(&c, &iface, T0);
	ck_assert_uint_eq(instance_deadline(in, 0), T0);
	pass(in, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	ck_assert_int_eq(in->vrrp.reason, VRRP_REASON_RESUMED);
	ck_assert_uint_eq(net.adverts, 1);
	instance_free(in, T0);
}
END_TEST

START_TEST(a_restarted_engine_follows_a_better_master_it_finds)
{
	struct instance_conf c = conf();
	struct instance *in;

	setup();
	c.head.resume = 1;
	in = instance_new(&c, &iface, T0);
	hear_from(in, "192.0.2.20", 200, T0);
	pass(in, T0);
	ck_assert_int_eq(in->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net.adverts, 0);
	instance_free(in, T0);
}
END_TEST

START_TEST(impossible_routers_are_refused)
{
	struct instance_conf good = conf(), c;

	ck_assert_ptr_null(instance_conf_check(&good));
	c = good;
	c.head.version = 1;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.family = AF_INET6;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.vrid = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.priority = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.advert_us = 0;
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	c = good;
	c.head.unicast_src = ip("fe80::1");
	ck_assert_ptr_nonnull(instance_conf_check(&c));
	instance_conf_free(&good);
}
END_TEST

UNIT_MAIN("instance_faults", faults_have_their_reasons_and_resign,
    the_source_that_is_gone_is_the_source_of_the_resignation,
    three_lost_adverts_are_a_fault_that_is_tried_again,
    a_claim_from_an_address_that_is_not_here_is_a_fault_at_once,
    held_until_told_otherwise, a_hold_does_not_stop_a_router_that_runs,
    a_restarted_engine_resumes_with_an_advert_at_once,
    a_restarted_engine_follows_a_better_master_it_finds, impossible_routers_are_refused)

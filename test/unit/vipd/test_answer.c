/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/answer.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

/* A Service with two addresses on instance edge, everything well. */
static struct conf_instance conf;
static struct msg_ctl_address shown[2];
static struct instance instance;
static struct instances instances;
static struct services services;
static struct msg_service_address addresses[2];
static struct service sv;
static const struct answer_source src = { .instances = &instances,
	.services = &services };
static char reason[REASON_LEN];

static void
setup(void)
{
	conf = (struct conf_instance){ .name = "edge" };
	instance = (struct instance){
		.name = "edge",
		.conf = &conf,
		.state.state = VRRP_MASTER,
		.addresses = shown,
		.n_addresses = 2,
	};
	instances.first = &instance;
	sv = (struct service){
		.head.endpoints = 1,
		.addresses = addresses,
		.n_addresses = 2,
		.n_placed = 2,
		.in_place = true,
	};
	memset(addresses, 0, sizeof(addresses));
	memset(shown, 0, sizeof(shown));
	for (int i = 0; i < 2; i++) {
		ck_assert(
		    ipaddr_parse(i ? "192.0.2.19" : "192.0.2.18", &addresses[i].addr));
		str_copy(addresses[i].instance, NAME_LEN, "edge");
		shown[i].addr = addresses[i].addr;
		shown[i].origin = ORIGIN_EXTERNAL_IP;
		shown[i].installed = 1;
	}
}

static enum service_state
state(void)
{
	return answer_service_state(&src, &sv, reason);
}

START_TEST(serving_on_the_master_standby_elsewhere)
{
	setup();
	ck_assert_int_eq(state(), SERVICE_SERVING);
	ck_assert_str_eq(reason, "");
	instance.state.state = VRRP_BACKUP;
	ck_assert_int_eq(state(), SERVICE_STANDBY);
}
END_TEST

START_TEST(an_address_that_cannot_be_installed_is_a_failure_by_name)
{
	setup();
	shown[1].installed = 0;
	str_copy(shown[1].error, sizeof(shown[1].error), "configured here by others");
	ck_assert_int_eq(state(), SERVICE_FAILED);
	ck_assert_ptr_nonnull(strstr(reason, "192.0.2.19"));
}
END_TEST

START_TEST(the_watchers_verdict_comes_first)
{
	static const struct {
		enum verdict verdict;
		enum service_state state;
	} cases[] = {
		{ VERDICT_INVALID, SERVICE_REFUSED },
		{ VERDICT_REFUSED, SERVICE_REFUSED },
		{ VERDICT_CONFLICT, SERVICE_CONFLICT },
		{ VERDICT_PENDING, SERVICE_PENDING },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		setup();
		sv.head.verdict = cases[i].verdict;
		str_copy(sv.head.reason, REASON_LEN, "because");
		ck_assert_int_eq(state(), cases[i].state);
		ck_assert_str_eq(reason, "because");
	}
}
END_TEST

START_TEST(one_refused_address_is_named_but_does_not_hide_the_other)
{
	setup();
	addresses[0].verdict = VERDICT_REFUSED;
	str_copy(addresses[0].reason, REASON_LEN, "outside external_ips");
	ck_assert_int_eq(state(), SERVICE_SERVING);
	ck_assert_str_eq(reason, "outside external_ips");
	addresses[1].verdict = VERDICT_CONFLICT;
	ck_assert_int_eq(state(), SERVICE_REFUSED);
}
END_TEST

START_TEST(rules_and_endpoints_come_before_the_wire)
{
	setup();
	sv.head.endpoints = 0;
	ck_assert_int_eq(state(), SERVICE_NO_ENDPOINTS);
	sv.n_placed = 0;
	ck_assert_int_eq(state(), SERVICE_PENDING);
	sv.failed = true;
	str_copy(sv.failure, REASON_LEN, "no memory");
	ck_assert_int_eq(state(), SERVICE_FAILED);
	ck_assert_str_eq(reason, "no memory");
}
END_TEST

UNIT_MAIN("answer", serving_on_the_master_standby_elsewhere,
    an_address_that_cannot_be_installed_is_a_failure_by_name,
    the_watchers_verdict_comes_first,
    one_refused_address_is_named_but_does_not_hide_the_other,
    rules_and_endpoints_come_before_the_wire)

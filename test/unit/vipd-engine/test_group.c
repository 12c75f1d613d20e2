/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/group.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "engine/instance_conf.h"
#include "engine/vrrp.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
/* Between a backup of priority 254 and one of 100. */
#define EARLY ((156 - 2) * 100000 / 256)

/* A member in one of the situations that count for its group. */
enum is {
	NOBODY,
	WAITING, /* INIT */
	QUIET,   /* BACKUP, nobody heard */
	FOLLOWS, /* BACKUP, a master heard */
	READY,   /* a better backup would be due */
	DUE,
	CLAIMS,
	CLAIMED,
	RESUMES, /* INIT, was master */
	MASTER,
	TROUBLED,    /* not in FAULT yet */
	FAULT,       /* for a reason of its own */
	DRAGGED,     /* into FAULT by the group */
	OUT_OF_FAULT /* its own reason is gone, the group's holds it */
};

static struct group_member
member(enum is is, struct vrrp *r)
{
	struct vrrp_config c = {
		.version = 3, .priority = 100, .advert_us = 100000, .down_adverts = 3
	};
	struct group_member m = { .vrrp = r };

	vrrp_init(r, &c, T0);
	r->state = is == MASTER              ? VRRP_MASTER
	    : is == WAITING || is == RESUMES ? VRRP_INIT
	    : is >= FAULT                    ? VRRP_FAULT
					     : VRRP_BACKUP;
	if (is == FOLLOWS || is == READY || is == DUE || is == CLAIMS || is == CLAIMED)
		r->master = ipaddr_from4((uint8_t[4]){ 192, 0, 2, 1 });
	r->master_down_timer = is == DUE   ? T0
	    : is == READY                  ? T0 + EARLY
	    : is == QUIET || is == FOLLOWS ? T0 + EARLY + 1
					   : VRRP_NEVER;
	if (is == CLAIMS)
		r->claim_timer = T0 + 1;
	if (is == CLAIMED || is == RESUMES)
		r->claim_timer = T0;
	m.troubled = is == TROUBLED || is == FAULT;
	m.faulted = is >= FAULT;
	return m;
}

/* The first leads. */
START_TEST(members_move_together)
{
	static const struct {
		const char *name;
		enum is a, b, c;
		enum group_order order;
	} cases[] = {
		{ "all wait", WAITING, QUIET, QUIET, GROUP_REST },
		{ "one would, the others not yet", DUE, QUIET, QUIET, GROUP_REST },
		{ "one would, another follows a master", DUE, FOLLOWS, DUE, GROUP_REST },
		{ "one would, another is held", DUE, WAITING, DUE, GROUP_REST },
		{ "all would", DUE, DUE, DUE, GROUP_LEAD },
		{ "the leader would, the others have no master", DUE, READY, READY,
		    GROUP_LEAD },
		{ "the leader waits for its skew time", READY, DUE, DUE, GROUP_REST },
		{ "the leader's claim stands, others have no master", CLAIMED, READY, DUE,
		    GROUP_CLAIM },
		{ "the leader has claimed", CLAIMS, DUE, DUE, GROUP_REST },
		{ "the leader's claim stands", CLAIMED, DUE, DUE, GROUP_CLAIM },
		{ "the leader's claim stands, some have claimed", CLAIMED, CLAIMS, DUE,
		    GROUP_CLAIM },
		{ "all have claimed", CLAIMS, CLAIMS, CLAIMS, GROUP_REST },
		{ "the longest window counts", CLAIMED, CLAIMED, CLAIMS, GROUP_REST },
		{ "all windows are over", CLAIMED, CLAIMED, CLAIMED, GROUP_TAKE },
		{ "the leader's claim is lost", FOLLOWS, CLAIMS, CLAIMS, GROUP_YIELD },
		{ "another claim is lost", CLAIMED, FOLLOWS, CLAIMS, GROUP_RETRY },
		{ "a better one speaks elsewhere while the leader claims", CLAIMS, DUE,
		    FOLLOWS, GROUP_RETRY },
		{ "one yields", MASTER, FOLLOWS, MASTER, GROUP_YIELD },
		{ "one yields while others claim", CLAIMED, FOLLOWS, MASTER,
		    GROUP_YIELD },
		{ "all follow", FOLLOWS, FOLLOWS, FOLLOWS, GROUP_REST },
		{ "all are master", MASTER, MASTER, MASTER, GROUP_REST },
		{ "the leader resumes, another heard a better", RESUMES, FOLLOWS, DUE,
		    GROUP_YIELD },
		{ "all resume", RESUMES, RESUMES, RESUMES, GROUP_TAKE },
		{ "one of those that resume heard a better", RESUMES, FOLLOWS, MASTER,
		    GROUP_YIELD },
		{ "a newcomer does not disturb", MASTER, MASTER, QUIET, GROUP_REST },
		{ "a newcomer that is due", MASTER, MASTER, DUE, GROUP_CLAIM },
		{ "a newcomer that leads is due", DUE, MASTER, MASTER, GROUP_LEAD },
		{ "a newcomer that leads has claimed", CLAIMED, MASTER, MASTER,
		    GROUP_TAKE },
		{ "a newcomer that leads claims, another member yields", CLAIMS, FOLLOWS,
		    MASTER, GROUP_YIELD },
		{ "a newcomer that has claimed", MASTER, MASTER, CLAIMED, GROUP_TAKE },
		{ "one has trouble", MASTER, TROUBLED, MASTER, GROUP_FAULT },
		{ "one has trouble, another is told", DRAGGED, FAULT, MASTER,
		    GROUP_FAULT },
		{ "all are told", DRAGGED, FAULT, DRAGGED, GROUP_REST },
		{ "one of two troubles is over", OUT_OF_FAULT, FAULT, DRAGGED,
		    GROUP_REST },
		{ "all is well again", DRAGGED, OUT_OF_FAULT, DRAGGED, GROUP_RECOVER },
		{ "a single member", DUE, NOBODY, NOBODY, GROUP_LEAD },
		{ "no member", NOBODY, NOBODY, NOBODY, GROUP_REST },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const enum is members[] = { cases[i].a, cases[i].b, cases[i].c };
		struct group g = { 0 };

		for (unsigned k = 0; k < 3; k++) {
			struct vrrp r;
			struct group_member m = member(members[k], &r);

			if (members[k] != NOBODY)
				group_count(&g, &m, T0);
			if (members[k] != NOBODY && k == 0)
				group_lead(&g, &r, T0);
		}
		ck_assert_msg(group_order(&g) == cases[i].order, "%s: order %d",
		    cases[i].name, group_order(&g));
	}
}
END_TEST

START_TEST(only_a_masters_timer_counts_without_the_group)
{
	static const struct {
		enum is is;
		bool held;
	} cases[] = { { DUE, true }, { CLAIMED, true }, { RESUMES, true },
		{ QUIET, false }, { MASTER, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp r;

		member(cases[i].is, &r);
		r.adver_timer = r.state == VRRP_MASTER ? T0 : VRRP_NEVER;
		ck_assert_int_eq(group_holds(&r, T0), cases[i].held);
	}
}
END_TEST

START_TEST(a_member_looks_up_when_it_is_ready)
{
	static const struct {
		enum is is;
		uint64_t at;
	} cases[] = { { QUIET, T0 + 1 }, { READY, T0 + EARLY }, { DUE, VRRP_NEVER },
		{ CLAIMS, T0 + 1 }, { CLAIMED, VRRP_NEVER }, { WAITING, VRRP_NEVER },
		{ MASTER, T0 + 7 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp r;

		member(cases[i].is, &r);
		if (r.state == VRRP_MASTER)
			r.adver_timer = T0 + 7;
		ck_assert_uint_eq(group_deadline(&r, T0), cases[i].at);
	}
}
END_TEST

static struct instance_conf
router(uint8_t vrid, int family, const char *addrs, const char *name)
{
	struct instance_conf c = { .head = { .vrid = vrid, .family = (uint8_t)family } };
	struct ipaddr a = { 0 };
	char word[INET6_ADDRSTRLEN];
	int n;

	strcpy(c.head.name, name);
	for (; sscanf(addrs, "%45s%n", word, &n) == 1; addrs += n) {
		a.family = (uint8_t)family;
		ck_assert_int_eq(inet_pton(family, word, a.bytes), 1);
		instance_conf_add_addrs(&c, &a, 1);
	}
	return c;
}

/* Whatever their order in a file, and whatever they are called there. */
START_TEST(one_member_leads_on_every_node)
{
	static const struct {
		uint8_t vrid;
		int family;
		const char *addrs, *name;
	} order[] = { { 1, AF_INET6, "fe80::9 2001:db8::9", "z" },
		{ 2, AF_INET, "192.0.2.9 192.0.2.1", "y" },
		{ 2, AF_INET, "192.0.2.2 192.0.2.8", "x" },
		{ 2, AF_INET, "192.0.2.200", "w" }, { 2, AF_INET, "", "a" },
		{ 2, AF_INET, "", "b" }, { 2, AF_INET6, "2001:db8::1", "a" },
		{ 3, AF_INET, "192.0.2.0", "a" } };
	struct instance_conf c[sizeof(order) / sizeof(*order)];
	size_t n = sizeof(c) / sizeof(*c);

	for (size_t i = 0; i < n; i++)
		c[i] =
		    router(order[i].vrid, order[i].family, order[i].addrs, order[i].name);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			ck_assert_msg(instance_conf_leads(&c[i], &c[k]) == (i < k),
			    "%zu and %zu", i, k);
	for (size_t i = 0; i < n; i++)
		instance_conf_free(&c[i]);
}
END_TEST

UNIT_MAIN("group", members_move_together, only_a_masters_timer_counts_without_the_group,
    a_member_looks_up_when_it_is_ready, one_member_leads_on_every_node)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/holder.h"

#include <string.h>

#include "unit.h"
#include "watcher/status.h"
#include "watcher/view.h"

#define MS UINT64_C(1000)

static struct ipaddr
addr(const char *text)
{
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, &a));
	return a;
}

static void
hold(struct holder *h, const char *text, bool held, uint64_t now_us)
{
	struct msg_held_here m = { .instance = "edge", .held = held };
	struct ipaddr a = addr(text);

	holder_held(h, &m, &a, 1, now_us);
}

static struct msg_service_address
judged(const char *text, enum verdict verdict)
{
	return (struct msg_service_address){
		.addr = addr(text),
		.verdict = (uint8_t)verdict,
	};
}

START_TEST(what_is_held_is_known_with_its_delay)
{
	struct msg_here m = {
		.instance = "edge", .state = VRRP_MASTER, .since_us = 1000 * MS
	};
	struct ipaddr a = addr("192.0.2.1");
	struct holder h = { 0 };

	holder_here(&h, &m);
	hold(&h, "192.0.2.1", true, 1012 * MS);
	ck_assert(holder_find(&h, &a));
	ck_assert_uint_eq(holder_find(&h, &a)->after_ms, 12);
	hold(&h, "192.0.2.1", true, 1015 * MS);
	ck_assert_uint_eq(HASH_COUNT(h.addresses), 1);
	ck_assert_uint_eq(holder_find(&h, &a)->after_ms, 12);
	hold(&h, "192.0.2.1", false, 1020 * MS);
	hold(&h, "192.0.2.1", false, 1020 * MS);
	ck_assert(!holder_find(&h, &a));
	holder_fini(&h);
}
END_TEST

START_TEST(the_holder_of_the_first_good_address_speaks)
{
	struct msg_service_address addresses[] = { judged("192.0.2.1", VERDICT_REFUSED),
		judged("192.0.2.2", VERDICT_OK), judged("192.0.2.3", VERDICT_OK) };
	struct view v = { .wanted = true, .addresses = addresses, .n_addresses = 3 };
	struct holder h = { 0 };

	hold(&h, "192.0.2.1", true, 0);
	hold(&h, "192.0.2.3", true, 0);
	ck_assert(!holder_speaks(&h, &v));
	hold(&h, "192.0.2.2", true, 0);
	ck_assert(holder_speaks(&h, &v));
	v.wanted = false;
	ck_assert(!holder_speaks(&h, &v));
	holder_fini(&h);
}
END_TEST

START_TEST(an_event_tells_who_has_it_now_and_who_had_it)
{
	struct service_status seen = { 0 }, a_has = { 0 };
	const struct held_address *held;
	struct ipaddr a = addr("192.0.2.1");
	char note[EVENT_NOTE_MAX];
	enum event_reason reason;
	struct holder h = { 0 };

	hold(&h, "192.0.2.1", true, 0);
	held = holder_find(&h, &a);
	ck_assert(holder_event(&seen, held, "worker-a", &reason, note, sizeof(note)));
	ck_assert_int_eq(reason, EVENT_VIP_ACTIVE);
	ck_assert_str_eq(note,
	    "192.0.2.1 is on node worker-a (instance edge), 0 ms after it became master");
	holder_want(&a_has, held, "worker-a");
	ck_assert(!holder_event(&a_has, held, "worker-a", &reason, note, sizeof(note)));
	ck_assert(holder_event(&a_has, held, "worker-b", &reason, note, sizeof(note)));
	ck_assert_int_eq(reason, EVENT_VIP_MOVED);
	ck_assert_str_eq(note,
	    "192.0.2.1 is on node worker-b (instance edge), 0 ms after it became master; "
	    "before: worker-a");
	/* A Service that is new on an old master has not been waited for. */
	h.addresses->after_ms = 3600 * 1000;
	ck_assert(holder_event(&seen, held, "worker-a", &reason, note, sizeof(note)));
	ck_assert_str_eq(note, "192.0.2.1 is on node worker-a (instance edge)");
	/* Somebody wrote something else there. */
	status_set_condition(&seen, STATUS_READY, true, "X", "nobody knows");
	ck_assert(holder_event(&seen, held, "worker-a", &reason, note, sizeof(note)));
	ck_assert_int_eq(reason, EVENT_VIP_ACTIVE);
	status_fini(&seen);
	status_fini(&a_has);
	holder_fini(&h);
}
END_TEST

UNIT_MAIN("holder", what_is_held_is_known_with_its_delay,
    the_holder_of_the_first_good_address_speaks,
    an_event_tells_who_has_it_now_and_who_had_it)

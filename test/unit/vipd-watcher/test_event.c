/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/event.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "unit.h"

#define WALL UINT64_C(1767323045000007)

static struct event
event(const char *note)
{
	struct event e = {
		.about = { .ns = "default", .name = "web" },
		.uid = "u-1",
		.reason = EVENT_VIP_ACTIVE,
	};

	snprintf(e.note, sizeof(e.note), "%s", note);
	return e;
}

START_TEST(an_event_has_what_the_api_wants)
{
	struct event e = event("it is here");
	char *text;

	event_set_name(&e, WALL);
	ck_assert(strncmp(e.name, "web.", 4) == 0 && strlen(e.name) == 20);
	snprintf(e.name, sizeof(e.name), "web.0");
	text = event_body(&e, "worker-a");
	ck_assert_str_eq(text,
	    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{"
	    "\"name\":\"web.0\",\"namespace\":\"default\"},\"eventTime\":"
	    "\"2026-01-02T03:04:05.000007Z\",\"reportingController\":\"vipd.io/vipd\","
	    "\"reportingInstance\":\"worker-a\",\"action\":\"Serve\",\"reason\":"
	    "\"VIPActive\",\"regarding\":{\"apiVersion\":\"v1\",\"kind\":\"Service\","
	    "\"namespace\":\"default\",\"name\":\"web\",\"uid\":\"u-1\"},\"note\":"
	    "\"it is here\",\"type\":\"Normal\"}");
	free(text);
	text = event_body(&e, "");
	ck_assert(strstr(text, "\"reportingInstance\":\"vipd\""));
	free(text);
	text = event_series(3, "2026-01-02T03:04:05.000007Z");
	ck_assert_str_eq(text,
	    "{\"series\":{\"count\":3,\"lastObservedTime\":"
	    "\"2026-01-02T03:04:05.000007Z\"}}");
	free(text);
}
END_TEST

START_TEST(the_same_thing_is_told_apart_from_another)
{
	struct event a = event("x"), b = event("x");

	ck_assert(event_hash(&a) == event_hash(&b));
	b.reason = EVENT_VIP_MOVED;
	ck_assert(event_hash(&a) != event_hash(&b));
	b = event("y");
	ck_assert(event_hash(&a) != event_hash(&b));
	b = event("x");
	b.uid[0] = 'v';
	ck_assert(event_hash(&a) != event_hash(&b));
}
END_TEST

START_TEST(an_object_has_25_at_once_then_one_in_five_minutes)
{
	struct event_budget b = { 0 };
	uint64_t now = 1000 * US_PER_S;

	for (int i = 0; i < 25; i++)
		ck_assert(event_budget_take(&b, now));
	ck_assert(!event_budget_take(&b, now));
	ck_assert(!event_budget_take(&b, now + 299 * US_PER_S));
	ck_assert(event_budget_take(&b, now + 300 * US_PER_S));
	ck_assert(!event_budget_take(&b, now + 301 * US_PER_S));
}
END_TEST

UNIT_MAIN("event", an_event_has_what_the_api_wants,
    the_same_thing_is_told_apart_from_another,
    an_object_has_25_at_once_then_one_in_five_minutes)

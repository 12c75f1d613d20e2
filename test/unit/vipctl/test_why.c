/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "why.h"

#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "model.h"
#include "unit.h"

static struct msg_ctl_instance
backup(uint8_t version, uint8_t priority, uint32_t heard_us)
{
	return (struct msg_ctl_instance){
		.conf = { .name = "edge",
		    .version = version,
		    .priority = priority,
		    .down_adverts = 3,
		    .advert_us = 100000,
		    .preempt = 1 },
		.state = { .state = VRRP_BACKUP,
		    .master_advert_us = heard_us,
		    .master_priority = 200,
		    .reason = VRRP_REASON_HIGHER_PRIORITY },
		.configured_priority = 150,
	};
}

/* The engine's own figures (test_vrrp.c): 341.406 and 3414.0625 ms. */
START_TEST(the_takeover_is_that_of_the_rfcs)
{
	struct msg_ctl_instance v3 = backup(3, 150, 100000);
	struct msg_ctl_instance v2 = backup(2, 150, 1000000);

	ck_assert_uint_eq(why_takeover_us(&v3), 341406);
	ck_assert_uint_eq(why_takeover_us(&v2), 3414062);
	v3.conf.down_adverts = 1;
	ck_assert_uint_eq(why_takeover_us(&v3), 141406);
	v3.state.state = VRRP_MASTER;
	ck_assert_uint_eq(why_takeover_us(&v3), 0);
}
END_TEST

static char *
shown(const struct why *w)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	why_show(w, out);
	fclose(out);
	return text;
}

START_TEST(it_names_the_master_the_sum_and_the_events)
{
	struct msg_ctl_track tracks[] = {
		{ .name = "chk", .kind = TRACK_SCRIPT, .adds = -20 },
		{ .name = "eth1", .kind = TRACK_INTERFACE, .adds = 0 },
	};
	struct msg_counter counters[] = {
		{ "adverts_sent", 1000 },
		{ "adverts_late", 3 },
		{ "lateness_us", 90000 },
		{ "became_master", 4 },
		{ "became_backup", 5 },
		{ "rx_ok", 0 },
		{ "rx_vrid", 77 },
		{ "rx_ttl", 2 },
		{ "rx_auth_hmac", 40 },
	};
	struct model_instance in = {
		.info = backup(3, 26, 100000),
		.tracks = tracks,
		.n_tracks = 2,
		.counters = counters,
		.n_counters = ARRAY_LEN(counters),
	};
	struct model m = {
		.node = { .node = "worker-a" }, .instances = &in, .n_instances = 1
	};
	struct msg_ctl_event events[14] = { { .text = "edge2: not of this one" } };
	struct why w = { &m, &in, events, ARRAY_LEN(events) };
	_free_ char *text = NULL;

	for (size_t i = 1; i < ARRAY_LEN(events); i++)
		snprintf(events[i].text, sizeof(events[i].text), "edge: event %zu.", i);
	ck_assert(ipaddr_parse("192.0.2.2", &in.info.state.master));
	in.info.soft = SOFT_TRACKER;
	text = shown(&w);
	ck_assert_ptr_nonnull(strstr(text, "edge on worker-a has been BACKUP"));
	ck_assert_ptr_nonnull(
	    strstr(text, "192.0.2.2, priority 200, an advert every 100 ms\n"));
	ck_assert_ptr_nonnull(strstr(text, "after 390 ms without an advert of it\n"));
	ck_assert_ptr_nonnull(strstr(text, "26: configured 150, -20 "));
	ck_assert_ptr_nonnull(strstr(text, " chk, below 50: "));
	ck_assert_ptr_null(strstr(text, "eth1"));
	ck_assert_ptr_nonnull(strstr(text, "3 of 1000 adverts late"));
	ck_assert_ptr_nonnull(strstr(text, "0.09 ms on average"));
	ck_assert_ptr_nonnull(
	    strstr(text, "42 adverts of others: ttl 2, auth_hmac 40 (whose, and why: "));
	ck_assert_ptr_nonnull(strstr(text, "4 to MASTER, 5 to BACKUP, 0 to FAULT since"));
	ck_assert_ptr_null(strstr(text, "FIX: "));
	ck_assert_ptr_null(strstr(text, "not of this one"));
	ck_assert_ptr_null(strstr(text, "event 3."));
	ck_assert_ptr_nonnull(strstr(text, "event 4."));
	ck_assert_ptr_nonnull(strstr(text, "event 13."));
}
END_TEST

START_TEST(who_stood_still_hears_where_to_look)
{
	struct model_instance in = { .info = backup(3, 150, 100000) };
	struct model m = { .node = { .node = "worker-a" }, .instances = &in };
	struct why w = { &m, &in, NULL, 0 };
	_free_ char *text = NULL;

	in.info.state.reason = VRRP_REASON_OVERSLEPT;
	text = shown(&w);
	ck_assert_ptr_nonnull(
	    strstr(text, "FIX: on worker-a find what stops vipd-engine"));
}
END_TEST

UNIT_MAIN("why", the_takeover_is_that_of_the_rfcs,
    it_names_the_master_the_sum_and_the_events, who_stood_still_hears_where_to_look)

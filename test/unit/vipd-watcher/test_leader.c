/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/leader.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "unit.h"

#define S(n) ((uint64_t)((n)*1e6))
#define WALL UINT64_C(1767323045000007)

/* A server with one Lease: versions count up, PUT wants the current one. */
struct server {
	json_t *lease;
	int version;
};

static int
server_take(struct server *s, enum leader_due due, const char *body, json_t **answer)
{
	json_t *object;
	const char *version;
	char text[16];

	*answer = NULL;
	if (due == LEADER_GET) {
		*answer = json_incref(s->lease);
		return s->lease ? 200 : 404;
	}
	if ((due == LEADER_CREATE) != !s->lease)
		return due == LEADER_CREATE ? 409 : 404;
	object = json_loads(body, 0, NULL);
	ck_assert(object != NULL);
	version = json_string_value(
	    json_object_get(json_object_get(object, "metadata"), "resourceVersion"));
	snprintf(text, sizeof(text), "%d", s->version);
	if (due == LEADER_UPDATE && (!version || strcmp(version, text) != 0)) {
		json_decref(object);
		return 409;
	}
	snprintf(text, sizeof(text), "%d", ++s->version);
	json_object_set_new(
	    json_object_get(object, "metadata"), "resourceVersion", json_string(text));
	json_decref(s->lease);
	s->lease = object;
	*answer = json_incref(object);
	return due == LEADER_CREATE ? 201 : 200;
}

/* Runs a candidate until it waits. */
static void
run(struct leader *l, struct server *s, uint64_t now_us)
{
	enum leader_due due = leader_tick(l, now_us);

	while (due != LEADER_NOTHING) {
		char *body = due == LEADER_GET ? NULL : leader_body(l, WALL + now_us);
		json_t *answer;
		int status = server_take(s, due, body, &answer);

		free(body);
		due = leader_answer(l, now_us, 0, status, 0, answer);
		json_decref(answer);
	}
}

static void
start(struct leader *l, const char *identity, uint64_t now_us)
{
	leader_init(l, "vipd", "vipd-allocator", identity, now_us);
}

static struct lease_record
record_of(const struct server *s)
{
	struct lease_record r;

	lease_read(&r, s->lease);
	return r;
}

START_TEST(the_first_creates_and_leads)
{
	struct server s = { 0 };
	struct leader a;

	start(&a, "a", S(1));
	ck_assert_int_eq(leader_tick(&a, S(1)), LEADER_GET);
	ck_assert_int_eq(leader_answer(&a, S(1.1), 0, 404, 0, NULL), LEADER_CREATE);
	ck_assert(!leader_leads(&a, S(1.1)));
	a.asked = LEADER_NOTHING;
	run(&a, &s, S(1.2));
	ck_assert(leader_leads(&a, S(1.2)));
	ck_assert_str_eq(record_of(&s).holder, "a");
	ck_assert_uint_eq(record_of(&s).duration_s, LEADER_DURATION_S);
	ck_assert_uint_eq(record_of(&s).transitions, 0);
	ck_assert_str_eq(record_of(&s).acquired, record_of(&s).renewed);
	json_decref(s.lease);
	leader_fini(&a);
}
END_TEST

START_TEST(the_leader_renews_without_a_look)
{
	struct server s = { 0 };
	struct lease_record first;
	struct leader a;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	first = record_of(&s);
	ck_assert_uint_eq(leader_deadline(&a), S(2));
	ck_assert_int_eq(leader_tick(&a, S(1.9)), LEADER_NOTHING);
	ck_assert_int_eq(leader_tick(&a, S(2)), LEADER_UPDATE);
	a.asked = LEADER_NOTHING;
	run(&a, &s, S(2));
	/* LE3: renewing keeps acquireTime and transitions. */
	ck_assert_str_eq(record_of(&s).acquired, first.acquired);
	ck_assert_str_ne(record_of(&s).renewed, first.renewed);
	ck_assert_uint_eq(record_of(&s).transitions, 0);
	json_decref(s.lease);
	leader_fini(&a);
}
END_TEST

START_TEST(another_waits_for_the_duration_it_has_seen_itself)
{
	struct server s = { 0 };
	struct leader a, b;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	/* b sees it first at 100 s, long after a has died: from then on. */
	start(&b, "b", S(100));
	run(&b, &s, S(100));
	ck_assert(!b.leading);
	b.due_us = S(114.9);
	run(&b, &s, S(114.9));
	ck_assert(!b.leading);
	b.due_us = S(115.1);
	run(&b, &s, S(115.1));
	ck_assert(leader_leads(&b, S(115.1)));
	ck_assert_uint_eq(record_of(&s).transitions, 1);
	ck_assert_str_eq(record_of(&s).acquired, record_of(&s).renewed);
	/* a comes back: it has stopped by itself, and sees b. */
	run(&a, &s, S(116));
	ck_assert(!leader_leads(&a, S(116)) && !a.leading);
	json_decref(s.lease);
	leader_fini(&a);
	leader_fini(&b);
}
END_TEST

START_TEST(the_duration_is_the_records_own)
{
	struct server s = { .lease = json_pack("{s:{s:s}, s:{s:s, s:i}}", "metadata",
				"resourceVersion", "0", "spec", "holderIdentity", "x",
				"leaseDurationSeconds", 40) };
	struct leader b;

	start(&b, "b", S(0));
	run(&b, &s, S(0));
	b.due_us = S(39);
	run(&b, &s, S(39));
	ck_assert(!b.leading);
	b.due_us = S(41);
	run(&b, &s, S(41));
	ck_assert(b.leading);
	json_decref(s.lease);
	leader_fini(&b);
}
END_TEST

START_TEST(a_leader_that_cannot_renew_stops_before_others_may_start)
{
	struct server s = { 0 };
	struct leader a;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	for (double t = 2; t < 10; t += 2) {
		ck_assert_int_eq(
		    leader_tick(&a, S(t)), t == 2 ? LEADER_UPDATE : LEADER_GET);
		ck_assert_int_eq(
		    leader_answer(&a, S(t), 0, 500, 0, NULL), LEADER_NOTHING);
		ck_assert(leader_leads(&a, S(t)));
	}
	ck_assert_uint_eq(leader_deadline(&a), S(10));
	ck_assert(leader_leads(&a, S(9.9)));
	ck_assert(!leader_leads(&a, S(10)));
	leader_tick(&a, S(10));
	ck_assert(!a.leading);
	json_decref(s.lease);
	leader_fini(&a);
}
END_TEST

START_TEST(a_late_answer_counts_from_when_it_was_asked)
{
	struct server s = { 0 };
	struct leader a;
	json_t *answer;
	char *body;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	ck_assert_int_eq(leader_tick(&a, S(2)), LEADER_UPDATE);
	/* A request that hangs does not keep it leading. */
	ck_assert_uint_eq(leader_deadline(&a), S(10));
	body = leader_body(&a, WALL);
	ck_assert_int_eq(server_take(&s, LEADER_UPDATE, body, &answer), 200);
	free(body);
	leader_answer(&a, S(7), 0, 200, 0, answer);
	json_decref(answer);
	ck_assert(leader_leads(&a, S(11.9)));
	ck_assert(!leader_leads(&a, S(12)));
	json_decref(s.lease);
	leader_fini(&a);
}
END_TEST

START_TEST(of_two_that_take_over_one_loses)
{
	struct server s = { .lease = json_pack("{s:{s:s}, s:{s:s}}", "metadata",
				"resourceVersion", "0", "spec", "holderIdentity", "") };
	struct leader a, b;
	json_t *answer;
	char *body;

	start(&a, "a", S(0));
	start(&b, "b", S(0));
	leader_tick(&a, S(0));
	ck_assert_int_eq(leader_answer(&a, S(0), 0, 200, 0, s.lease), LEADER_UPDATE);
	run(&b, &s, S(0));
	ck_assert(b.leading);
	body = leader_body(&a, WALL);
	ck_assert_int_eq(server_take(&s, LEADER_UPDATE, body, &answer), 409);
	free(body);
	ck_assert_int_eq(leader_answer(&a, S(0), 0, 409, 0, NULL), LEADER_NOTHING);
	ck_assert(!a.leading);
	json_decref(s.lease);
	leader_fini(&a);
	leader_fini(&b);
}
END_TEST

START_TEST(a_leader_whose_copy_is_old_looks_again)
{
	struct server s = { 0 };
	struct leader a;
	enum leader_due due;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	ck_assert_int_eq(leader_tick(&a, S(2)), LEADER_UPDATE);
	due = leader_answer(&a, S(2), 0, 409, 0, NULL);
	ck_assert_int_eq(due, LEADER_GET);
	ck_assert_int_eq(leader_answer(&a, S(2), 0, 200, 0, s.lease), LEADER_UPDATE);
	json_decref(s.lease);
	leader_fini(&a);
}
END_TEST

START_TEST(a_released_lease_is_taken_at_once)
{
	struct server s = { 0 };
	struct leader a, b;
	json_t *answer;
	char *body;

	start(&a, "a", S(0));
	run(&a, &s, S(0));
	start(&b, "b", S(0.5));
	run(&b, &s, S(0.5));
	body = leader_release(&a, S(1), WALL);
	ck_assert(body != NULL);
	ck_assert(!leader_leads(&a, S(1)));
	ck_assert_int_eq(server_take(&s, LEADER_UPDATE, body, &answer), 200);
	free(body);
	json_decref(answer);
	ck_assert_str_eq(record_of(&s).holder, "");
	ck_assert_uint_eq(record_of(&s).duration_s, 1);
	b.due_us = S(2);
	run(&b, &s, S(2));
	ck_assert(b.leading);
	ck_assert_uint_eq(record_of(&s).transitions, 1);
	/* Who does not lead has nothing to release. */
	ck_assert(leader_release(&a, S(2), WALL) == NULL);
	json_decref(s.lease);
	leader_fini(&a);
	leader_fini(&b);
}
END_TEST

START_TEST(others_try_at_odd_times_and_heed_retry_after)
{
	struct leader b;

	start(&b, "b", S(0));
	leader_tick(&b, S(0));
	leader_answer(&b, S(0), 0, 500, 0, NULL);
	ck_assert_uint_eq(b.due_us, S(2));
	leader_tick(&b, S(2));
	leader_answer(&b, S(2), UINT32_MAX, 0, 0, NULL);
	ck_assert_uint_gt(b.due_us, S(6.3));
	ck_assert_uint_le(b.due_us, S(6.4));
	leader_tick(&b, b.due_us);
	leader_answer(&b, S(7), 0, 429, 9, NULL);
	ck_assert_uint_eq(b.due_us, S(16));
	leader_fini(&b);
}
END_TEST

/*
 * Three candidates over an hour: requests are lost at random in either
 * direction, candidates pause. Never do two lead at one time.
 */
START_TEST(never_two_leaders)
{
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct server s = { 0 };
		struct leader l[3];
		uint64_t paused_until[3] = { 0 };
		unsigned r = seed, terms = 0;

		for (int i = 0; i < 3; i++) {
			char name[2] = { (char)('a' + i), 0 };

			start(&l[i], name, 0);
		}
		for (uint64_t now = 0; now < S(3600); now += S(0.25)) {
			int leaders = 0;

			for (int i = 0; i < 3; i++) {
				enum leader_due due;

				if (rand_r(&r) % 400 == 0)
					paused_until[i] = now + S(rand_r(&r) % 60);
				if (now < paused_until[i])
					continue;
				due = leader_tick(&l[i], now);
				while (due != LEADER_NOTHING) {
					char *body = due == LEADER_GET
					    ? NULL
					    : leader_body(&l[i], WALL + now);
					json_t *answer = NULL;
					int status = 0;
					bool before = l[i].leading;

					if (rand_r(&r) % 5)
						status =
						    server_take(&s, due, body, &answer);
					if (rand_r(&r) % 5 == 0)
						status = 0; /* the answer is lost */
					free(body);
					due = leader_answer(&l[i], now,
					    (uint32_t)rand_r(&r) * 2, status, 0, answer);
					json_decref(answer);
					terms += !before && l[i].leading;
				}
			}
			for (int i = 0; i < 3; i++)
				leaders += leader_leads(&l[i], now);
			ck_assert_msg(leaders <= 1, "seed %u at %lu", seed, now);
		}
		ck_assert_uint_gt(terms, 3);
		for (int i = 0; i < 3; i++)
			leader_fini(&l[i]);
		json_decref(s.lease);
	}
}
END_TEST

UNIT_MAIN("leader", the_first_creates_and_leads, the_leader_renews_without_a_look,
    another_waits_for_the_duration_it_has_seen_itself, the_duration_is_the_records_own,
    a_leader_that_cannot_renew_stops_before_others_may_start,
    a_late_answer_counts_from_when_it_was_asked, of_two_that_take_over_one_loses,
    a_leader_whose_copy_is_old_looks_again, a_released_lease_is_taken_at_once,
    others_try_at_odd_times_and_heed_retry_after, never_two_leaders)

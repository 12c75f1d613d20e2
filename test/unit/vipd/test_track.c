/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "supervisor/debounce.h"
#include "supervisor/process_match.h"
#include "supervisor/script_state.h"
#include "supervisor/track_judge.h"

#include "unit.h"

#define N(a) (sizeof(a) / sizeof(*(a)))
#define U TRACK_UNKNOWN
#define OK TRACK_OK
#define BAD TRACK_FAILED

START_TEST(a_tracker_adds_faults_or_holds_as_its_weight_says)
{
	static const struct {
		enum track_kind kind;
		enum track_state state;
		int32_t weight;
		bool reverse;
		int64_t value;
		struct track_effect want;
	} cases[] = {
		{ TRACK_SCRIPT, OK, 0, false, 0, { 0 } },
		{ TRACK_SCRIPT, BAD, 0, false, 0, { .fault = true } },
		{ TRACK_SCRIPT, U, 0, false, 0, { .hold = true } },
		{ TRACK_SCRIPT, OK, 0, true, 0, { .fault = true } },
		{ TRACK_SCRIPT, BAD, 0, true, 0, { 0 } },
		{ TRACK_SCRIPT, OK, 20, false, 0, { .add = 20 } },
		{ TRACK_SCRIPT, BAD, 20, false, 0, { .failed = true } },
		{ TRACK_SCRIPT, OK, -20, false, 0, { 0 } },
		{ TRACK_SCRIPT, BAD, -20, false, 0, { .add = -20, .failed = true } },
		{ TRACK_SCRIPT, OK, 20, true, 0, { .add = -20, .failed = true } },
		{ TRACK_SCRIPT, BAD, 20, true, 0, { 0 } },
		{ TRACK_SCRIPT, OK, -20, true, 0, { .failed = true } },
		{ TRACK_SCRIPT, BAD, -20, true, 0, { .add = 20 } },
		{ TRACK_SCRIPT, U, -20, false, 0, { 0 } },
		{ TRACK_SCRIPT, U, 20, true, 0, { 0 } },
		{ TRACK_INTERFACE, BAD, 0, false, 0, { .fault = true } },
		{ TRACK_PROCESS, BAD, -9, false, 0, { .add = -9, .failed = true } },
		/* C5: files */
		{ TRACK_FILE, OK, 1, false, 0, { 0 } },
		{ TRACK_FILE, OK, 1, false, -50, { .add = -50, .failed = true } },
		{ TRACK_FILE, OK, 2, false, 7, { .add = 14 } },
		{ TRACK_FILE, OK, 2, true, 7, { .add = -14, .failed = true } },
		{ TRACK_FILE, OK, -3, false, 5, { .add = -15, .failed = true } },
		{ TRACK_FILE, OK, 1, false, -253, { .add = -253, .failed = true } },
		{ TRACK_FILE, OK, 1, false, -254, { .fault = true } },
		{ TRACK_FILE, OK, 254, false, -1, { .fault = true } },
		{ TRACK_FILE, OK, 1, false, 254, { .add = 253 } },
		{ TRACK_FILE, OK, 0, false, 0, { 0 } },
		{ TRACK_FILE, OK, 0, false, 1, { .fault = true } },
		{ TRACK_FILE, OK, 0, false, -1, { .fault = true } },
		{ TRACK_FILE, OK, 0, true, 0, { .fault = true } },
		{ TRACK_FILE, OK, 0, true, 1, { 0 } },
		{ TRACK_FILE, OK, INT32_MAX, false, INT64_MAX, { .add = 253 } },
		{ TRACK_FILE, OK, INT32_MAX, false, INT64_MIN, { .fault = true } },
		{ TRACK_FILE, OK, -INT32_MAX, true, INT64_MAX, { .add = 253 } },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct track_reading r = { cases[i].kind, cases[i].state, cases[i].value,
			{ .value = cases[i].weight, .reverse = cases[i].reverse } };
		struct track_effect e = track_effect(&r);

		ck_assert_msg(e.add == cases[i].want.add, "%zu: add %d", i, e.add);
		ck_assert_msg(e.fault == cases[i].want.fault, "%zu: fault", i);
		ck_assert_msg(e.hold == cases[i].want.hold, "%zu: hold", i);
		ck_assert_msg(e.failed == cases[i].want.failed, "%zu: failed", i);
	}
}
END_TEST

/* C2: within 1 to 254, and an owner is never moved. */
START_TEST(priorities_add_up_within_their_range)
{
	static const struct {
		uint8_t base;
		int32_t weights[3];
		enum track_state states[3];
		uint8_t want;
	} cases[] = {
		{ 100, { 10, 20, -30 }, { OK, OK, OK }, 130 },
		{ 100, { 10, 20, -30 }, { BAD, OK, BAD }, 90 },
		{ 100, { -60, -60, 0 }, { BAD, BAD, OK }, 1 },
		{ 200, { 60, 60, -200 }, { OK, OK, BAD }, 120 },
		{ 200, { 60, 60, 0 }, { OK, OK, OK }, 254 },
		{ 254, { 1, 0, 0 }, { OK, OK, OK }, 254 },
		{ 1, { -254, 0, 0 }, { BAD, OK, OK }, 1 },
		{ 255, { -254, 254, 0 }, { BAD, OK, OK }, 255 },
		{ 100, { 10, 20, -30 }, { U, U, U }, 100 },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct track_reading list[3];
		struct track_verdict v;

		for (size_t k = 0; k < 3; k++)
			list[k] = (struct track_reading){ TRACK_SCRIPT,
				cases[i].states[k], 0, { .value = cases[i].weights[k] } };
		v = track_judge(cases[i].base, list, 3);
		ck_assert_msg(
		    v.priority == cases[i].want, "%zu: priority %u", i, v.priority);
		ck_assert_msg(!v.fault, "%zu: fault", i);
	}
	ck_assert_uint_eq(track_judge(77, NULL, 0).priority, 77);
}
END_TEST

START_TEST(a_fault_is_named_before_what_holds)
{
	struct track_reading list[] = {
		{ TRACK_SCRIPT, U, 0, { 0 } },
		{ TRACK_SCRIPT, BAD, 0, { .value = -5 } },
		{ TRACK_SCRIPT, BAD, 0, { 0 } },
		{ TRACK_SCRIPT, BAD, 0, { 0 } },
	};
	struct track_verdict v = track_judge(100, list, 4);

	ck_assert(v.fault && v.hold && v.soft);
	ck_assert_uint_eq(v.cause, 2);
	ck_assert_uint_eq(v.priority, 95);
	v = track_judge(100, list, 1);
	ck_assert(!v.fault && v.hold && !v.soft);
	ck_assert_uint_eq(v.cause, 0);
}
END_TEST

/* C4. In results, + is a success, - a failure; in states as well, ? unknown. */
START_TEST(results_of_a_script_rise_and_fall)
{
	static const struct {
		uint32_t rise, fall;
		bool init_fail;
		const char *results, *states;
	} cases[] = {
		{ 1, 1, false, "+-+", "+-+" },
		{ 3, 3, false, "+", "+" },
		{ 3, 3, false, "-", "-" },
		{ 3, 3, false, "+--+---++-+++",
		    "+++++"
		    "+--"
		    "---"
		    "-+" },
		{ 2, 3, false, "-+-++", "----+" },
		{ 2, 1, true, "++", "-+" },
		{ 1, 5, true, "+", "+" },
		{ 3, 2, true, "-+++", "---+" },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct script_state s;
		enum track_state before;

		script_state_init(&s, cases[i].init_fail);
		ck_assert_int_eq(s.state, cases[i].init_fail ? BAD : U);
		for (size_t k = 0; cases[i].results[k]; k++) {
			bool changed;

			before = s.state;
			changed = script_state_result(
			    &s, cases[i].results[k] == '+', cases[i].rise, cases[i].fall);
			ck_assert_int_eq(changed, s.state != before);
			ck_assert_msg((s.state == OK) == (cases[i].states[k] == '+'),
			    "%zu: after %zu", i, k);
		}
	}
}
END_TEST

START_TEST(a_change_counts_when_it_has_lasted)
{
	struct debounce d = { 0 };

	/* down 20, up 50 */
	ck_assert_uint_eq(debounce_step(&d, true, 20, 50, 0), DEBOUNCE_NEVER);
	ck_assert(d.shown);
	ck_assert_uint_eq(debounce_step(&d, false, 20, 50, 100), 120);
	ck_assert(d.shown);
	ck_assert_uint_eq(debounce_step(&d, true, 20, 50, 119), DEBOUNCE_NEVER);
	ck_assert_uint_eq(debounce_step(&d, false, 20, 50, 130), 150);
	ck_assert_uint_eq(debounce_step(&d, false, 20, 50, 149), 150);
	ck_assert(d.shown);
	ck_assert_uint_eq(debounce_step(&d, false, 20, 50, 150), DEBOUNCE_NEVER);
	ck_assert(!d.shown);
	ck_assert_uint_eq(debounce_step(&d, true, 20, 50, 160), 210);
	ck_assert_uint_eq(debounce_step(&d, true, 20, 50, 211), DEBOUNCE_NEVER);
	ck_assert(d.shown);
	ck_assert_uint_eq(debounce_step(&d, false, 0, 0, 300), DEBOUNCE_NEVER);
	ck_assert(!d.shown);
}
END_TEST

#define WORDS(s) (char *)(s), sizeof(s)
#define RUN(s) .command = (char *)(s), .command_len = sizeof(s)

START_TEST(processes_are_known_by_name_or_command_line)
{
	static const struct {
		struct conf_track_process p;
		const char *comm, *cmdline;
		size_t len;
		bool want;
	} cases[] = {
		{ { RUN("sshd") }, "sshd", NULL, 0, true },
		{ { RUN("ssh") }, "sshd", NULL, 0, false },
		{ { RUN("sshd") }, "ssh", NULL, 0, false },
		{ { RUN("a-name-of-18-chars") }, "a-name-of-18-ch", NULL, 0, true },
		{ { RUN("x"), .full_command = true }, "x", WORDS("x"), true },
		{ { RUN("x"), .full_command = true }, "x", WORDS("x\0y"), false },
		{ { RUN("x"), .full_command = true }, "x", NULL, 0, false },
		{ { RUN("x\0-f") }, "q", WORDS("x\0-f"), true },
		{ { RUN("x\0-f") }, "x", WORDS("x\0-fg"), false },
		{ { RUN("x\0-f"), .match = MATCH_INITIAL, .match_said = true }, "x",
		    WORDS("x\0-fg"), true },
		{ { RUN("x\0-f"), .match = MATCH_INITIAL, .match_said = true }, "x",
		    WORDS("x\0-g"), false },
		{ { RUN("x\0-f"), .match = MATCH_PARTIAL, .match_said = true }, "x",
		    WORDS("x\0-f\0g"), true },
		{ { RUN("x\0-f"), .match = MATCH_PARTIAL, .match_said = true }, "x",
		    WORDS("x\0-fg"), false },
		{ { RUN("x"), .match = MATCH_PARTIAL, .match_said = true }, "x",
		    WORDS("x\0-f"), false },
		{ { RUN("x"), .match = MATCH_INITIAL, .match_said = true }, "x",
		    WORDS("x"), true },
	};
	struct conf_track_process quorum = { .quorum = 2, .quorum_max = 3 };

	for (size_t i = 0; i < N(cases); i++)
		ck_assert_msg(process_match(&cases[i].p, cases[i].comm, cases[i].cmdline,
				  cases[i].len) == cases[i].want,
		    "%zu", i);
	for (uint32_t n = 0; n < 6; n++)
		ck_assert_int_eq(process_quorum(&quorum, n), n == 2 || n == 3);
}
END_TEST

UNIT_MAIN("track", a_tracker_adds_faults_or_holds_as_its_weight_says,
    priorities_add_up_within_their_range, a_fault_is_named_before_what_holds,
    results_of_a_script_rise_and_fall, a_change_counts_when_it_has_lasted,
    processes_are_known_by_name_or_command_line)

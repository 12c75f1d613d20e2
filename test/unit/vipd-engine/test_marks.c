/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's sequences of auth_hmac, told to vipd and taken back. */
#include "engine/marks.h"

#include <sys/socket.h>

#include "played_vipd.h"

static const struct msg_hmac_key key = { .id = 1, .len = 32 };

static void
tell_signing_instance(void)
{
	struct msg_instance_ref ref = { .id = 1 };
	struct msg_instance m = instance(1);
	struct ipaddr a = ip("192.0.2.5");

	m.advert_us = 10 * US_PER_S;
	m.hmac_mode = HMAC_ENFORCE;
	m.hmac_active_key = 1;
	m.hmac_window_s = 5;
	tell(MSG_INSTANCE, &m, NULL, 0);
	tell(MSG_INSTANCE_ADVERTISED, &ref, &a, 1);
	tell(MSG_INSTANCE_KEYS, &ref, &key, 1);
	tell(MSG_INSTANCE_END, &ref, NULL, 0);
}

static uint64_t
replays(void)
{
	return engine.roster.first->counters.rx[ADVERT_AUTH_REPLAY];
}

static unsigned mark_messages;
static struct msg_mark newest_mark;

static void
hear_marks(void)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	struct msg m;
	ssize_t n;

	while ((n = recv(vipd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		ck_assert_ptr_null(msg_parse(buf, (size_t)n, PEER_ENGINE, &m));
		if (m.type != MSG_MARKS)
			continue;
		mark_messages++;
		newest_mark = ((const struct msg_mark *)m.records)[m.count - 1];
	}
}

/* A burst costs a message or two, which tell the newest. */
START_TEST(marks_are_told_in_time_and_taken_back)
{
	struct trailer theirs = { .conf = { .mode = HMAC_ENFORCE,
				      .active_key = 1,
				      .window_s = 5,
				      .keys = &key,
				      .n_keys = 1 } };
	uint64_t wall = clock_wall_us();
	struct msg_mark mark = { .id = 1, .src = ip("192.0.2.20") };

	start_sync();
	tell_signing_instance();
	send_signed(7, 200, &theirs, wall);
	mark.sequence = theirs.sent.sequence;
	mark.heard_us = clock_us();
	tell(MSG_MARKS, NULL, &mark, 1);
	end_sync();
	ck_assert_uint_eq(replays(), 1);
	for (int i = 0; i < 50; i++) {
		send_signed(7, 200, &theirs, wall);
		run();
	}
	while (engine.roster.marks)
		run();
	hear_marks();
	ck_assert_uint_eq(replays(), 1);
	ck_assert_uint_eq(newest_mark.id, 1);
	ck_assert_uint_eq(newest_mark.sequence, theirs.sent.sequence);
	ck_assert_uint_lt(mark_messages, 50);
}
END_TEST

UNIT_MAIN("marks", marks_are_told_in_time_and_taken_back)

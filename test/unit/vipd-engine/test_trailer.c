/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/trailer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "unit.h"

/* 2025-01-01 00:00:00.5 */
#define WALL (1735689600 * US_PER_S + 500000)
#define MONO (5000 * US_PER_S)

static struct msg_hmac_key keys[2];
static struct trailer t;
static uint8_t message[ADVERT_LEN_MAX];

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, &a));
	return a;
}

static void
setup(enum hmac_mode mode)
{
	for (unsigned i = 0; i < 64; i++)
		keys[0].bytes[i] = keys[1].bytes[i] = (uint8_t)i;
	keys[0].id = 1;
	keys[0].len = 32;
	keys[1].id = 2;
	keys[1].len = 64;
	t = (struct trailer){
		.conf = { .mode = mode,
		    .active_key = 1,
		    .window_s = 5,
		    .keys = keys,
		    .n_keys = 2 },
	};
}

static struct advert_policy
policy(uint8_t version, const char *own)
{
	return (struct advert_policy){
		.version = version,
		.advert_us = 1000000,
		.source = ip(own),
		.wants_linklocal = true,
		.trailer = &t,
	};
}

/* An IPv4 advert of version 3 from that host, signed at that time unless 0. */
static struct advert_packet
packet_from(const char *src, uint64_t wall_us)
{
	static const uint8_t vips[8] = { 192, 0, 2, 1, 192, 0, 2, 2 };
	struct advert a = { .family = AF_INET,
		.version = 3,
		.vrid = 10,
		.priority = 200,
		.n_addrs = 2,
		.advert_us = 1000000,
		.addrs = vips,
		.checksum = CHECKSUM_PSEUDO };
	struct advert_packet p = { .src = ip(src),
		.dst = advert_group(AF_INET),
		.ttl = 255,
		.vrid = 10,
		.message = message,
		.wall_us = WALL,
		.mono_us = MONO };

	p.len = advert_write(&a, &p.src, &p.dst, wall_us ? &t : NULL, wall_us, message);
	return p;
}

static enum advert_verdict
hear(const struct advert_packet *p)
{
	struct advert_policy pol = policy(3, "192.0.2.10");
	struct trailer_time now = { p->wall_us, p->mono_us };
	enum advert_verdict verdict;
	struct advert a;

	verdict = advert_read(&pol, p, &a);
	if (verdict == ADVERT_OK && a.is_authentic)
		trailer_accept(&t, &p->src, a.sequence, &now);
	return verdict;
}

/* Made by another implementation, from the format alone: key 1 is 00..1f. */
START_TEST(bytes_are_those_of_the_format)
{
	static const struct {
		uint8_t version;
		const char *src, *dst, *vips[2], *hex;
	} cases[] = {
		{ 3, "192.0.2.251", "224.0.0.18", { "192.0.2.1", "192.0.2.2" },
		    "310ac8020064defbc0000201c0000202010100006774858080000000"
		    "f33e05b6ba0b0a1a070ca1c73ba904ce" },
		{ 2, "192.0.2.251", "224.0.0.18", { "192.0.2.1", "192.0.2.2" },
		    "210ac802000192edc0000201c0000202000000000000000001010000"
		    "67748580800000000ab022b68e83da2dc9c0069d3cf02097" },
		{ 3, "fe80::c8", "ff02::12", { "fe80::1", "2001:db8::1" },
		    "310a640200648ac1fe80000000000000000000000000000120010db8"
		    "0000000000000000000000010101000067748580800000007699d45b"
		    "85de28678e7b8cdaef3e42b9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct ipaddr src = ip(cases[i].src), dst = ip(cases[i].dst);
		struct ipaddr vips[2] = { ip(cases[i].vips[0]), ip(cases[i].vips[1]) };
		uint8_t addrs[32];
		char hex[2 * 128 + 1];
		struct advert a = { .family = src.family,
			.version = cases[i].version,
			.vrid = 10,
			.priority = i == 2 ? 100 : 200,
			.n_addrs = 2,
			.advert_us = 1000000,
			.addrs = addrs,
			.checksum = CHECKSUM_PSEUDO };
		struct advert_policy pol =
		    policy(a.version, i == 2 ? "fe80::10" : "192.0.2.10");
		struct advert_packet p = { .src = src,
			.dst = dst,
			.ttl = 255,
			.vrid = 10,
			.message = message,
			.wall_us = WALL,
			.mono_us = MONO };
		size_t size = ipaddr_len(&src);
		struct advert got;

		setup(HMAC_ENFORCE);
		memcpy(addrs, vips[0].bytes, size);
		memcpy(addrs + size, vips[1].bytes, size);
		p.len = advert_write(&a, &src, &dst, &t, WALL, message);
		for (size_t b = 0; b < p.len; b++)
			snprintf(hex + 2 * b, 3, "%02x", message[b]);
		ck_assert_str_eq(hex, cases[i].hex);
		ck_assert_int_eq(advert_read(&pol, &p, &got), ADVERT_OK);
		ck_assert(got.is_authentic);
	}
}
END_TEST

START_TEST(any_changed_byte_is_refused)
{
	struct advert_packet p;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	for (size_t i = 0; i < p.len; i++) {
		struct advert_packet changed = p;

		message[i] ^= 0x40;
		ck_assert_msg(hear(&changed) != ADVERT_OK, "byte %zu", i);
		message[i] ^= 0x40;
	}
	p.src = ip("192.0.2.21");
	ck_assert_int_ne(hear(&p), ADVERT_OK);
	p.src = ip("192.0.2.20");
	ck_assert_int_eq(hear(&p), ADVERT_OK);
}
END_TEST

START_TEST(each_fault_of_a_trailer_has_its_name)
{
	static const struct {
		int at;
		uint8_t value;
		enum advert_verdict verdict;
	} cases[] = { { 0, 2, ADVERT_AUTH_MALFORMED }, { 2, 1, ADVERT_AUTH_MALFORMED },
		{ 3, 1, ADVERT_AUTH_MALFORMED }, { 1, 9, ADVERT_AUTH_KEY },
		{ 1, 2, ADVERT_AUTH_HMAC }, { 4, 0, ADVERT_AUTH_STALE },
		{ 12, 0x5a, ADVERT_AUTH_HMAC }, { 27, 0x5a, ADVERT_AUTH_HMAC } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct advert_packet p;

		setup(HMAC_ENFORCE);
		p = packet_from("192.0.2.20", WALL);
		message[p.len - TRAILER_LEN + (size_t)cases[i].at] = cases[i].value;
		ck_assert_msg(hear(&p) == cases[i].verdict, "case %zu", i);
	}
}
END_TEST

START_TEST(modes_say_who_signs_and_what_is_taken)
{
	static const struct {
		enum hmac_mode mode;
		bool signs;
		enum advert_verdict bare, wrong;
	} cases[] = {
		{ HMAC_RECEIVE_ONLY, false, ADVERT_OK, ADVERT_AUTH_HMAC },
		{ HMAC_PERMISSIVE, true, ADVERT_OK, ADVERT_AUTH_HMAC },
		{ HMAC_ENFORCE, true, ADVERT_AUTH_MISSING, ADVERT_AUTH_HMAC },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct advert_packet p;

		setup(cases[i].mode);
		ck_assert_int_eq(trailer_signs(&t), cases[i].signs);
		p = packet_from("192.0.2.20", 0);
		ck_assert_int_eq(hear(&p), cases[i].bare);
		p = packet_from("192.0.2.20", WALL);
		ck_assert_int_eq(hear(&p), ADVERT_OK);
		p = packet_from("192.0.2.20", WALL + 1000);
		message[p.len - 1] ^= 1;
		ck_assert_int_eq(hear(&p), cases[i].wrong);
	}
}
END_TEST

START_TEST(both_keys_are_taken_while_one_replaces_the_other)
{
	struct advert_packet p;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	ck_assert_int_eq(hear(&p), ADVERT_OK);
	t.conf.active_key = 2;
	p = packet_from("192.0.2.20", WALL + 1000);
	ck_assert_int_eq(hear(&p), ADVERT_OK);
	t.conf.n_keys = 1;
	p = packet_from("192.0.2.20", WALL + 2000);
	ck_assert_int_eq(hear(&p), ADVERT_AUTH_KEY);
}
END_TEST

START_TEST(an_advert_counts_once_for_each_sender)
{
	struct advert_packet p, q;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	ck_assert_int_eq(hear(&p), ADVERT_OK);
	ck_assert_int_eq(hear(&p), ADVERT_AUTH_REPLAY);
	q = packet_from("192.0.2.21", WALL);
	ck_assert_int_eq(hear(&q), ADVERT_OK);
	p = packet_from("192.0.2.20", WALL); /* the counter grows */
	ck_assert_int_eq(hear(&p), ADVERT_OK);
}
END_TEST

START_TEST(a_refused_advert_uses_no_sequence_up)
{
	struct advert_packet p;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	message[p.len - 1] ^= 1;
	ck_assert_int_eq(hear(&p), ADVERT_AUTH_HMAC);
	message[p.len - 1] ^= 1;
	ck_assert_int_eq(hear(&p), ADVERT_OK);
}
END_TEST

#define SECONDS(n) ((int64_t)(n)*1000000)

/* One step: what the sender's clock says, and this node's two clocks. */
struct step {
	int64_t sent, wall, mono;
	enum advert_verdict verdict;
};

/* clang-format off */
static const struct {
	const char *name;
	bool monotonic;
	struct step steps[4];
	unsigned n;
} stories[] = {
{ "within the window", false, { { 0, SECONDS(5), 0, ADVERT_OK } }, 1 },
{ "behind the window", false, { { 0, SECONDS(5) + 100, 0, ADVERT_AUTH_STALE } }, 1 },
{ "ahead of the window", false, { { SECONDS(6), 0, 0, ADVERT_AUTH_STALE } }, 1 },
{ "our clock steps ahead", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(1), SECONDS(3601), SECONDS(1), ADVERT_OK },
    { SECONDS(2), SECONDS(3602), SECONDS(2), ADVERT_OK } }, 3 },
{ "our clock steps back", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(1), SECONDS(-3599), SECONDS(1), ADVERT_OK } }, 2 },
{ "the sender's clock steps ahead", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(3600), SECONDS(1), SECONDS(1), ADVERT_OK },
    { SECONDS(3601), SECONDS(2), SECONDS(2), ADVERT_OK },
    { SECONDS(3), SECONDS(3), SECONDS(3), ADVERT_OK } }, 4 },
{ "held back for long", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(1), SECONDS(20), SECONDS(20), ADVERT_AUTH_STALE } }, 2 },
{ "held back, and our clock set back", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(1), SECONDS(-60), SECONDS(20), ADVERT_AUTH_STALE } }, 2 },
{ "silent for long", false, { { 0, 0, 0, ADVERT_OK },
    { SECONDS(900), SECONDS(900), SECONDS(900), ADVERT_OK } }, 2 },
{ "monotonic: no clock counts", true, { { 0, SECONDS(9999), 0, ADVERT_OK },
    { SECONDS(1), SECONDS(20), SECONDS(20), ADVERT_OK },
    { SECONDS(1), SECONDS(20), SECONDS(20), ADVERT_AUTH_REPLAY } }, 3 },
};
/* clang-format on */

START_TEST(clocks_may_step_and_nothing_held_back_counts)
{
	for (size_t i = 0; i < sizeof(stories) / sizeof(*stories); i++) {
		setup(HMAC_ENFORCE);
		t.conf.monotonic = stories[i].monotonic;
		for (unsigned k = 0; k < stories[i].n; k++) {
			const struct step *s = &stories[i].steps[k];
			struct advert_packet p;

			t.sent.sequence = 0; /* each is what its clock says */
			p = packet_from("192.0.2.20", WALL + (uint64_t)s->sent);
			p.wall_us = WALL + (uint64_t)s->wall;
			p.mono_us = MONO + (uint64_t)s->mono;
			ck_assert_msg(
			    hear(&p) == s->verdict, "%s: step %u", stories[i].name, k);
		}
	}
}
END_TEST

START_TEST(a_sender_counts_on_while_its_clock_stands_and_follows_a_step_back)
{
	uint64_t before;

	setup(HMAC_ENFORCE);
	packet_from("192.0.2.20", WALL);
	before = t.sent.sequence;
	packet_from("192.0.2.20", WALL);
	ck_assert_uint_eq(t.sent.sequence, before + 1);
	packet_from("192.0.2.20", WALL - 5 * US_PER_S);
	ck_assert_uint_eq(t.sent.sequence, before + 2);
	packet_from("192.0.2.20", WALL - 60 * US_PER_S);
	ck_assert_uint_lt(t.sent.sequence, before);
	t.conf.monotonic = true;
	before = t.sent.sequence;
	packet_from("192.0.2.20", WALL - 6000 * US_PER_S);
	ck_assert_uint_eq(t.sent.sequence, before + 1);
}
END_TEST

START_TEST(a_crowd_of_senders_forgets_the_one_heard_least_recently)
{
	struct advert_packet p;
	char src[32];

	setup(HMAC_ENFORCE);
	for (unsigned i = 0; i <= MARKS_SENDERS; i++) {
		snprintf(src, sizeof(src), "192.0.2.%u", 20 + i);
		p = packet_from(src, WALL);
		p.mono_us += i;
		ck_assert_int_eq(hear(&p), ADVERT_OK);
	}
	for (unsigned i = 0; i < MARKS_SENDERS; i++)
		ck_assert(!ipaddr_eq(&t.marks[i].src, &(struct ipaddr){ 0 }) &&
		    t.marks[i].mono_us != MONO);
}
END_TEST

START_TEST(without_auth_hmac_a_trailer_is_a_wrong_length)
{
	struct advert_policy pol = policy(3, "192.0.2.10");
	struct advert_packet p;
	struct advert a;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	pol.trailer = NULL;
	ck_assert_int_eq(advert_read(&pol, &p, &a), ADVERT_LENGTH);
}
END_TEST

/* A new engine is what setup() leaves: nothing but the configuration. */
START_TEST(what_a_new_engine_is_told_does_not_count_again)
{
	struct msg_mark news[MARKS_SENDERS + 1], none[MARKS_SENDERS + 1];
	uint8_t kept[ADVERT_LEN_MAX];
	struct advert_packet p;
	uint64_t sent;
	size_t n;

	setup(HMAC_ENFORCE);
	p = packet_from("192.0.2.20", WALL);
	memcpy(kept, message, p.len);
	p.message = kept;
	ck_assert_int_eq(hear(&p), ADVERT_OK);
	sent = t.sent.sequence;
	n = trailer_news(&t, 7, news);
	ck_assert_uint_eq(n, 2); /* what it sent, too */
	ck_assert_uint_eq(trailer_news(&t, 7, none), 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(news[i].id, 7);

	setup(HMAC_ENFORCE);
	ck_assert_int_eq(hear(&p), ADVERT_OK); /* nobody told it */
	setup(HMAC_ENFORCE);
	for (size_t i = 0; i < n; i++)
		trailer_remember(&t, &news[i]);
	ck_assert_int_eq(hear(&p), ADVERT_AUTH_REPLAY);
	ck_assert_uint_eq(trailer_news(&t, 7, none), 0);
	/* It goes on behind what its predecessor sent, whatever its clock says. */
	packet_from("192.0.2.10", WALL - US_PER_S);
	ck_assert_uint_eq(t.sent.sequence, sent + 1);
}
END_TEST

UNIT_MAIN("trailer", bytes_are_those_of_the_format, any_changed_byte_is_refused,
    each_fault_of_a_trailer_has_its_name, modes_say_who_signs_and_what_is_taken,
    both_keys_are_taken_while_one_replaces_the_other,
    an_advert_counts_once_for_each_sender, a_refused_advert_uses_no_sequence_up,
    clocks_may_step_and_nothing_held_back_counts,
    a_sender_counts_on_while_its_clock_stands_and_follows_a_step_back,
    a_crowd_of_senders_forgets_the_one_heard_least_recently,
    without_auth_hmac_a_trailer_is_a_wrong_length,
    what_a_new_engine_is_told_does_not_count_again)

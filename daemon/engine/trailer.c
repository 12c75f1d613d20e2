/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trailer.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "cursor.h"
#include "sha256.h"

#define TYPE_HMAC_SHA256 1
#define CODE_LEN 16
#define CODE_AT (TRAILER_LEN - CODE_LEN)
#define CHECKSUM_AT 6
#define PSEUDO_LEN 20
#define TICKS_PER_S 65536

bool
trailer_signs(const struct trailer *t)
{
	return t->conf.mode == HMAC_PERMISSIVE || t->conf.mode == HMAC_ENFORCE;
}

/* ---- sequences: seconds (32 bits), 1/65536 s (16), a counter (16) ---- */

static uint64_t
sequence_of(uint64_t wall_us)
{
	uint64_t ticks = wall_us % US_PER_S * TICKS_PER_S / US_PER_S;

	return (wall_us / US_PER_S) << 32 | ticks << 16;
}

/* RFC 1982's serial numbers: the field may wrap. In 1/65536 s. */
static int64_t
ticks_between(uint64_t from, uint64_t to)
{
	return (int64_t)(to - from) / TICKS_PER_S;
}

static bool
is_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

static int64_t
window_ticks(const struct trailer *t)
{
	return (int64_t)t->conf.window_s * TICKS_PER_S;
}

static bool
is_now(const struct trailer *t, uint64_t sequence, uint64_t wall_us)
{
	int64_t ticks = ticks_between(sequence_of(wall_us), sequence);

	return ticks <= window_ticks(t) && ticks >= -window_ticks(t);
}

/* Not held back: the sender's clock went on as far as ours since its last. */
static bool
keeps_pace(const struct trailer *t, const struct trailer_mark *mark, uint64_t sequence,
    uint64_t mono_us)
{
	uint64_t passed = (mono_us - mark->mono_us) / 1000 * TICKS_PER_S / 1000;

	return (int64_t)passed - ticks_between(mark->sequence, sequence) <=
	    window_ticks(t);
}

static const struct trailer_mark *
find_mark(const struct trailer *t, const struct ipaddr *src)
{
	for (size_t i = 0; i < MARKS_SENDERS; i++)
		if (t->marks[i].src.family && ipaddr_eq(&t->marks[i].src, src))
			return &t->marks[i];
	return NULL;
}

static enum advert_verdict
judge(const struct trailer *t, const struct ipaddr *src, uint64_t sequence,
    const struct trailer_time *now)
{
	const struct trailer_mark *mark = find_mark(t, src);
	bool grows = !mark || is_after(sequence, mark->sequence);
	bool is_fresh = is_now(t, sequence, now->wall_us);

	if (t->conf.monotonic)
		return grows ? ADVERT_OK : ADVERT_AUTH_REPLAY;
	if (!grows && is_now(t, mark->sequence, now->wall_us))
		return ADVERT_AUTH_REPLAY;
	/* A mark out of the window: its sender's clock was put right. */
	if (!grows)
		return is_fresh ? ADVERT_OK : ADVERT_AUTH_REPLAY;
	return is_fresh || (mark && keeps_pace(t, mark, sequence, now->mono_us))
	    ? ADVERT_OK
	    : ADVERT_AUTH_STALE;
}

/* ---- codes ---- */

static const struct msg_hmac_key *
find_key(const struct trailer *t, uint8_t id)
{
	for (size_t i = 0; i < t->conf.n_keys; i++)
		if (t->conf.keys[i].id == id)
			return &t->conf.keys[i];
	return NULL;
}

/* message[0..len) and the trailer behind it, checksum and code as zero. */
static void
compute(const struct msg_hmac_key *key, const struct trailer_bound *b,
    const uint8_t *message, size_t len, uint8_t digest[SHA256_LEN])
{
	static const uint8_t zero[CODE_LEN];
	uint8_t pseudo[PSEUDO_LEN] = {
		b->family == AF_INET6 ? 6 : 4,
		b->version,
		b->vrid,
	};
	struct hmac_sha256 h;

	memcpy(pseudo + 4, b->src->bytes, ipaddr_len(b->src));
	hmac_sha256_init(&h, key->bytes, key->len);
	hmac_sha256_add(&h, pseudo, sizeof(pseudo));
	hmac_sha256_add(&h, message, CHECKSUM_AT);
	hmac_sha256_add(&h, zero, 2);
	hmac_sha256_add(&h, message + CHECKSUM_AT + 2, len - CHECKSUM_AT - 2 + CODE_AT);
	hmac_sha256_add(&h, zero, CODE_LEN);
	hmac_sha256_finish(&h, digest);
}

/* In constant time: the answer tells nothing of how much was right. */
static bool
same_code(const uint8_t *a, const uint8_t *b)
{
	unsigned difference = 0;

	for (size_t i = 0; i < CODE_LEN; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* Cheap reasons first: replayed captures cost no digest. */
enum advert_verdict
trailer_verify(const struct trailer *t, const struct trailer_bound *b,
    const uint8_t *message, size_t len, const struct trailer_time *now,
    uint64_t *sequence)
{
	const uint8_t *bytes = message + len;
	const struct msg_hmac_key *key;
	uint8_t digest[SHA256_LEN];
	enum advert_verdict verdict;
	struct cursor c;
	uint8_t type, id;
	uint16_t reserved;

	cursor_init(&c, bytes, TRAILER_LEN);
	type = cursor_u8(&c);
	id = cursor_u8(&c);
	reserved = cursor_u16(&c);
	*sequence = (uint64_t)cursor_u32(&c) << 32;
	*sequence |= cursor_u32(&c);
	if (type != TYPE_HMAC_SHA256 || reserved != 0)
		return ADVERT_AUTH_MALFORMED;
	verdict = judge(t, b->src, *sequence, now);
	if (verdict != ADVERT_OK)
		return verdict;
	key = find_key(t, id);
	if (!key)
		return ADVERT_AUTH_KEY;
	compute(key, b, message, len, digest);
	return same_code(digest, bytes + CODE_AT) ? ADVERT_OK : ADVERT_AUTH_HMAC;
}

static struct trailer_mark *
place_mark(struct trailer *t, const struct ipaddr *src)
{
	struct trailer_mark *to = &t->marks[0];

	for (size_t i = 0; i < MARKS_SENDERS; i++) {
		struct trailer_mark *m = &t->marks[i];

		if (m->src.family && ipaddr_eq(&m->src, src))
			return m;
		/* Free, else heard least recently. */
		if (to->src.family && (!m->src.family || m->mono_us < to->mono_us))
			to = m;
	}
	return to;
}

void
trailer_accept(struct trailer *t, const struct ipaddr *src, uint64_t sequence,
    const struct trailer_time *now)
{
	*place_mark(t, src) = (struct trailer_mark){ *src, sequence, now->mono_us, true };
	t->has_news = true;
}

/* ---- over the end of an engine ---- */

static size_t
take_news(struct trailer_mark *m, uint32_t id, struct msg_mark *out)
{
	if (!m->is_news)
		return 0;
	*out = (struct msg_mark){ id, m->src, m->sequence, m->mono_us };
	m->is_news = false;
	return 1;
}

size_t
trailer_news(struct trailer *t, uint32_t id, struct msg_mark list[MARKS_SENDERS + 1])
{
	size_t n = t->has_news ? take_news(&t->sent, id, list) : 0;

	for (size_t i = 0; i < MARKS_SENDERS && t->has_news; i++)
		n += take_news(&t->marks[i], id, &list[n]);
	t->has_news = false;
	return n;
}

void
trailer_remember(struct trailer *t, const struct msg_mark *mark)
{
	struct trailer_mark *to = mark->src.family ? place_mark(t, &mark->src) : &t->sent;

	*to = (struct trailer_mark){ mark->src, mark->sequence, mark->heard_us, false };
}

/* ---- sending ---- */

/*
 * The clock, or one more than the last where it has not gone on. A clock that
 * was set back by more than the window is followed: receivers compare it.
 */
static uint64_t
next_sequence(struct trailer *t, uint64_t wall_us)
{
	uint64_t clock = sequence_of(wall_us), *sent = &t->sent.sequence;

	if (is_after(clock, *sent) ||
	    (!t->conf.monotonic && ticks_between(clock, *sent) > window_ticks(t)))
		*sent = clock;
	else
		++*sent;
	t->sent.mono_us = UINT64_MAX; /* never the oldest */
	t->sent.is_news = t->has_news = true;
	return *sent;
}

void
trailer_append(struct trailer *t, const struct trailer_bound *b, uint8_t *message,
    size_t len, uint64_t wall_us)
{
	const struct msg_hmac_key *key = find_key(t, t->conf.active_key);
	uint64_t sequence = next_sequence(t, wall_us);
	uint8_t digest[SHA256_LEN] = { 0 };
	struct wcursor c;

	wcursor_init(&c, message + len, TRAILER_LEN);
	wcursor_u8(&c, TYPE_HMAC_SHA256);
	wcursor_u8(&c, t->conf.active_key);
	wcursor_u16(&c, 0);
	wcursor_u32(&c, (uint32_t)(sequence >> 32));
	wcursor_u32(&c, (uint32_t)sequence);
	if (key)
		compute(key, b, message, len, digest);
	wcursor_bytes(&c, digest, CODE_LEN);
}

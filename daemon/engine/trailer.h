/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The authentication trailer that keepalived 2.4 appends to adverts of either
 * version and family (auth_hmac, draft-cassen-vrrp-auth-hmac): 28 bytes, with
 * a key's number, a sequence made of the wall clock, and HMAC-SHA-256 cut to
 * 128 bits. The code covers a pseudo-header (family, version, identifier,
 * source), the message with its checksum read as zero, and the trailer with
 * its code read as zero. Pure: the clocks are told.
 *
 * A sequence counts once for each sender. In time mode it must also be of now:
 * by the wall clock, or, from a sender heard before, by how much time has
 * passed since. So a step of this node's clock does not make it deaf, and a
 * packet that was held back is refused all the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "advert.h"
#include "msg.h"

#define TRAILER_LEN 28

struct trailer_conf {
	enum hmac_mode mode;
	uint8_t active_key;
	bool monotonic; /* no clock is compared */
	uint32_t window_s;
	const struct msg_hmac_key *keys;
	size_t n_keys;
};

/* The sequence heard last from a sender, and when. */
struct trailer_mark {
	struct ipaddr src; /* family 0: free */
	uint64_t sequence;
	uint64_t mono_us;
	bool is_news; /* trailer_news has not told it */
};

struct trailer {
	struct trailer_conf conf;
	struct trailer_mark sent; /* src of family 0 */
	struct trailer_mark marks[MARKS_SENDERS];
	bool has_news;
};

struct trailer_time {
	uint64_t wall_us;
	uint64_t mono_us;
};

/* What the code is bound to beside the bytes. */
struct trailer_bound {
	uint8_t family;
	uint8_t version;
	uint8_t vrid;
	const struct ipaddr *src;
};

/* Adverts are signed. */
bool trailer_signs(const struct trailer *t);
/*
 * Checks the trailer at message + len; ADVERT_OK, or why not (ADVERT_AUTH_*).
 * *sequence is for trailer_accept.
 */
enum advert_verdict trailer_verify(const struct trailer *t, const struct trailer_bound *b,
    const uint8_t *message, size_t len, const struct trailer_time *now,
    uint64_t *sequence);
/* The advert passed every other check, too: this sequence is used up. */
void trailer_accept(struct trailer *t, const struct ipaddr *src, uint64_t sequence,
    const struct trailer_time *now);
/*
 * What is to outlive the engine: copies the marks, that of its own included,
 * that are new since the last call; returns how many. id is the caller's.
 */
size_t trailer_news(
    struct trailer *t, uint32_t id, struct msg_mark list[MARKS_SENDERS + 1]);
/* Goes on from a mark of the last engine's. */
void trailer_remember(struct trailer *t, const struct msg_mark *mark);
/* Appends a trailer with the active key; message has room for it. */
void trailer_append(struct trailer *t, const struct trailer_bound *b, uint8_t *message,
    size_t len, uint64_t wall_us);

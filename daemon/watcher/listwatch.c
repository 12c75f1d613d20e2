/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listwatch.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"

#define PAGE_LIMIT 500
/* Until the answer begins, and between pieces of a list. */
#define ANSWER_US (60 * US_PER_S)
/* L13: bookmarks come about once a minute. */
#define SILENCE_US (150 * US_PER_S)
/* L3 */
#define WATCH_SHORTEST_S 300
#define WATCH_SPREAD_S 300
/* L9: a watch that ends sooner without an event counts as an error. */
#define WATCH_LIVED_US US_PER_S
#define RETRY_AFTER_MAX_S 300
/* Before a list is asked for that has to agree with another. */
#define CONFIRM_US US_PER_S

void
lw_init(struct listwatch *lw, const char *selector, uint64_t now_us)
{
	*lw = (struct listwatch){
		.selector = selector,
		.phase = LW_WAITING,
		.deadline_us = now_us,
	};
	str_copy(lw->list_version, sizeof(lw->list_version), "0");
}

static void
set_next_page(struct listwatch *lw, const char *token)
{
	free(lw->next_page);
	lw->next_page = token ? xstrdup(token) : NULL;
}

void
lw_fini(struct listwatch *lw)
{
	set_next_page(lw, NULL);
}

/* The only writer of the phase. */
static void
set_phase(struct listwatch *lw, enum lw_phase phase, uint64_t deadline_us)
{
	lw->phase = phase;
	lw->deadline_us = deadline_us;
}

enum lw_due
lw_tick(struct listwatch *lw, uint64_t now_us, uint32_t random)
{
	if (now_us < lw->deadline_us)
		return LW_NOTHING;
	switch (lw->phase) {
	case LW_WAITING:
		lw->started_us = now_us;
		lw->head = lw->events = lw->silent = false;
		lw->failed = lw->unreachable = false;
		lw->fresh_before_us = lw->fresh_us;
		lw->stream_error = 0;
		lw->stream_retry_s = 0;
		lw->watch_s = WATCH_SHORTEST_S +
		    (uint32_t)((uint64_t)WATCH_SPREAD_S * random >> 32);
		set_phase(
		    lw, lw->watch_next ? LW_WATCHING : LW_LISTING, now_us + ANSWER_US);
		return LW_SEND;
	case LW_LISTING:
	case LW_WATCHING:
		lw->silent = true;
		return LW_ABORT;
	}
	return LW_NOTHING;
}

/* Everything but RFC 3986's unreserved characters becomes %XX. */
static char *
percent_encode(const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
					 "qrstuvwxyz0123456789-._~";
	char *out = xcalloc(3 * strlen(text) + 1, 1);
	char *at = out;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (strchr(unreserved, c)) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = "0123456789ABCDEF"[c >> 4];
		*at++ = "0123456789ABCDEF"[c & 15];
	}
	return out;
}

/* All but the selector. */
static char *
query_of(const struct listwatch *lw)
{
	_free_ char *version =
	    percent_encode(lw->phase == LW_WATCHING ? lw->version : lw->list_version);
	_free_ char *token = NULL;

	if (lw->phase == LW_WATCHING)
		return xasprintf("watch=1&allowWatchBookmarks=true"
				 "&resourceVersion=%s&timeoutSeconds=%u",
		    version, lw->watch_s);
	if (lw->next_page) {
		/* L2: the same query without resourceVersion. */
		token = percent_encode(lw->next_page);
		return xasprintf("limit=%d&continue=%s", PAGE_LIMIT, token);
	}
	if (!*version)
		return xasprintf("limit=%d", PAGE_LIMIT);
	/*
	 * A version other than "0" together with limit would ask for exactly
	 * that version, which may be gone; without it for one at least as new,
	 * out of the server's cache.
	 */
	if (lw->unpaged || strcmp(version, "0") != 0)
		return xasprintf("resourceVersion=%s", version);
	return xasprintf("limit=%d&resourceVersion=0", PAGE_LIMIT);
}

char *
lw_query(const struct listwatch *lw)
{
	_free_ char *query = query_of(lw);

	if (!lw->selector)
		return xstrdup(query);
	return xasprintf("labelSelector=%s&%s", lw->selector, query);
}

void
lw_bytes(struct listwatch *lw, uint64_t now_us, int status)
{
	if (status != 200) {
		lw->deadline_us = now_us + ANSWER_US;
		return;
	}
	lw->head = true;
	lw->credentials_seen = false;
	if (lw->phase == LW_WATCHING)
		lw->fresh_us = now_us;
	lw->deadline_us = now_us + (lw->phase == LW_WATCHING ? SILENCE_US : ANSWER_US);
}

enum lw_event
lw_event(struct listwatch *lw, const char *type, const char *version, int code,
    uint32_t retry_after_s)
{
	if (strcmp(type, "ERROR") == 0) {
		lw->stream_error = code ? code : 500;
		/* The head alone proved nothing. */
		if (!lw->events)
			lw->fresh_us = lw->fresh_before_us;
		lw->stream_retry_s = retry_after_s;
		return LW_CLOSE;
	}
	if (!version || !*version ||
	    !str_copy(lw->version, sizeof(lw->version), version)) {
		lw->stream_error = 500;
		return LW_CLOSE;
	}
	lw->events = true;
	/* L5: either of the two may come for an object known or not. */
	if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
		return LW_UPSERT;
	if (strcmp(type, "DELETED") == 0)
		return LW_DELETE;
	return LW_NOTE;
}

static void
wait_for(struct listwatch *lw, bool watch_next, uint64_t until_us)
{
	lw->watch_next = watch_next && lw->listed;
	set_phase(lw, LW_WAITING, until_us);
}

static void
back_off(struct listwatch *lw, bool watch_next, uint64_t now_us, uint32_t random)
{
	lw->failed = true;
	wait_for(lw, watch_next, now_us + backoff_next(&lw->backoff, now_us, random));
}

/* Answers that mean the same to a list and a watch. True if it was one. */
static bool
end_common(struct listwatch *lw, uint64_t now_us, uint32_t random, int status,
    uint32_t retry_after_s)
{
	bool watch = lw->phase == LW_WATCHING;

	if (status == 401 && !lw->credentials_seen) {
		/* L11: once at once, with credentials read again. */
		lw->credentials_seen = true;
		wait_for(lw, watch, now_us);
		return true;
	}
	if ((status == 429 || status >= 500) && retry_after_s) {
		/* L10 */
		if (retry_after_s > RETRY_AFTER_MAX_S)
			retry_after_s = RETRY_AFTER_MAX_S;
		lw->failed = true;
		wait_for(lw, watch, now_us + retry_after_s * US_PER_S);
		return true;
	}
	lw->unreachable = status == 0;
	if (status == 0 || status == 401 || status == 403 || status == 429 ||
	    status >= 500) {
		back_off(lw, watch, now_us, random);
		return true;
	}
	return false;
}

static enum lw_outcome
end_list_page(struct listwatch *lw, uint64_t now_us, const struct lw_answer *a)
{
	if (a->next_page && *a->next_page) {
		set_next_page(lw, a->next_page);
		wait_for(lw, false, now_us);
		return LW_PAGE;
	}
	set_next_page(lw, NULL);
	lw->unpaged = lw->failed = false;
	lw->listed = true;
	lw->fresh_us = now_us;
	wait_for(lw, true, now_us);
	return LW_LISTED;
}

static enum lw_outcome
end_list(
    struct listwatch *lw, uint64_t now_us, uint32_t random, const struct lw_answer *a)
{
	bool paged = lw->next_page != NULL;
	bool gone = a->status == 410 || (a->status == 504 && a->too_large_version);

	if (a->status == 200 && !a->broken && a->version && *a->version &&
	    str_copy(lw->version, sizeof(lw->version), a->version)) {
		/* L8: the next relist may ask for at least this version. */
		str_copy(lw->list_version, sizeof(lw->list_version), "0");
		return end_list_page(lw, now_us, a);
	}
	set_next_page(lw, NULL);
	if (gone && paged && !lw->unpaged) {
		/* L2: the token has expired; once more in one piece. */
		lw->unpaged = true;
		wait_for(lw, false, now_us);
	} else if (gone && *lw->list_version) {
		/* L7: only now the newest state, which costs the server most. */
		lw->list_version[0] = '\0';
		lw->unpaged = false;
		wait_for(lw, false, now_us);
	} else if (!end_common(lw, now_us, random, a->status, a->retry_after_s)) {
		back_off(lw, false, now_us, random);
	}
	return LW_FAILED;
}

/* L7: from the last version on, which any cache may answer. */
static void
relist(struct listwatch *lw, uint64_t now_us, uint32_t random)
{
	str_copy(lw->list_version, sizeof(lw->list_version), lw->version);
	back_off(lw, false, now_us, random);
}

static void
end_watch(
    struct listwatch *lw, uint64_t now_us, uint32_t random, const struct lw_answer *a)
{
	bool in_stream = a->status == 200;
	int status = in_stream ? lw->stream_error : a->status;
	bool lived = now_us - lw->started_us >= WATCH_LIVED_US;

	if (in_stream && lw->silent) {
		/* The server may have forgotten this stream or this version. */
		relist(lw, now_us, random);
	} else if (in_stream && !status && lived) {
		/* L3, and L10's "connection: close": from the last version on. */
		wait_for(lw, true, now_us);
	} else if (in_stream && !status && lw->events && !a->broken) {
		wait_for(lw, true, lw->started_us + WATCH_LIVED_US);
	} else if (in_stream && !status) {
		back_off(lw, true, now_us, random);
	} else if (!end_common(lw, now_us, random, status,
		       in_stream ? lw->stream_retry_s : a->retry_after_s)) {
		relist(lw, now_us, random);
		/* To lose an old version is nothing wrong. */
		lw->failed = status != 410;
	}
}

enum lw_outcome
lw_end(struct listwatch *lw, uint64_t now_us, uint32_t random,
    const struct lw_answer *answer)
{
	switch (lw->phase) {
	case LW_LISTING:
		return end_list(lw, now_us, random, answer);
	case LW_WATCHING:
		end_watch(lw, now_us, random, answer);
		return LW_ENDED;
	case LW_WAITING:
		break;
	}
	return LW_FAILED;
}

void
lw_retry_now(struct listwatch *lw, uint64_t now_us)
{
	if (lw->phase != LW_WAITING || !lw->unreachable)
		return;
	backoff_reset(&lw->backoff);
	lw->deadline_us = now_us;
}

void
lw_confirm(struct listwatch *lw, uint64_t now_us, uint32_t random)
{
	lw->list_version[0] = '\0';
	wait_for(lw, false, now_us + CONFIRM_US + (CONFIRM_US * random >> 32));
}

void
lw_read_newest(struct listwatch *lw, uint64_t now_us)
{
	set_next_page(lw, NULL);
	lw->unpaged = false;
	lw->list_version[0] = '\0';
	wait_for(lw, false, now_us);
}

bool
lw_is_relisting(const struct listwatch *lw)
{
	if (!lw->listed || lw->failed)
		return false;
	return lw->phase == LW_LISTING || (lw->phase == LW_WAITING && !lw->watch_next);
}

bool
lw_is_following(const struct listwatch *lw)
{
	return lw->listed && lw->phase == LW_WATCHING && lw->head;
}

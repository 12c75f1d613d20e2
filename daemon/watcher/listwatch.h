/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list/watch protocol for one resource (lines L1 to L11 and L13 of
 * kubernetes.md; the order of client-go's reflector): what to ask next, when,
 * and what an answer means. Pure: no socket, no clock, no JSON, no store. The
 * shell sends what lw_tick() says is due and reports what came of it.
 *
 * resourceVersions and continue tokens are opaque and never compared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backoff.h"

#define LW_VERSION_MAX 128

enum lw_phase { LW_WAITING, LW_LISTING, LW_WATCHING };

/* What lw_tick wants done. */
enum lw_due {
	LW_NOTHING,
	LW_SEND,  /* send the request lw_query() describes */
	LW_ABORT, /* it is silent: give it up, then lw_end() with broken */
};

/* What a finished request means to the objects it brought. */
enum lw_outcome {
	LW_FAILED, /* forget the pages collected so far */
	LW_PAGE,   /* keep the page, more follow */
	LW_LISTED, /* that was the last page: the list is complete */
	LW_ENDED,  /* a watch ended */
};

/* What to do with the object of a watch event. */
enum lw_event { LW_UPSERT, LW_DELETE, LW_NOTE, LW_CLOSE };

struct lw_answer {
	int status;  /* of HTTP; 0: no answer came */
	bool broken; /* the transport failed, or the body is not what was asked */
	bool too_large_version; /* Status cause ResourceVersionTooLarge */
	uint32_t retry_after_s; /* 0: not said */
	const char *version;    /* of a list, its metadata.resourceVersion */
	const char *next_page;  /* of a list, its metadata.continue; or NULL */
};

struct listwatch {
	const char *selector; /* labelSelector, encoded; NULL: all objects */
	enum lw_phase phase;
	bool watch_next;       /* what LW_WAITING leads to */
	bool unpaged;          /* this list asks for everything at once */
	bool listed;           /* a complete list has been seen */
	bool failed;           /* the last request did, and somebody should know */
	bool unreachable;      /* waits because no answer came */
	bool silent;           /* the request was aborted for silence */
	bool credentials_seen; /* 401 was answered by new credentials already */
	bool head;             /* the request that runs was accepted */
	bool events;           /* the watch brought something */
	int stream_error;      /* code of an ERROR event; 0 none */
	uint32_t stream_retry_s;
	char version[LW_VERSION_MAX];      /* last one seen */
	char list_version[LW_VERSION_MAX]; /* what the next list asks for */
	char *next_page;
	uint32_t watch_s; /* timeoutSeconds of the watch */
	uint64_t deadline_us;
	uint64_t started_us;
	uint64_t fresh_us;        /* last proof that we are up to date; 0 never */
	uint64_t fresh_before_us; /* as the request was sent */
	struct backoff backoff;
};

/* The first list is due at once. selector is borrowed. */
void lw_init(struct listwatch *lw, const char *selector, uint64_t now_us);
void lw_fini(struct listwatch *lw);
/* To be called at lw->deadline_us, and whenever in doubt. */
enum lw_due lw_tick(struct listwatch *lw, uint64_t now_us, uint32_t random);
/* The query of the request that is being sent; the caller frees it. */
char *lw_query(const struct listwatch *lw);
/* Bytes came. status: of the answer they belong to. */
void lw_bytes(struct listwatch *lw, uint64_t now_us, int status);
/*
 * An event of the watch: its type, its object's resourceVersion (NULL: none),
 * and for ERROR the code and the wait its Status asks for.
 */
enum lw_event lw_event(struct listwatch *lw, const char *type, const char *version,
    int code, uint32_t retry_after_s);
/* The request has ended. */
enum lw_outcome lw_end(struct listwatch *lw, uint64_t now_us, uint32_t random,
    const struct lw_answer *answer);
/* Another resource of this server answers again: if this one waits because
 * none did, wait no longer. */
void lw_retry_now(struct listwatch *lw, uint64_t now_us);
/* The complete list is not believed: read it once more from the newest state. */
void lw_confirm(struct listwatch *lw, uint64_t now_us, uint32_t random);
/* A list is held, but its changes since are lost: a new one is due or runs. */
bool lw_is_relisting(const struct listwatch *lw);
/* The request that runs is given up: list from the newest state, at once. */
void lw_read_newest(struct listwatch *lw, uint64_t now_us);
/* A complete list is held, and its watch runs. */
bool lw_is_following(const struct listwatch *lw);

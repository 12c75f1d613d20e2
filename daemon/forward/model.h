/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wanted of the kernel and what it has, target by target, and the
 * queue of targets where the two differ. No I/O, no clock, no netlink: who
 * writes takes targets from the queue and says how it went.
 *
 * A Service claims its targets: each of its addresses, each port of each
 * address, and each of its endpoints. Several Services may claim one address or
 * endpoint. Of several that claim a
 * port of an address (they should not: the watcher settles that) the first one
 * is served and the others are told.
 */
#pragma once

#include <uthash.h>

#include "image.h"

struct target;
struct told;

/* A Service's health has changed; error 0: it is well now. */
typedef void model_report(
    void *arg, const struct msg_service_key *key, int error, const char *text);

struct service {
	struct msg_service_key key;
	struct claim *claims;
	size_t n_claims;
	uint32_t epoch;
	bool changing;  /* its claims are not complete: no report */
	int told_error; /* of the Service as told; positive errno */
	const char *told_text;
	int reported;
	UT_hash_handle hh;
};

struct claim {
	struct service *service;
	struct target *target;
	struct image *image; /* what is wanted */
	struct claim *prev, *next;
};

enum target_state {
	TARGET_CLEAN,
	TARGET_QUEUED,
	TARGET_SENT,   /* in a transaction under way */
	TARGET_FAILED, /* the kernel refused; tried again later */
};

struct target {
	struct target_key key;
	struct claim *claims; /* the first one counts */
	/* What the kernel has: as wanted (settled), else this. */
	struct image *present;
	/* And what fits no image beside the rest; NULL: nothing. It goes with the next
	 * change: among it may be what is wanted. */
	struct changes *strays;
	bool settled;
	enum target_state state;
	int error;
	uint32_t seq;   /* of the message that changed it last */
	uint32_t group; /* targets of one group travel in one transaction */
	struct target *prev, *next;
	UT_hash_handle hh;
};

struct model {
	struct ruleset_conf conf;
	struct service *services;
	struct target *targets;
	struct target *queue, *sent, *failed;
	uint32_t told_seq; /* of the newest message */
	uint32_t group;
	uint32_t epoch; /* of the sync */
	bool synced;    /* a sync has ended */
	bool swept;     /* a complete sync has ended: removing is allowed */
	model_report *report;
	void *arg;
};

void model_init(struct model *m, model_report *report, void *arg);
void model_fini(struct model *m);

/* ---- from vipd ---- */
void model_configure(struct model *m, const struct ruleset_conf *conf);
void model_sync_begin(struct model *m);
void model_sync_end(struct model *m, bool complete, uint32_t seq);
void model_told(struct model *m, const struct told *told, uint32_t seq);
void model_gone(struct model *m, const struct msg_service_key *key, uint32_t seq);

/* ---- from the kernel: its whole state, element by element ---- */
void model_load_begin(struct model *m);
void model_load(struct model *m, const struct element *e);
void model_load_end(struct model *m);

/* ---- for the writer ---- */
/* What is to stand; NULL: nothing. */
const struct image *target_wanted(const struct target *t);
/* Appends what target t lacks. */
void model_diff(const struct target *t, struct changes *out);
void model_sent(struct model *m, struct target *t);
/* A target that was sent is as wanted now; it may be gone afterwards. */
void model_settled(struct model *m, struct target *t);
/* error: positive errno. */
void model_refused(struct model *m, struct target *t, int error);
/* Puts a target that was sent to the queue's front again. */
void model_unsent(struct model *m, struct target *t);
/* Queues all that was refused. */
void model_retry(struct model *m);
/* The newest message that is in the kernel, but for what was reported. */
uint32_t model_in_place(const struct model *m);

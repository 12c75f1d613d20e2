/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a Service is served, or is not: the walk from the Service to the wire,
 * stage by stage, over what one node knows. Names the first thing that is
 * missing and one remedy. Pure: a model in, sentences out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "remedy.h"

struct model;

enum explain_stage {
	EXPLAIN_SOURCE,     /* Services are known from somewhere */
	EXPLAIN_SERVICE,    /* this one is known, and vipd's */
	EXPLAIN_POOL,       /* address pools have room for it */
	EXPLAIN_ALLOCATION, /* of which it was given an address */
	EXPLAIN_ADDRESS,    /* it has an address it may have */
	EXPLAIN_PLACEMENT,  /* which an instance may carry */
	EXPLAIN_INSTANCE,   /* which takes part in the election here */
	EXPLAIN_INSTALLED,  /* whose master has it on the interface */
	EXPLAIN_ANNOUNCED,  /* and has told the neighbours */
	EXPLAIN_RULES,      /* traffic to it is forwarded */
	EXPLAIN_ENDPOINTS,  /* to somebody */
	EXPLAIN_STAGE_COUNT
};

enum explain_mark {
	EXPLAIN_OK,
	EXPLAIN_WARN, /* works, but look at it */
	EXPLAIN_NO,
	EXPLAIN_SKIP, /* not this node's to say, or waits for another stage */
	EXPLAIN_MARK_COUNT
};

#define EXPLAIN_TEXT_LEN 512

struct explain_step {
	enum explain_stage stage;
	enum explain_mark mark;
	char text[EXPLAIN_TEXT_LEN];
};

struct explanation {
	struct explain_step *steps; /* in the order of the stages */
	size_t n_steps;
	size_t cap_steps;
	/* The first step marked NO, else the first WARN, else -1. */
	int missing;
	char fix[REMEDY_LEN];
};

/* The Service is the model's only one; without one it is the missing thing,
 * and the model's end says why. */
void explain(const struct model *m, const char *key, struct explanation *out);
/* Something is missing; a mere WARN is not. */
bool explain_found_fault(const struct explanation *e);
void explain_free(struct explanation *e);

const char *explain_stage_name(enum explain_stage stage);
/* "ok", "!", "NO", "-". */
const char *explain_mark_name(enum explain_mark mark);

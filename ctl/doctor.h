/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a node, or will be: holds the daemon's state, its
 * configuration and the host against each other, and says for each finding what
 * to do. Pure: (model, configuration, host) -> findings, in a fixed order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "remedy.h"

struct conf;
struct host;
struct model;

enum doctor_mark {
	DOCTOR_OK,
	DOCTOR_NOTE, /* good to know */
	DOCTOR_WARN, /* works, but something is at risk */
	DOCTOR_BAD,  /* does not work */
};

struct finding {
	enum doctor_mark mark;
	const char *check; /* "forwarding", "reverse path", ... */
	char text[512];
	char fix[REMEDY_LEN]; /* empty: none is needed */
};

struct doctor {
	const struct model *model;
	const struct conf *conf;
	const struct host *host;
	struct finding *findings;
	size_t n_findings;
	size_t cap_findings;
};

/* Fills findings; doctor_free() frees them. */
void doctor_examine(struct doctor *d);
void doctor_free(struct doctor *d);
bool doctor_is_well(const struct doctor *d);
const char *doctor_mark_name(enum doctor_mark mark);

/* Between the two halves (doctor.c: the daemon, doctor_host.c: the host). */
void doctor_say(struct doctor *d, enum doctor_mark mark, const char *check,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Of the finding said last. */
void doctor_fix(struct doctor *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_examine_host(struct doctor *d);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is tracked, whatever it is: a name, a state, why, since when. Scripts,
 * files, processes and links embed one and set it; who tracks reads it. One
 * for each block of the configuration, however many instances track it.
 */
#pragma once

#include "conf_watch.h"

struct trackers;

struct tracker {
	enum track_kind kind;
	char name[NAME_LEN];
	enum track_state state;
	int64_t value; /* of a file */
	char why[96];  /* "exit 1, 3 times in a row" */
	uint64_t since_us;
	bool told; /* in the configuration that is being taken */
	struct trackers *owner;
	struct tracker *next;
};

/* Logs a change and passes it on. */
void tracker_set(
    struct tracker *t, enum track_state state, int64_t value, const char *why);

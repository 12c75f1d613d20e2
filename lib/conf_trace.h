/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of each keyword of a file, for whoever moves over from
 * keepalived: noted while the tables read it, so there is no second list of
 * keywords; then judged by what was found wrong.
 */
#pragma once

#include "conf_keepalived.h"

enum conf_fate {
	CONF_FATE_SAME,
	CONF_FATE_DIFFERS, /* vipd does something else: text says what */
	CONF_FATE_IGNORED, /* vipd does nothing of it */
	CONF_FATE_REFUSED, /* vipd does not start with it */
	CONF_FATE_COUNT
};

/* One keyword at one place. */
struct conf_fact {
	char keyword[NAME_LEN];
	char block[32]; /* where it stands, as keepalived.conf(5) names it */
	char file[256];
	unsigned line;
	uint32_t order;
	enum conf_fate fate;
	bool is_lvs;
	bool foreign;   /* keepalived's alone */
	bool judged;    /* text is what was found wrong */
	char text[256]; /* how it differs, why, or the remedy; may be empty */
};

/* In reading order; behind them what else was found of one keyword. */
struct conf_trace {
	struct conf_fact *facts;
	size_t count;
	size_t cap;
};

const char *conf_fate_name(enum conf_fate fate);
/* A keyword that vipd has. NULL traces take nothing. */
void conf_trace_note(
    struct conf_trace *t, const struct conf_table *table, const struct conf_word *word);
/* One that it has not; f: NULL if nobody has it. */
void conf_trace_foreign(struct conf_trace *t, const struct conf_table *table,
    const struct conf_word *word, const struct conf_foreign *f, bool off);
/* Each problem belongs to the keyword before it. */
void conf_trace_judge(
    struct conf_trace *t, const struct conf_problems *problems, bool ignore_lvs);
void conf_trace_free(struct conf_trace *t);

/* As conf_load(), but tells what became of each keyword. */
void conf_trace_file(const char *path, const char *config_id, struct conf_trace *trace,
    struct conf_problems *problems);

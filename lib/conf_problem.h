/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with a configuration, collected so that one run names all of
 * it. The list is bounded: behind CONF_PROBLEMS_MAX findings errors are only
 * counted.
 */
#pragma once

#include <stdarg.h>

#include "conf.h"

#define CONF_PROBLEMS_MAX 1000

/* Where a word begins; column counts characters, from 1 as line does. */
struct conf_pos {
	const char *file;
	unsigned line;
	unsigned column;
	unsigned order; /* of reading, over all files */
};

void conf_error(struct conf_problems *problems, const struct conf_pos *pos,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void conf_warning(struct conf_problems *problems, const struct conf_pos *pos,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A warning of what keepalived does just so. */
void conf_alike(struct conf_problems *problems, const struct conf_pos *pos,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define CONF_POS_STRLEN 300
/* "line 3, column 5", with the file where it is not from's; returns buf. */
const char *conf_pos_format(
    const struct conf_pos *pos, const struct conf_pos *from, char buf[CONF_POS_STRLEN]);

/* Sorts by reading order and adds the line that counts what was left out. */
void conf_problems_finish(struct conf_problems *problems);

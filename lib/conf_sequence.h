/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keepalived's ~SEQ, ~SEQx and ~LST: a line that stands for several. They are
 * written out as definitions and lines, for the lexer to read. Pure.
 */
#pragma once

#include <stddef.h>

/*
 * line begins with '~'. Returns the text (heap): for each value "$NAME=VALUE"
 * and then the rest of the line; or NULL, and *why. It has at most max bytes.
 */
char *conf_sequence(const char *line, size_t max, const char **why);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two texts line by line: what has to go from the first and what has to come
 * for the second, as few lines as possible, with three lines around them for
 * the eye and the line that opened the block they are in. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Writes the difference, nothing where there is none; true if there is one. */
bool diff_write(const char *from, const char *to, FILE *out);

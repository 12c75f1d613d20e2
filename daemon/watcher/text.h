/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people, of fixed room: cut where it does not fit, and printable
 * whatever came from outside. */
#pragma once

#include <stddef.h>

/* Fills all size bytes of buf: text, then zeros (it may travel in a message). */
void text_format(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Replaces everything that is not printable ASCII by '?'; returns text. */
char *text_make_safe(char *text);

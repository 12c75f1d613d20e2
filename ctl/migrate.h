/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vipctl check --keepalived`: what vipd makes of each keyword of a
 * keepalived.conf, as a table or as JSON. Knows no keyword (conf_trace.h).
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* id: for @ID lines; NULL: as vipd without -i has it.
 * 0: vipd runs it as it is; 1: something differs or is ignored; 2: refused. */
int migrate_show(
    const char *path, const char *id, bool json, bool wide, FILE *out, FILE *err);

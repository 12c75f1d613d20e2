/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vipd -t` and `vipctl check` say about a configuration file.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/*
 * Writes every problem to err, one a line, and with print the canonical form
 * to out if there is no error. Returns the exit code: 0, or 2 on errors.
 * config_id as conf_load() has it.
 */
int conf_report(
    const char *path, const char *config_id, bool print, FILE *out, FILE *err);

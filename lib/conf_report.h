/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vipd -t` and `vipctl check` say about a configuration file.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct conf;

/*
 * Writes every problem to err, one a line, and with print the canonical form
 * to out if there is no error. Returns the exit code: 0, or 2 on errors.
 * config_id as conf_load() has it.
 */
int conf_report(
    const char *path, const char *config_id, bool print, FILE *out, FILE *err);
/* The same problems; the configuration, or NULL on errors. */
struct conf *conf_report_load(const char *path, const char *config_id, FILE *err);

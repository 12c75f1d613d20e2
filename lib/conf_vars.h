/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions of a configuration ($NAME=VALUE), by name; the last one counts.
 * Knows nothing of where they stand.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONF_VAR_NAME_MAX 64

struct conf_var;
struct conf_vars {
	struct conf_var *table;
};

/* Both texts live longer than vars. */
void conf_vars_set(struct conf_vars *vars, const char *name, const char *value);
/* NULL: not defined. */
const char *conf_vars_get(const struct conf_vars *vars, const char *name);
void conf_vars_free(struct conf_vars *vars);

/* Letters, digits and underscores, no digit first. */
bool conf_var_begins(int c);
bool conf_var_goes_on(int c);

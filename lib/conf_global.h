/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of global_defs, which give every instance its values.
 */
#pragma once

#include "conf_build.h"
#include "conf_instance.h"

/* Of struct conf_globals. */
const struct conf_table *conf_global_table(void);
/* True if global_defs says the value of this instance word: it is in
 * g->defaults then. */
bool conf_global_gives(const struct conf_globals *g, enum conf_instance_word word);
/* What stays in global_defs: the rest is printed with the instances. */
void conf_print_hooks(FILE *out, unsigned indent, const struct conf_hooks *hooks);
/* Gives what was not said its default. */
void conf_global_complete(struct conf_globals *g);
/* What is no instance's goes into the finished configuration. */
void conf_global_finish(const struct conf_globals *g, struct conf *conf);
/* The words of it. */
void conf_global_print(FILE *out, unsigned indent, const struct conf *conf);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to vipd with their complaints on standard error and vipctl's exit
 * codes: what every command begins with.
 */
#pragma once

#include "client.h"

struct args;
struct model;

enum exit_code { EXIT_WELL, EXIT_NOT_WELL, EXIT_USAGE, EXIT_NO_DAEMON };

/* Returns an exit code; EXIT_WELL with the answer in *m. */
int ask(
    const struct args *args, enum ctl_command command, const char *arg, struct model *m);
/* The code the daemon ended its answer with; anything odd is "not well". */
int ask_ended(const struct model *m);
/* An answer that is a view of the node: complete, or refused with a reason. */
int ask_view(const struct args *args, enum ctl_command command, struct model *m);
/* The configuration in force; the caller frees it. */
int ask_config(const struct args *args, char **text);

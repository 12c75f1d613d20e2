/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vipctl nodes`: the nodes that run vipd, as their Leases tell, and what is
 * not well with them: one that has not been heard of, or whose configuration
 * is not that of the others. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct model;
struct model_node;

/* No Lease renewed for so long (every minute they should be). */
bool node_is_silent(const struct model *m, const struct model_node *n);
/* Its configuration differs from the one that most nodes have. */
bool node_has_drifted(const struct model *m, const struct model_node *n);
bool nodes_are_well(const struct model *m);

void nodes_show(const struct model *m, bool wide, FILE *out);
void nodes_json(const struct model *m, FILE *out);

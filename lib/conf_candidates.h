/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file for every node: a range of virtual_router_ids stands for as many
 * instances, `candidates` names the nodes that take part, and `priority auto`
 * gives each of them its own priority in each instance, from what the file
 * says alone. Which node this is, is `node_name`, else the configuration id
 * (the first label of the host name unless -i says otherwise).
 */
#pragma once

#include "conf_build.h"

/* Priorities of `priority auto`: 250, 240, ... 50, all of the healthy band. */
#define CONF_AUTO_HIGHEST 250
#define CONF_AUTO_STEP 10
#define CONF_CANDIDATES_AUTO_MAX 21

/* Arguments beside a number, of a struct conf_draft. */
bool conf_take_vrid_range(const char *arg, void *draft);
bool conf_take_auto_priority(const char *arg, void *draft);

void conf_read_candidates(
    struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_candidates(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);

/* Puts the instances in place of their range: NAME-87, NAME-88, ... */
void conf_candidates_expand(struct conf_build *b);
/* What `priority auto` gives the index-th candidate. */
uint8_t conf_candidate_priority(const struct conf_instance *in, size_t index);
/* After defaults: who stands aside, and priorities that were left to us. */
void conf_candidates_apply(struct conf_build *b);

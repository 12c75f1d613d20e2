/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes as keepalived.conf(5) and ip-route(8) write them: virtual_routes of an
 * instance. A route is one destination with options before and behind it;
 * what is said of it but not of its list is judged here. Host names, and names
 * of tables in rt_tables, are not known.
 */
#pragma once

#include "conf_build.h"

/* The options of one route; of struct conf_route. */
const struct conf_table *conf_route_table(void);

/* Adds the routes of a block to the list, which may have some. */
void conf_read_routes(struct conf_reader *r, const struct conf_statement *st,
    struct conf_routes *routes, struct conf_places *places);
/* virtual_routes of a struct conf_draft; printing takes its struct
 * conf_instance. */
void conf_read_virtual_routes(
    struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_virtual_routes(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);

/* The kernel takes them for the same route: destination, table, metric. */
int conf_route_cmp(const struct conf_route *a, const struct conf_route *b);

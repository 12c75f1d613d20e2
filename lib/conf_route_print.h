/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canonical form of routes, and the words it has for values.
 */
#pragma once

#include "conf_words.h"

struct conf_routes;

/* By enum conf_route_type, in its order. */
const struct conf_choice *conf_route_types(void);
/* RT_SCOPE_*. */
const struct conf_choice *conf_route_scopes(void);
/* "WORD { ROUTE... }", one a line; nothing for none. */
void conf_print_routes(
    FILE *out, unsigned indent, const char *word, const struct conf_routes *routes);

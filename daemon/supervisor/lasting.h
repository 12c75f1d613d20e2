/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * static_ipaddress and static_routes: wanted from the start to the end, whatever
 * elections say. Only says what is wanted; the kernel's part is address.h's and
 * route.h's, as for what instances carry. These addresses are no virtual ones:
 * nobody announces them, no status lists them, and the node may send from them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "route.h"

struct addresses;
struct conf;
struct conf_lasting;
struct ipaddr;

/* Their owner, for address.h; instances count from 1. */
#define LASTING_OWNER UINT32_MAX

/* NULL: none. */
void lasting_want_addresses(struct addresses *as, const struct conf_lasting *l);
/*
 * Routes are wanted once every address that its interface can take is there: a
 * router is found, and a source is valid, by an address.
 */
bool lasting_may_route(const struct links *links, const struct conf_lasting *l);
/* The list behind its own routes, so that these count; the caller frees it. */
struct route_want *lasting_add_routes(
    const struct conf_lasting *l, const struct route_want *list, size_t n, size_t *count);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules over all instances and ranges of a configuration: names, virtual
 * routers, addresses and ranges that meet. Each sorts instead of comparing
 * every pair, so that a file of any allowed size is checked quickly.
 */
#pragma once

#include "conf_build.h"

/* An instance's name stands once. */
void conf_check_names(struct conf_build *b);
/*
 * An interface has a virtual router (family, id) once, unless all that share
 * it are unicast and no two have a peer in common.
 */
void conf_check_routers(struct conf_build *b);
/*
 * Of an address that stands twice in an instance the first is kept, with a
 * warning; in two instances on one interface it is an error.
 */
void conf_check_duplicate_addresses(struct conf_build *b);
/* Pools do not overlap; what is handed out has an instance that may carry
 * it. */
void conf_check_ranges(struct conf_build *b);

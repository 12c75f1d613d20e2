/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What link.h knows about one address of address.c. Looks, and changes nothing
 * but where the entry is.
 */
#pragma once

#include "address_table.h"
#include "plan.h"

/* Also sets e->ifindex, and e->prefixlen to that of a misfit. */
struct plan_place survey_entry(const struct links *links, struct entry *e);

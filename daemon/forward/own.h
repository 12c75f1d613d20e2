/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node as a client of its own addresses: a connection to an address that
 * is on this node has that address as its source. Where loadBalancerSourceRanges
 * let the node in by any of its addresses, they have to let that one in, too,
 * as kube-proxy does.
 */
#pragma once

#include <stddef.h>

#include "ipaddr.h"

struct told;

/* All addresses of this node; the array is the caller's. */
size_t own_addresses(struct ipaddr **out);
/* Adds to t's ranges those of its addresses under which the node comes, if one
 * of own[n], but for t's addresses themselves, is in the ranges. Pure. */
void own_admit(struct told *t, const struct ipaddr *own, size_t n);

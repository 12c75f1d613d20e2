/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv4 addresses of one subnet on one interface: with the first, the primary
 * one, the kernel removes the others, the node's own among them, unless it is
 * told to promote one.
 */
#pragma once

#include "address_table.h"

/* Before e is deleted: nothing else shall go with it. */
void siblings_keep(struct links *links, const struct entry *e);

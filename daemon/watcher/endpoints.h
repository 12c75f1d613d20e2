/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usable endpoints of each port of a Service (KEP-1669; lines E3 to E7 and
 * E11 of kubernetes.md): all that are ready; if none is, those that still
 * serve while they terminate. Where externalTrafficPolicy is Local the same is
 * computed once more for the endpoints of this node, and both sets are told.
 */
#pragma once

struct claims;
struct store_entry;
struct view;

/* Adds them to v->endpoints, sorted by (port_index, address, port). */
void endpoints_add(
    struct view *v, const struct store_entry *e, const struct claims *claims);

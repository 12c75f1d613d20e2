/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of instance.h that is about interfaces: which ones are needed, and
 * what the engine hears of them.
 */
#pragma once

#include "instance.h"

void instances_init_ifaces(struct instances *is);
/* After a change of configuration: opens, tells, closes. */
void instances_refresh_ifaces(struct instances *is);
void instances_update_iface(struct instances *is, struct iface *i, bool all);
/* A device came, went, was renamed, or its macvlan will not come: who runs on it
 * or has its addresses there hears of it. */
void instances_on_device(struct instances *is, const char *name);
/* The delay of a link's change is over. */
void instances_on_carrier(struct instances *is, const char *name);

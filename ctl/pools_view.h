/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `vipctl pools`: how much of each pool is free, and which Service has which
 * address. Addresses in use without a Service here are those that pools keep
 * back: endpoints', nodes', external IPs.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct model;

void pools_show(const struct model *m, bool wide, FILE *out);
void pools_json(const struct model *m, FILE *out);

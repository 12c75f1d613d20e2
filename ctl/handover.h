/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How handovers went: a model's list of them as text and as JSON. Pure.
 */
#pragma once

#include <stdio.h>

struct model;

/* A line for each that a new master took. */
void handover_show(const struct model *m, FILE *out);
void handover_json(const struct model *m, FILE *out);

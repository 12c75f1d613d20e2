/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules between fields, after every default was applied: what no single
 * word can violate. Nothing is repaired silently: where keepalived mends a
 * configuration (a duplicate address, too many for an advert), so does this,
 * with a warning.
 */
#pragma once

#include "conf_build.h"

void conf_check(struct conf_build *b);

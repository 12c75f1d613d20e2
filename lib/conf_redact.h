/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canonical form without its secrets, for whoever may see a configuration
 * but not the keys in it; it reads back as a configuration. In place of a secret stand
 * four hexadecimal digits of its hash: enough to see that one has changed, too few to
 * find it.
 */
#pragma once

#include <stdio.h>

struct conf;

void conf_print_redacted(const struct conf *conf, FILE *out);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * static_ipaddress and static_routes as keepalived.conf(5) has them: addresses
 * and routes of this node, there whoever is master. Written as those of an
 * instance; an address that names no interface goes to default_interface.
 */
#pragma once

#include "conf_build.h"

void conf_read_static_addresses(
    struct conf_reader *r, const struct conf_statement *st, void *build);
void conf_read_static_routes(
    struct conf_reader *r, const struct conf_statement *st, void *build);
/* After all words: gives each address its interface. */
void conf_lasting_complete(struct conf_build *b);
/*
 * An address that stands twice for one interface counts once, with a warning; one
 * that an instance carries, too, is an error. A route that one has, too, counts as
 * this node's, with a warning.
 */
void conf_check_lasting(struct conf_build *b);
void conf_lasting_print(FILE *out, const struct conf_lasting *l);
void conf_lasting_free(struct conf_lasting *l);

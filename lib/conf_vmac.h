/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * use_vmac: an instance's virtual MAC and the macvlan device that has it.
 */
#pragma once

#include "conf_build.h"

/* `use_vmac [NAME] [MAC]` of a struct conf_draft; a MAC of five bytes gets the
 * virtual_router_id as its last. */
void conf_read_vmac(struct conf_reader *r, const struct conf_statement *st, void *draft);
size_t conf_vmac_more(
    const struct conf_table *t, const struct conf_word *words, size_t n);
void conf_print_vmac(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);

/* Name and MAC where none was said; its family is known. */
void conf_vmac_complete(struct conf_draft *d, const struct conf_globals *g);
/* Names are no interface's and no other instance's. */
void conf_check_vmacs(struct conf_build *b);

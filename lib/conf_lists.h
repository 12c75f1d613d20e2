/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of vipd.conf(5): addresses with options, unicast peers, ranges.
 * Reading reports what is wrong with one item; what is wrong between items is
 * conf_check's.
 */
#pragma once

#include "conf_build.h"

/* The options of one item; of struct conf_address and struct conf_peer. */
const struct conf_table *conf_address_table(void);
const struct conf_table *conf_peer_table(void);

/* Addresses under construction, wherever they are kept. */
struct conf_address_list {
	struct conf_address **items;
	size_t *count;
	size_t *cap;
	struct conf_places *places;
	const char *block; /* the word that it stands behind */
	const char *what;  /* they are, with an article */
	bool excluded;
};
void conf_read_address_list(
    struct conf_reader *r, const struct conf_node *nodes, struct conf_address_list *list);
/* A line of the canonical form. */
void conf_print_address(FILE *out, unsigned indent, const struct conf_address *a);

/* virtual_ipaddress and virtual_ipaddress_excluded of a draft. */
void conf_read_addresses(
    struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_read_excluded(
    struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_addresses(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);
void conf_print_excluded(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);

void conf_read_peers(struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_peers(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);

void conf_read_ranges(struct conf_reader *r, const struct conf_node *nodes,
    struct conf_ranges *ranges, struct conf_places *places);
/* "WORD { RANGE... }", one range a line. */
void conf_print_ranges(
    FILE *out, unsigned indent, const char *word, const struct conf_ranges *ranges);

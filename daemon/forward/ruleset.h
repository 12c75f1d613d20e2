/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The constant part of vipd's tables as messages of nf_tables: table, sets,
 * chains, rules. They follow from the mode alone; Services are elements of the
 * sets and live elsewhere. Knows no socket and no element.
 */
#pragma once

#include <stdint.h>

#include "msg.h"

struct batch;

#define UPLINKS_MAX 64

/*
 * mode: FORWARD_NFTABLES or FORWARD_NONE. uplinks: the interfaces behind which
 * the clients outside of the cluster are; what comes from elsewhere is the
 * node itself and its pods (S7). Zero filled, so that it can be compared.
 */
struct ruleset_conf {
	enum forward_mode mode;
	enum source_nat source_nat;
	uint32_t n_gateways; /* of replies (reply.h) */
	uint32_t n_uplinks;
	char uplinks[UPLINKS_MAX][IFNAME_LEN];
};

/*
 * Adds what brings a family's table to its constant form, whatever rules it
 * had: what stands already stays, elements are not touched. The table has to
 * be of this layout or absent.
 */
void ruleset_put(struct batch *b, uint8_t family, const struct ruleset_conf *conf);
/* Adds the removal of the table and all in it, whether or not it exists. */
void ruleset_remove(struct batch *b, uint8_t family);

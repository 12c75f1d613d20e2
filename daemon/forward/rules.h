/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of vipd's chains, as the comment in ruleset.c has them in nft(8)'s
 * words. Adds them to chains that stand and are empty.
 */
#pragma once

#include <stdint.h>

struct batch;
struct ruleset_conf;

/* guard, guard_output, refuse: in every mode. */
void rules_guard(struct batch *b, uint8_t family, const struct ruleset_conf *conf);
/* prerouting, output, postrouting, spread, spread_inside: where vipd forwards. */
void rules_nat(struct batch *b, uint8_t family, const struct ruleset_conf *conf);
/* replies, replies_output: a rule for each gateway. */
void rules_replies(struct batch *b, uint8_t family, const struct ruleset_conf *conf);

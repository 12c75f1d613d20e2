/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of auth_hmac, keepalived 2.4's authentication of adverts. Keys
 * stand in the configuration or in a file that nobody else may read; no
 * message repeats one.
 */
#pragma once

#include "conf_build.h"

#define CONF_HMAC_KEY_MIN 32

enum conf_hmac_word {
	CONF_H_KEY,
	CONF_H_ACTIVE_KEY,
	CONF_H_ANTI_REPLAY,
	CONF_H_TIME_WINDOW,
	CONF_H_MODE,
	CONF_H_COUNT,
};
_Static_assert(CONF_H_COUNT <= CONF_SEEN_MAX, "struct conf_seen holds them");

const struct conf_table *conf_hmac_table(void);
/* The block, into a draft and from an instance. */
void conf_read_hmac(struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_hmac(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);
/* Defaults, once advert_int is known. */
void conf_hmac_complete(struct conf_draft *d);
void conf_check_hmac(struct conf_problems *ps, struct conf_draft *d);
bool conf_hmac_eq(const struct conf_hmac *a, const struct conf_hmac *b);

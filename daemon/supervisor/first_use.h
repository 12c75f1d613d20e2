/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else has the addresses of an instance. A Service's address that is new on
 * a node that is master already is probed by the engine before its first use
 * (RFC 5227 2.1.1); never at a takeover, which must not wait, nor if it came with
 * the first complete list. While somebody answers it is not used, and asked for
 * again. Without an answer of the engine it is used: a probe is a courtesy.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "instance.h"

/* What wants.h knows of an address now; before: NULL if it is new. */
void first_use_carry(struct msg_ctl_address *a, const struct msg_ctl_address *before,
    bool was_master, bool is_master);
/* Asks for those that are due. */
void first_use_ask(struct instances *is, struct instance *in);
void first_use_on_probed(struct instances *is, const struct msg_probed *m);
void first_use_on_conflict(struct instances *is, const struct msg_conflict *m);
/* Pure: us until the next question after so many answers: 1 s to 64 s. */
uint64_t first_use_retry_us(uint32_t failed);
void first_use_init(struct instances *is);

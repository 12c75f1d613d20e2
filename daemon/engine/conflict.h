/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else uses an address that is held here (RFC 5227 2.4). A conflict is
 * answered and told at most once in ten seconds for each address, however often
 * it is heard: two stations that both defend must not make a storm. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

/* RFC 5227 1.1: DEFEND_INTERVAL */
#define CONFLICT_DEFEND_US 10000000

struct conflict_entry;

struct conflicts {
	struct conflict_entry *all; /* by address; of held ones only */
};

/* mac uses the held address. True: now is the time to announce it once more
 * and to tell *out (but for its id). */
bool conflicts_heard(struct conflicts *c, const struct msg_installed_record *at,
    const uint8_t mac[6], uint64_t now_us, struct msg_conflict *out);
/* It is not held any more. */
void conflicts_forget(struct conflicts *c, const struct msg_installed_record *at);
void conflicts_fini(struct conflicts *c);

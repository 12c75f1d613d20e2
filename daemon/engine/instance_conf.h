/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual router as vipd describes it: everything between MSG_INSTANCE and
 * MSG_INSTANCE_END. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "msg.h"

struct instance_conf {
	struct msg_instance head;
	struct ipaddr *addrs; /* advertised, in order */
	size_t n_addrs;
	size_t cap_addrs;
	struct msg_peer_record *peers;
	size_t n_peers;
	size_t cap_peers;
	struct msg_hmac_key *keys;
	size_t n_keys;
	size_t cap_keys;
};

void instance_conf_add_addrs(
    struct instance_conf *c, const struct ipaddr *addrs, size_t n);
void instance_conf_add_peers(
    struct instance_conf *c, const struct msg_peer_record *peers, size_t n);
void instance_conf_add_keys(
    struct instance_conf *c, const struct msg_hmac_key *keys, size_t n);
void instance_conf_free(struct instance_conf *c);
/* NULL, or why it cannot be a virtual router. */
const char *instance_conf_check(const struct instance_conf *c);
bool instance_conf_eq(const struct instance_conf *a, const struct instance_conf *b);
/* False: to their peers the two are different routers. */
bool instance_conf_same_router(
    const struct instance_conf *a, const struct instance_conf *b);
/*
 * a goes before b in a sync group (group.h). Every node has to find the same: what
 * all know alike of a router counts, and only at last its name, which is each node's.
 */
bool instance_conf_leads(const struct instance_conf *a, const struct instance_conf *b);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd tells the watcher: the source of Services and the rules for
 * addresses. Frames are collected between MSG_WATCHER_CONF and
 * MSG_WATCHER_CONF_END and take effect together.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipaddr.h"
#include "msg.h"
#include "placement.h"

struct settings {
	struct msg_watcher_conf conf;
	struct iprange *external_ips; /* the allow-list */
	size_t n_external_ips;
	size_t cap_external_ips;
	struct iprange *reserved; /* single addresses */
	size_t n_reserved;
	size_t cap_reserved;
	bool has_pools;               /* somewhere */
	struct pools *pools;          /* NULL: not known (yet) */
	char pools_error[REASON_LEN]; /* of a newer text; empty: none */
	char *pools_text;             /* address_pool blocks; not terminated */
	size_t pools_len;
	struct placement_instance *instances;
	size_t n_instances;
	size_t cap_instances;
};

/* A MSG_WATCHER_* frame but CONF_END. CONF begins anew. */
void settings_add(struct settings *s, const struct msg *m);
void settings_fini(struct settings *s);
/* All frames are there. old: what was in force, whose pools of the same
 * ConfigMap are kept. */
void settings_complete(struct settings *s, struct settings *old);
bool settings_has_instance(const struct settings *s, const char *name);
/*
 * The text of the ConfigMap (NULL: it, or its key, is not there). False: it is
 * not taken, pools_error says why, and the last good pools stay.
 */
bool settings_take_pools(struct settings *s, const char *text);
/* The source and how its objects are read are the same. */
bool settings_same_source(const struct settings *a, const struct settings *b);

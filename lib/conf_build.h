/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration while it is read: the structs of conf.h and where each of
 * their words stood, for defaults that depend on what was said and for checks
 * that name a place.
 */
#pragma once

#include "conf_words.h"

/*
 * What global_defs says: values for every instance that does not say its own.
 * `defaults` is no instance; only the fields that global_defs has are used.
 */
struct conf_globals {
	char router_id[NAME_LEN];
	bool ignore_lvs;
	bool min_garp;                    /* vrrp_min_garp */
	char vmac_prefix[IFNAME_LEN - 5]; /* "6.255" fits behind it */
	char default_interface[IFNAME_LEN];
	bool log_unknown_vrids;
	uint8_t rt_priority;
	uint32_t startup_delay_us;
	uint32_t delay_after_boot_us;
	struct conf_instance defaults;
	struct conf_hooks hooks;
	struct conf_seen seen;
};

struct conf_draft {
	struct conf_instance in; /* first: rows have its offsets */
	const struct conf_word *name;
	struct conf_seen seen;
	struct conf_seen hmac_seen;
	size_t addresses_cap;
	size_t peers_cap;
	size_t vmac_mac_len; /* bytes of it that were said */
	uint8_t last_vrid;   /* virtual_router_id FIRST-LAST; 0: no range */
	bool priority_auto;  /* to be chosen by candidates */
	struct conf_places addresses_at;
	struct conf_places routes_at;
	struct conf_places peers_at;
	struct conf_places ranges_at;
	struct conf_places candidates_at;
};

struct conf_group_draft {
	struct conf_group group; /* first: rows have its offsets */
	const struct conf_word *name;
	struct conf_seen seen;
	size_t members_cap;
	struct conf_places members_at;
};

struct conf_pool_draft {
	struct conf_pool pool; /* first: rows have its offsets */
	const struct conf_word *name;
	struct conf_seen seen;
	struct conf_places ranges_at;
	struct conf_places exclude_at;
};

struct conf_services_draft {
	struct conf_services sv;      /* first; its pools come last of all */
	const struct conf_word *word; /* NULL: no services block */
	struct conf_seen seen;
	struct conf_places external_ips_at;
	struct conf_pool_draft **pools;
	size_t n_pools;
	size_t pools_cap;
};

struct conf_build {
	struct conf_reader reader;
	struct conf_globals globals;
	const char *config_id;
	struct conf_draft **drafts;
	size_t n_drafts;
	size_t drafts_cap;
	struct conf_group_draft **groups;
	size_t n_groups;
	size_t groups_cap;
	struct conf_watch watch;
	struct conf_lasting lasting;
	size_t lasting_cap; /* of its addresses */
	struct conf_places lasting_addresses_at;
	struct conf_places lasting_routes_at;
	struct conf_services_draft services;
	struct conf_forwarding forwarding;
	const struct conf_word *forwarding_word; /* NULL: no such block */
	struct conf_seen forwarding_seen;
};

#define CONF_FIELD(type, member)                                                         \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

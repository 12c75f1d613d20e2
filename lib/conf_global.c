/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_global.h"

#include "mem.h"

enum {
	G_ROUTER_ID,
	G_IGNORE_LVS,
	G_VERSION,
	G_GARP_DELAY,
	G_GARP_REPEAT,
	G_GARP_REFRESH,
	G_GARP_REFRESH_REPEAT,
	G_GARP_LOWER_PRIO_DELAY,
	G_GARP_LOWER_PRIO_REPEAT,
	G_GARP_INTERVAL,
	G_GNA_INTERVAL,
	G_CHECKSUM_AS_V2,
	G_COUNT,
};
_Static_assert(G_COUNT <= CONF_SEEN_MAX, "struct conf_seen holds them");

/* The global word of an instance's word, by the latter; 0: none has it. */
static const uint8_t twins[CONF_W_INSTANCE_COUNT] = {
	[CONF_W_VERSION] = G_VERSION,
	[CONF_W_GARP_DELAY] = G_GARP_DELAY,
	[CONF_W_GARP_REPEAT] = G_GARP_REPEAT,
	[CONF_W_GARP_REFRESH] = G_GARP_REFRESH,
	[CONF_W_GARP_REFRESH_REPEAT] = G_GARP_REFRESH_REPEAT,
	[CONF_W_GARP_LOWER_PRIO_DELAY] = G_GARP_LOWER_PRIO_DELAY,
	[CONF_W_GARP_LOWER_PRIO_REPEAT] = G_GARP_LOWER_PRIO_REPEAT,
	[CONF_W_GARP_INTERVAL] = G_GARP_INTERVAL,
	[CONF_W_GNA_INTERVAL] = G_GNA_INTERVAL,
	[CONF_W_CHECKSUM_AS_V2] = G_CHECKSUM_AS_V2,
};

static const struct conf_choice versions[] = { { "2", 2 }, { "3", 3 }, { NULL, 0 } };

#define SECONDS(member, from, to)                                                        \
	.args = "SECONDS", .kind = CONF_SECONDS,                                         \
	CONF_FIELD(struct conf_globals, member), .min = (from), .max = (to)
#define NUMBER(member, from, to)                                                         \
	.args = "NUMBER", .kind = CONF_NUMBER, CONF_FIELD(struct conf_globals, member),  \
	.min = (from), .max = (to)

static const struct conf_keyword words[] = {
	[G_ROUTER_ID] = { "router_id", .args = "NAME", .kind = CONF_NAME,
	    CONF_FIELD(struct conf_globals, router_id),
	    .help = "the name of this router; without it the node's name" },
	[G_IGNORE_LVS] = { "ignore_lvs", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, ignore_lvs), .def = "no",
	    .help = "skip virtual_server and its kin instead of refusing them" },
	[G_VERSION] = { "vrrp_version", .args = "2|3", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_globals, defaults.version), .choices = versions,
	    .help = "version of instances that do not say theirs" },
	[G_GARP_DELAY] = { "vrrp_garp_master_delay",
	    SECONDS(defaults.garp_delay_us, 0, 3600000000),
	    .help = "garp_master_delay of instances that do not say theirs" },
	[G_GARP_REPEAT] = { "vrrp_garp_master_repeat",
	    NUMBER(defaults.garp_repeat, 1, 255),
	    .help = "garp_master_repeat of instances that do not say theirs" },
	[G_GARP_REFRESH] = { "vrrp_garp_master_refresh",
	    SECONDS(defaults.garp_refresh_us, 0, 3600000000),
	    .help = "garp_master_refresh of instances that do not say theirs" },
	[G_GARP_REFRESH_REPEAT] = { "vrrp_garp_master_refresh_repeat",
	    NUMBER(defaults.garp_refresh_repeat, 1, 255),
	    .help = "garp_master_refresh_repeat of instances that do not say "
		    "theirs" },
	[G_GARP_LOWER_PRIO_DELAY] = { "vrrp_garp_lower_prio_delay",
	    SECONDS(defaults.garp_lower_prio_delay_us, 0, 3600000000),
	    .help = "garp_lower_prio_delay of instances that do not say theirs" },
	[G_GARP_LOWER_PRIO_REPEAT] = { "vrrp_garp_lower_prio_repeat",
	    NUMBER(defaults.garp_lower_prio_repeat, 0, 255),
	    .help = "garp_lower_prio_repeat of instances that do not say theirs" },
	[G_GARP_INTERVAL] = { "vrrp_garp_interval",
	    SECONDS(defaults.garp_interval_us, 0, 1000000),
	    .help = "garp_interval of instances that do not say theirs" },
	[G_GNA_INTERVAL] = { "vrrp_gna_interval",
	    SECONDS(defaults.gna_interval_us, 0, 1000000),
	    .help = "gna_interval of instances that do not say theirs" },
	[G_CHECKSUM_AS_V2] = { "v3_checksum_as_v2", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.checksum_as_v2),
	    .help = "v3_checksum_as_v2 of instances that do not say theirs" },
};

static const struct conf_table table = { .name = "global_defs",
	.context = CONF_IN_GLOBAL,
	.words = words,
	.n_words = ARRAY_LEN(words) };

const struct conf_table *
conf_global_table(void)
{
	return &table;
}

bool
conf_global_gives(const struct conf_globals *g, enum conf_instance_word word)
{
	return word < CONF_W_INSTANCE_COUNT && twins[word] && g->seen.at[twins[word]];
}

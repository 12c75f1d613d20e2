/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_global.h"

#include "conf_command.h"
#include "conf_track.h"
#include "conf_value.h"
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
	G_MIN_GARP,
	G_GARP_INTERVAL,
	G_GNA_INTERVAL,
	G_ADDRESS_LIFETIME,
	G_CHECKSUM_AS_V2,
	G_DOWN_ADVERTS,
	G_LOWER_NO_ADVERT,
	G_HIGHER_SEND_ADVERT,
	G_OWNER_IGNORE,
	G_STARTUP_DELAY,
	G_DELAY_AFTER_BOOT,
	G_LOG_UNKNOWN_VRIDS,
	G_VMAC_PREFIX,
	G_DEFAULT_INTERFACE,
	G_RT_PRIORITY,
	G_PRIORITY_CHANGES,
	G_SCRIPT_USER,
	G_SCRIPT_SECURITY,
	G_FIFO,
	G_FIFO_SCRIPT,
	G_VRRP_FIFO,
	G_VRRP_FIFO_SCRIPT,
	G_STARTUP_SCRIPT,
	G_STARTUP_TIMEOUT,
	G_SHUTDOWN_SCRIPT,
	G_SHUTDOWN_TIMEOUT,
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
	[CONF_W_ADDRESS_LIFETIME] = G_ADDRESS_LIFETIME,
	[CONF_W_CHECKSUM_AS_V2] = G_CHECKSUM_AS_V2,
	[CONF_W_PRIORITY_CHANGES] = G_PRIORITY_CHANGES,
	[CONF_W_DOWN_ADVERTS] = G_DOWN_ADVERTS,
	[CONF_W_LOWER_NO_ADVERT] = G_LOWER_NO_ADVERT,
	[CONF_W_HIGHER_SEND_ADVERT] = G_HIGHER_SEND_ADVERT,
	[CONF_W_OWNER_IGNORE] = G_OWNER_IGNORE,
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
	[G_MIN_GARP] = { "vrrp_min_garp", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, min_garp),
	    .help = "one announcement instead of two bursts of five" },
	[G_GARP_INTERVAL] = { "vrrp_garp_interval",
	    SECONDS(defaults.garp_interval_us, 0, 1000000),
	    .help = "garp_interval of instances that do not say theirs" },
	[G_GNA_INTERVAL] = { "vrrp_gna_interval",
	    SECONDS(defaults.gna_interval_us, 0, 1000000),
	    .help = "gna_interval of instances that do not say theirs" },
	[G_ADDRESS_LIFETIME] = { "address_lifetime", .args = "SECONDS",
	    .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_globals, defaults.address_lifetime_s), .min = 0,
	    .max = 86400,
	    .help = "address_lifetime of instances that do not say theirs" },
	[G_CHECKSUM_AS_V2] = { "v3_checksum_as_v2", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.checksum_as_v2),
	    .help = "v3_checksum_as_v2 of instances that do not say theirs" },
	[G_DOWN_ADVERTS] = { "vrrp_down_timer_adverts",
	    NUMBER(defaults.down_adverts, 1, 100),
	    .help = "down_timer_adverts of instances that do not say theirs" },
	[G_LOWER_NO_ADVERT] = { "vrrp_lower_prio_no_advert", .args = "yes|no",
	    .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.lower_prio_no_advert),
	    .help = "lower_prio_no_advert of instances that do not say theirs" },
	[G_HIGHER_SEND_ADVERT] = { "vrrp_higher_prio_send_advert", .args = "yes|no",
	    .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.higher_prio_send_advert),
	    .help = "higher_prio_send_advert of instances that do not say theirs" },
	[G_OWNER_IGNORE] = { "vrrp_owner_ignore_adverts", .args = "yes|no",
	    .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.owner_ignore_adverts),
	    .help = "owner_ignore_adverts of instances that do not say theirs" },
	[G_STARTUP_DELAY] = { "vrrp_startup_delay",
	    SECONDS(startup_delay_us, 0, 3600000000), .def = "0",
	    .help = "how long instances wait after the start of vipd" },
	[G_DELAY_AFTER_BOOT] = { "vrrp_delay_after_boot",
	    SECONDS(delay_after_boot_us, 0, 3600000000), .def = "0",
	    .help = "how long instances wait after the start of the machine" },
	[G_VMAC_PREFIX] = { "vmac_prefix", .args = "NAME", .kind = CONF_IFNAME,
	    CONF_FIELD(struct conf_globals, vmac_prefix),
	    .help = "what use_vmac's own names begin with, else vrrp" },
	[G_DEFAULT_INTERFACE] = { "default_interface", .args = "INTERFACE",
	    .kind = CONF_IFNAME, CONF_FIELD(struct conf_globals, default_interface),
	    .help = "of static_ipaddress without dev, else eth0" },
	[G_LOG_UNKNOWN_VRIDS] = { "log_unknown_vrids", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_globals, log_unknown_vrids),
	    .def = "no", .help = "name adverts for virtual routers that are not here" },
	[G_RT_PRIORITY] = { "vrrp_rt_priority", NUMBER(rt_priority, 0, 99), .def = "50",
	    .help = "real-time priority of the elections; 0 none" },
	[G_PRIORITY_CHANGES] = { "vrrp_notify_priority_changes", .args = "yes|no",
	    .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_globals, defaults.notify.priority_changes),
	    .help = "notify_priority_changes of instances that do not say theirs" },
	[G_SCRIPT_USER] = { "script_user", .args = "USER [GROUP]", .kind = CONF_CUSTOM,
	    .named = true, .more = conf_one_more,
	    .offset = offsetof(struct conf_globals, hooks.default_user),
	    .read = conf_read_user,
	    .help = "runs scripts that name no user; else keepalived_script, else "
		    "vipd's" },
	[G_SCRIPT_SECURITY] = { "enable_script_security", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_globals, hooks.script_security), .min = true,
	    .help = "no script runs as root that others may change" },
	[G_FIFO] = CONF_COMMAND_ROW("notify_fifo", struct conf_globals, hooks.fifos[0],
	    "a FIFO that is told each change of a state"),
	[G_FIFO_SCRIPT] = CONF_COMMAND_ROW("notify_fifo_script", struct conf_globals,
	    hooks.fifo_scripts[0], "run to read it; its last argument is the FIFO"),
	[G_VRRP_FIFO] = CONF_COMMAND_ROW("vrrp_notify_fifo", struct conf_globals,
	    hooks.fifos[1], "another FIFO that is told the same"),
	[G_VRRP_FIFO_SCRIPT] =
	    CONF_COMMAND_ROW("vrrp_notify_fifo_script", struct conf_globals,
		hooks.fifo_scripts[1], "run to read it; its last argument is the FIFO"),
	[G_STARTUP_SCRIPT] = CONF_COMMAND_ROW("startup_script", struct conf_globals,
	    hooks.startup, "run before anything else"),
	[G_STARTUP_TIMEOUT] = { "startup_script_timeout",
	    SECONDS(hooks.startup_timeout_us, 1000000, 1000000000), .def = "10",
	    .help = "how long it may take" },
	[G_SHUTDOWN_SCRIPT] = CONF_COMMAND_ROW("shutdown_script", struct conf_globals,
	    hooks.shutdown, "run behind everything else"),
	[G_SHUTDOWN_TIMEOUT] = { "shutdown_script_timeout",
	    SECONDS(hooks.shutdown_timeout_us, 1000000, 1000000000), .def = "10",
	    .help = "how long it may take" },
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

void
conf_print_hooks(FILE *out, unsigned indent, const struct conf_hooks *hooks)
{
	const struct conf_table own = { .words = words + G_SCRIPT_SECURITY,
		.n_words = G_COUNT - G_SCRIPT_SECURITY };
	struct conf_globals g = { .hooks = *hooks };

	conf_print_words(out, indent, &own, &g);
}

/* keepalived's meaning: what the other words do not say becomes 1 and none. */
static void
apply_min_garp(struct conf_globals *g)
{
	const struct conf_word *said = g->seen.at[G_MIN_GARP];

	if (!g->min_garp)
		return;
	if (!g->seen.at[G_GARP_REPEAT]) {
		g->defaults.garp_repeat = 1;
		g->seen.at[G_GARP_REPEAT] = said;
	}
	if (!g->seen.at[G_GARP_DELAY]) {
		g->defaults.garp_delay_us = 0;
		g->seen.at[G_GARP_DELAY] = said;
	}
}

void
conf_global_complete(struct conf_globals *g)
{
	apply_min_garp(g);
	for (size_t i = 0; i < G_COUNT; i++)
		if (!g->seen.at[i] && words[i].def)
			conf_value_read(&words[i], words[i].def, "", g);
}

void
conf_global_print(FILE *out, unsigned indent, const struct conf *conf)
{
	static const uint8_t own[] = { G_ROUTER_ID, G_STARTUP_DELAY, G_DELAY_AFTER_BOOT,
		G_LOG_UNKNOWN_VRIDS, G_RT_PRIORITY };
	struct conf_globals g = {
		.startup_delay_us = conf->startup_delay_us,
		.delay_after_boot_us = conf->delay_after_boot_us,
		.log_unknown_vrids = conf->log_unknown_vrids,
		.rt_priority = conf->rt_priority,
	};

	str_copy(g.router_id, sizeof(g.router_id), conf->router_id);
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		struct conf_table row = { .words = &words[own[i]], .n_words = 1 };

		conf_print_words(out, indent, &row, &g);
	}
}

void
conf_global_finish(const struct conf_globals *g, struct conf *conf)
{
	str_copy(conf->router_id, sizeof(conf->router_id), g->router_id);
	conf->startup_delay_us = g->startup_delay_us;
	conf->delay_after_boot_us = g->delay_after_boot_us;
	conf->log_unknown_vrids = g->log_unknown_vrids;
	conf->rt_priority = g->rt_priority;
}

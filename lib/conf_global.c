/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_global.h"

#include "conf_command.h"
#include "conf_track.h"
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
	[CONF_W_CHECKSUM_AS_V2] = G_CHECKSUM_AS_V2,
	[CONF_W_PRIORITY_CHANGES] = G_PRIORITY_CHANGES,
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration says about the world around VRRP: what is tracked, what
 * is run, whom changes are told to. Parts of struct conf (conf.h); the same for
 * instances and sync groups. Owns its strings; conf_watch_free() and its kin
 * free them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

#define USER_LEN 33 /* useradd(8): 32 characters */
#define PATH_LEN 256

struct conf_word;

/* A command and who runs it; text as command_split() takes it. */
struct conf_command {
	char *text; /* NULL: none */
	char user[USER_LEN];
	char group[USER_LEN];       /* empty: the user's */
	const struct conf_word *at; /* while reading; NULL afterwards */
};

/* A weight is added to a priority: a positive one while what is tracked is
 * well, a negative one while it is not; reversed, the sign changes. 0: FAULT
 * while it is not well (reversed: while it is). */
struct conf_weight {
	int32_t value;
	bool reverse;
	bool said;
};

/* track_interface, track_script, ... of an instance or group. */
struct conf_track {
	enum track_kind kind;
	char name[NAME_LEN];
	struct conf_weight weight;
	const struct conf_word *at; /* while reading */
};

struct conf_tracks {
	struct conf_track *items;
	size_t count;
	size_t cap;
};

enum conf_notify_event {
	NOTIFY_MASTER,
	NOTIFY_BACKUP,
	NOTIFY_FAULT,
	NOTIFY_STOP,
	NOTIFY_DELETED,
	NOTIFY_MASTER_RX_LOWER_PRI,
	NOTIFY_ANY,
	NOTIFY_COUNT,
};

struct conf_notify {
	struct conf_command commands[NOTIFY_COUNT];
	bool deleted; /* DELETED instead of FAULT when it is removed */
	bool priority_changes;
};

/* vrrp_script */
struct conf_script {
	char name[NAME_LEN];
	struct conf_command command;
	uint32_t interval_us;
	uint32_t timeout_us;
	struct conf_weight weight;
	uint32_t rise;
	uint32_t fall;
	bool init_fail;
	const struct conf_word *at; /* while reading */
};

/* vrrp_track_file */
struct conf_track_file {
	char name[NAME_LEN];
	char path[PATH_LEN];
	struct conf_weight weight;
	bool init;
	bool overwrite;
	int32_t init_value;
	const struct conf_word *at; /* while reading */
};

enum param_match { MATCH_EXACT, MATCH_PARTIAL, MATCH_INITIAL };

/* vrrp_track_process */
struct conf_track_process {
	char name[NAME_LEN];
	char *command; /* words with a NUL behind each, as /proc/PID/cmdline */
	size_t command_len;
	uint8_t match; /* enum param_match */
	bool match_said;
	bool full_command;
	uint32_t quorum;
	uint32_t quorum_max;
	uint32_t fork_delay_us;
	uint32_t terminate_delay_us;
	struct conf_weight weight;
	const struct conf_word *at; /* while reading */
};

/* interface_up_down_delays */
struct conf_delay {
	char interface[IFNAME_LEN];
	uint32_t down_us;
	uint32_t up_us;
	const struct conf_word *at; /* while reading */
};

struct conf_watch {
	struct conf_script *scripts;
	size_t n_scripts, cap_scripts;
	struct conf_track_file *files;
	size_t n_files, cap_files;
	struct conf_track_process *processes;
	size_t n_processes, cap_processes;
	struct conf_delay *delays;
	size_t n_delays, cap_delays;
};

/* notify_fifo and vrrp_notify_fifo with their scripts. */
#define CONF_FIFOS 2
struct conf_hooks {
	struct conf_command fifos[CONF_FIFOS]; /* text is the path */
	struct conf_command fifo_scripts[CONF_FIFOS];
	struct conf_command startup;
	struct conf_command shutdown;
	struct conf_command default_user; /* script_user: no text */
	uint32_t startup_timeout_us;
	uint32_t shutdown_timeout_us;
	bool script_security;
};

bool conf_command_eq(const struct conf_command *a, const struct conf_command *b);
bool conf_tracks_eq(const struct conf_tracks *a, const struct conf_tracks *b);
bool conf_notify_eq(const struct conf_notify *a, const struct conf_notify *b);
/* A copy with strings of its own. */
struct conf_tracks conf_tracks_copy(const struct conf_tracks *ts);
struct conf_notify conf_notify_copy(const struct conf_notify *n);
void conf_notify_free(struct conf_notify *n);
void conf_watch_free(struct conf_watch *w);
void conf_hooks_free(struct conf_hooks *h);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words for what is tracked: vrrp_script, vrrp_track_file,
 * vrrp_track_process and interface_up_down_delays at the outermost level,
 * track_interface, track_script, track_file and track_process in instances and
 * groups; and the rules between them.
 */
#pragma once

#include "conf_command.h"

enum conf_script_word {
	CONF_C_SCRIPT,
	CONF_C_INTERVAL,
	CONF_C_TIMEOUT,
	CONF_C_WEIGHT,
	CONF_C_RISE,
	CONF_C_FALL,
	CONF_C_USER,
	CONF_C_INIT_FAIL,
	CONF_C_COUNT,
};

const struct conf_table *conf_script_table(void);
const struct conf_table *conf_track_file_table(void);
const struct conf_table *conf_track_process_table(void);
/* Of a tracked thing in a list: its weight. */
const struct conf_table *conf_track_table(void);

/* Blocks of the outermost level, into a struct conf_build. */
void conf_read_script(struct conf_reader *r, const struct conf_statement *st, void *b);
void conf_read_track_file(
    struct conf_reader *r, const struct conf_statement *st, void *b);
void conf_read_track_process(
    struct conf_reader *r, const struct conf_statement *st, void *b);
void conf_read_delays(struct conf_reader *r, const struct conf_statement *st, void *b);
/* The block's name, checked. */
void conf_read_block_name(
    struct conf_reader *r, const struct conf_statement *st, char name[NAME_LEN]);
void conf_print_watch(FILE *out, const struct conf_watch *w);

/* A row's list: offset of a struct conf_tracks, min is the enum track_kind. */
void conf_read_tracks(
    struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_print_tracks(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);

#define CONF_TRACK_ROW(name, type, member, what, text)                                   \
	{                                                                                \
		(name), .args = "{ NAME [weight NUMBER [reverse]]... }",                 \
			.kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK,             \
			.min = (what), .offset = offsetof(type, member),                 \
			.read = conf_read_tracks, .print = conf_print_tracks,            \
			.help = (text)                                                   \
	}
#define CONF_NOTIFY_ROW(name, type, member, what, text)                                  \
	CONF_COMMAND_ROW(name, type, member.commands[what], text)
/* notify_deleted stands alone, too. */
void conf_read_deleted(
    struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_print_deleted(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);

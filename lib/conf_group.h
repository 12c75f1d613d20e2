/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of vrrp_sync_group, and the rules between groups and instances. A
 * group may stand before or behind the instances that it names.
 */
#pragma once

#include "conf_build.h"

enum conf_group_word {
	CONF_Y_GROUP,
	CONF_Y_TRACK_INTERFACE,
	CONF_Y_TRACK_SCRIPT,
	CONF_Y_TRACK_FILE,
	CONF_Y_TRACK_PROCESS,
	CONF_Y_TRACKING_WEIGHT,
	CONF_Y_NOTIFY_MASTER,
	CONF_Y_NOTIFY_BACKUP,
	CONF_Y_NOTIFY_FAULT,
	CONF_Y_NOTIFY_STOP,
	CONF_Y_NOTIFY,
	CONF_Y_PRIORITY_CHANGES,
	CONF_Y_COUNT
};
_Static_assert(CONF_Y_COUNT <= CONF_SEEN_MAX, "struct conf_seen holds them");

/* Of struct conf_group_draft; printing takes its struct conf_group, which
 * begins it. */
const struct conf_table *conf_group_table(void);
/* `vrrp_sync_group NAME { ... }`, into a struct conf_build. */
void conf_read_group(struct conf_reader *r, const struct conf_statement *st, void *build);

/* A group's name stands once; a member exists and is in one group. */
void conf_check_groups(struct conf_build *b);
/* Tells each instance its group, and frees the drafts' part of it. */
void conf_groups_finish(struct conf_build *b, struct conf *conf);
void conf_group_free(struct conf_group *g);
void conf_group_draft_free(struct conf_group_draft *d);

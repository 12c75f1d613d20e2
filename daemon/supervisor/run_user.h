/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and their groups, looked up once: the name service may be slow, and a
 * script may start every second.
 */
#pragma once

#include <sys/types.h>

#include "conf_watch.h"

struct run_user {
	char name[USER_LEN]; /* as configured; empty: the default */
	char group[USER_LEN];
	char shown[USER_LEN]; /* whom it became */
	char error[80];       /* empty: the rest holds */
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	struct run_user *next;
};

/* Adds to the list what it does not have; never NULL. */
const struct run_user *run_user_get(
    struct run_user **list, const char *name, const char *group);
void run_users_free(struct run_user **list);

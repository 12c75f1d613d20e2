/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_user.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

/* keepalived's, too. */
#define DEFAULT_USER "keepalived_script"
#define GROUPS_MAX 256

static void
read_groups(struct run_user *u)
{
	int n = GROUPS_MAX;

	u->groups = xcalloc(GROUPS_MAX, sizeof(*u->groups));
	if (getgrouplist(u->shown, u->gid, u->groups, &n) < 0)
		n = GROUPS_MAX;
	u->n_groups = (size_t)n;
}

static void
look_up(struct run_user *u)
{
	const struct passwd *pw = getpwnam(u->name[0] ? u->name : DEFAULT_USER);
	const struct group *gr;

	if (!pw && !u->name[0])
		pw = getpwuid(geteuid());
	if (!pw) {
		snprintf(u->error, sizeof(u->error), "user %s does not exist", u->name);
		return;
	}
	str_copy(u->shown, sizeof(u->shown), pw->pw_name);
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	if (u->group[0]) {
		gr = getgrnam(u->group);
		if (!gr) {
			snprintf(u->error, sizeof(u->error), "group %s does not exist",
			    u->group);
			return;
		}
		u->gid = gr->gr_gid;
	}
	read_groups(u);
}

const struct run_user *
run_user_get(struct run_user **list, const char *name, const char *group)
{
	struct run_user *u;

	for (u = *list; u; u = u->next)
		if (!strcmp(u->name, name) && !strcmp(u->group, group))
			return u;
	u = xcalloc(1, sizeof(*u));
	str_copy(u->name, sizeof(u->name), name);
	str_copy(u->group, sizeof(u->group), group);
	look_up(u);
	u->next = *list;
	*list = u;
	return u;
}

void
run_users_free(struct run_user **list)
{
	while (*list) {
		struct run_user *u = *list;

		*list = u->next;
		free(u->groups);
		free(u);
	}
}

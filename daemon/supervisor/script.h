/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vrrp_script at work: runs its command every interval, never two at once,
 * and makes the results a state (script_state.h).
 */
#pragma once

#include "run.h"
#include "script_state.h"
#include "tracker.h"

struct script {
	struct tracker tracker;
	const struct conf_script *conf;
	struct conf_command command; /* a copy, to see what a reload changes */
	struct script_state state;
	ev_timer tick;
	struct runner *runner;
	struct run *run;  /* NULL: none is under way */
	char logged[160]; /* the last trouble that was told */
};

struct script *script_new(struct runner *runner, const struct conf_script *conf);
/* First runs at once; another command begins anew, everything else goes on. */
void script_configure(struct script *s, const struct conf_script *conf);
void script_free(struct script *s);

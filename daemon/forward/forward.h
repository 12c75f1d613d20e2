/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipd-forward: takes Services from vipd and keeps the tables `ip vipd` and
 * `ip6 vipd` as they want them; says what is in place, what could not be put
 * there, and in which mode it works. Holds what stands together: the channel,
 * the model, the writer.
 */
#pragma once

#include "child.h"
#include "conntrack.h"
#include "intake.h"
#include "log.h"
#include "mode.h"
#include "model.h"
#include "tally.h"
#include "writer.h"

struct forward {
	struct child child;
	struct evidence evidence; /* as of the start */
	struct intake intake;
	struct model model;
	struct writer writer;
	struct conntrack conntrack;
	struct tally tally;
	char mode_reason[REASON_LEN];
	struct msg_forward_state state; /* as told */
	uint32_t in_place;              /* as told */
	struct log_limit oddities;
};

/* Runs until vipd says stop. The tables stay. */
void forward_run(struct forward *f);
/* Removes vipd's tables; 0 or -errno. */
int forward_cleanup(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers `vipctl services` when vipd-forward has told what went through each
 * Service, or without, if it takes too long.
 */
#pragma once

#include "control.h"
#include "msg.h"

struct vipd;

struct tally {
	struct control_client *waiting; /* NULL: nobody */
	ev_timer late;
};

void tally_ask(struct vipd *v, struct control_client *cl);
/* MSG_TALLY */
void tally_on_msg(struct vipd *v, const struct msg *m);
void tally_client_gone(struct vipd *v, const struct control_client *cl);

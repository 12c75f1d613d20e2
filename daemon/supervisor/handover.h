/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handovers that vipctl asked for: of one instance, or of all (drain). The
 * client is answered when each has told how it ended, within the time a
 * successor may take, with one MSG_CTL_HANDOVER an instance. Decides nothing of
 * how an instance hands over (engine/yield.h).
 */
#pragma once

#include "control.h"
#include "handover_to.h"
#include "instance.h"

struct handover;

struct handovers {
	struct ev_loop *loop;
	struct handover *first;
};

/* Asks each instance that is master here; NULL: all of them. target may be
 * NULL. cl is answered now or later. */
void handover_start(struct handovers *hs, struct instances *is, const struct instance *in,
    const struct handover_target *target, struct control_client *cl);
void handovers_on_yielded(
    struct handovers *hs, const struct instance *in, const struct msg_yielded *y);
/* An instance has gone; who waits for it waits no more. */
void handovers_client_gone(struct handovers *hs, const struct control_client *cl);
/* The most one of these instances may take from priority 0 on, in s. */
double handover_longest_s(const struct instances *is);

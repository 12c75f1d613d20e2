/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of instance.h that is about notification: which of the engine's
 * reports are news for others, and when a sync group has changed.
 */
#pragma once

#include "instance.h"

/* After the engine's report; before is what was known. */
void instance_notify(
    struct instances *is, const struct instance *in, const struct msg_state *before);
/* It lost its addresses for want of an engine. */
void instance_notify_fault(struct instances *is, const struct instance *in);
/* A reload takes it away; its configuration is still there. */
void instance_notify_gone(struct instances *is, const struct instance *in);
/* vipd stops: each instance, then each group. */
void instances_notify_stop(struct instances *is);

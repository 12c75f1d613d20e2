/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of instance.h that is about trackers: what those of an instance and
 * of its sync group mean for it (track_judge.h).
 */
#pragma once

#include "instance.h"

/* Judges every instance; the engine hears of none of them yet. */
void instances_judge(struct instances *is);
/* A tracker has changed: the engine hears what it means. */
void instances_on_tracker(struct instances *is);

/* All of it, for vipctl. */
void instance_send_tracks(
    const struct instances *is, const struct instance *in, struct chan *to);
/* "vrrp_script chk_http failed (exit 1, 3 times in a row)", if its state is a
 * tracker's doing; else empty. */
void instance_tracker_reason(
    const struct instances *is, const struct instance *in, char *buf, size_t size);

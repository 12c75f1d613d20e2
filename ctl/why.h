/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an instance is in its state on this node: what it follows or leads, how
 * its priority comes about, when it would take over, whether its timers keep
 * time, and its last events. Pure: a model and the journal's lines in, text or
 * JSON out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct model;
struct model_instance;
struct msg_ctl_event;
struct msg_ctl_instance;

struct why {
	const struct model *model;
	const struct model_instance *instance;
	const struct msg_ctl_event *events; /* of the whole journal */
	size_t n_events;
};

/*
 * How long a master may be silent before this node takes over: RFC 9568 6.1
 * Active_Down_Interval, RFC 3768 6.1 Master_Down_Interval, with keepalived's
 * down_timer_adverts. 0: it does not wait for one.
 */
uint64_t why_takeover_us(const struct msg_ctl_instance *info);
/* The event is about this instance. */
bool why_is_of(const struct why *w, const struct msg_ctl_event *e);
void why_show(const struct why *w, FILE *out);

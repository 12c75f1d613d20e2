/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd tells vipctl: its present state as records. Reads, changes
 * nothing.
 */
#pragma once

#include "instance.h"
#include "services.h"

struct answer_source {
	const struct instances *instances;
	struct services *services;
	struct msg_ctl_node node; /* but for the times */
	uint64_t wall_ahead_us;   /* of the monotonic clock */
};

void answer_node(struct chan *to, const struct answer_source *src);
void answer_instances(struct chan *to, const struct answer_source *src, bool counters);
void answer_services(struct chan *to, const struct answer_source *src);
void answer_service(
    struct chan *to, const struct answer_source *src, const struct service *sv);

/*
 * The state of a Service on this node in vipctl's words, and in reason why it
 * is not serving (empty if it is).
 */
enum service_state answer_service_state(
    const struct answer_source *src, const struct service *sv, char reason[REASON_LEN]);

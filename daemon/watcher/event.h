/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events about Services: the object (events.k8s.io/v1, which every server with
 * discovery.k8s.io/v1 has), its series when it repeats, and how many an object
 * may have (line W6 of kubernetes.md: 25 at once, then one in five minutes). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"
#include "stamp.h"

/* W7 */
enum event_reason {
	EVENT_ADDRESS_ALLOCATED,
	EVENT_ALLOCATION_FAILED,
	EVENT_ADDRESS_CONFLICT,
	EVENT_EXTERNAL_IP_REFUSED,
	EVENT_VIP_ACTIVE,
	EVENT_VIP_MOVED,
	EVENT_NO_ENDPOINTS,
	EVENT_RULES_FAILED,
	EVENT_POOLS_REFUSED, /* about a ConfigMap */
	EVENT_REASON_COUNT
};

#define EVENT_NOTE_MAX 1024
#define EVENT_NAME_MAX 254

struct event {
	struct msg_service_key about;
	char uid[40];
	enum event_reason reason;
	char note[EVENT_NOTE_MAX];
	/* Set when it is first posted: */
	char name[EVENT_NAME_MAX];
	char first[STAMP_LEN];
};

/* The same thing about the same Service. */
uint64_t event_hash(const struct event *e);
/* "web.17f3a0b1c2d3e4f5": the Service and the time. */
void event_set_name(struct event *e, uint64_t wall_us);
/* The body of a POST. node: who reports. The caller frees it. */
char *event_body(const struct event *e, const char *node);
/* The merge patch that says it happened count times, last at `last`. */
char *event_series(uint32_t count, const char *last);

struct event_budget {
	uint64_t spent_until_us;
};
/* Whether this object may have another; takes it. */
bool event_budget_take(struct event_budget *b, uint64_t now_us);

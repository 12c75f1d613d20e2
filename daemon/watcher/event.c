/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"

#define CONTROLLER "vipd.io/vipd"
#define BUDGET_BURST 25
#define BUDGET_EVERY_US (300 * US_PER_S)
#define WORD_MAX 128

static const struct {
	const char *name;
	const char *action;
	bool warning;
} reasons[EVENT_REASON_COUNT] = {
	[EVENT_ADDRESS_ALLOCATED] = { "AddressAllocated", "Allocate", false },
	[EVENT_ALLOCATION_FAILED] = { "AllocationFailed", "Allocate", true },
	[EVENT_ADDRESS_CONFLICT] = { "AddressConflict", "Claim", true },
	[EVENT_EXTERNAL_IP_REFUSED] = { "ExternalIPRefused", "Claim", true },
	[EVENT_VIP_ACTIVE] = { "VIPActive", "Serve", false },
	[EVENT_VIP_MOVED] = { "VIPMoved", "Serve", false },
	[EVENT_NO_ENDPOINTS] = { "NoEndpoints", "Serve", true },
	[EVENT_RULES_FAILED] = { "RulesFailed", "Serve", true },
	[EVENT_POOLS_REFUSED] = { "PoolsRefused", "Allocate", true },
};

uint64_t
event_hash(const struct event *e)
{
	uint64_t h = hash_add(HASH_INIT, &e->about, sizeof(e->about));

	h = hash_add(h, e->uid, sizeof(e->uid));
	h = hash_add(h, &e->reason, sizeof(e->reason));
	return hash_end(hash_add(h, e->note, strlen(e->note)));
}

void
event_set_name(struct event *e, uint64_t wall_us)
{
	snprintf(e->name, sizeof(e->name), "%s.%016" PRIx64, e->about.name,
	    wall_us ^ (event_hash(e) << 52));
	stamp_micro(e->first, wall_us);
}

static json_t *
regarding(const struct event *e)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "apiVersion", "v1", "kind",
	    e->reason == EVENT_POOLS_REFUSED ? "ConfigMap" : "Service", "namespace",
	    e->about.ns, "name", e->about.name);

	if (e->uid[0])
		json_object_set_new(object, "uid", json_string(e->uid));
	return object;
}

char *
event_body(const struct event *e, const char *node)
{
	char instance[WORD_MAX];
	json_t *object;
	char *text;

	snprintf(instance, sizeof(instance), "%s", *node ? node : "vipd");
	object = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:o, s:s, "
			   "s:s}",
	    "apiVersion", "events.k8s.io/v1", "kind", "Event", "metadata", "name",
	    e->name, "namespace", e->about.ns, "eventTime", e->first,
	    "reportingController", CONTROLLER, "reportingInstance", instance, "action",
	    reasons[e->reason].action, "reason", reasons[e->reason].name, "regarding",
	    regarding(e), "note", e->note, "type",
	    reasons[e->reason].warning ? "Warning" : "Normal");
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text ? text : xstrdup("{}");
}

char *
event_series(uint32_t count, const char *last)
{
	return xasprintf(
	    "{\"series\":{\"count\":%u,\"lastObservedTime\":\"%s\"}}", count, last);
}

bool
event_budget_take(struct event_budget *b, uint64_t now_us)
{
	uint64_t slack_us = BUDGET_EVERY_US * (BUDGET_BURST - 1);

	if (b->spent_until_us > now_us + slack_us)
		return false;
	if (b->spent_until_us < now_us)
		b->spent_until_us = now_us;
	b->spent_until_us += BUDGET_EVERY_US;
	return true;
}

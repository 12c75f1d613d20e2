/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a Service's status that is vipd's: reading it, and the patch
 * that makes it what it should be (lines W1, W2, W5, S15 to S17 of
 * kubernetes.md). Pure: knows no server, no clock and no queue (writer.h).
 *
 * Server-side apply, so that nothing of anybody else's is touched: a manager
 * that applies without a field gives up what it had written there. Two
 * managers write: the allocator the addresses and what it decided, and the
 * node that holds them whether they are reachable.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define STATUS_ALLOCATOR "vipd"
#define STATUS_HOLDER "vipd-holder"

#define STATUS_VERSION_MAX 128
/* What the API takes of a condition's message. */
#define STATUS_MESSAGE_MAX 1024

enum status_type {
	STATUS_ALLOCATED, /* vipd.io/AddressAllocated, the allocator's */
	STATUS_PLACED,    /* vipd.io/Placed, the allocator's: message is the record */
	STATUS_READY,     /* vipd.io/VIPReady, the holder's */
	STATUS_TYPE_COUNT
};

struct status_condition {
	bool present;
	bool value;
	char *reason; /* CamelCase */
	char *message;
	char *since; /* lastTransitionTime as read; NULL: now */
};

/* As read from the API, or as wanted. Owns its texts. */
struct service_status {
	char version[STATUS_VERSION_MAX]; /* resourceVersion of the object */
	struct ipaddr *ingress;           /* in order */
	size_t n_ingress;
	bool has_ingress;     /* also one that is no address */
	bool foreign_ingress; /* somebody else wrote it */
	struct status_condition conditions[STATUS_TYPE_COUNT];
	char *writer; /* who else wrote to the status last; NULL: nobody known */
};

/* Reads metadata and status of a Service, whatever they hold. */
void status_read(struct service_status *s, const json_t *service);
/* vipd has written to it: there is something to clean one day (W5). */
bool status_is_ours(const struct service_status *s);
void status_fini(struct service_status *s);
void status_copy(struct service_status *to, const struct service_status *from);
void status_add_ingress(struct service_status *s, const struct ipaddr *addr);
void status_set_condition(struct service_status *s, enum status_type type, bool value,
    const char *reason, const char *message);

/*
 * Whether `seen` lacks something the manager wants, or has something of its
 * that it does not want any longer. A holder wants no ingress and leaves it.
 */
bool status_differs(const struct service_status *seen, const struct service_status *want,
    const char *manager);
/* ip_mode: "VIP" beside each address (servers before 1.29 refuse it). */
struct status_style {
	bool ip_mode;
	uint64_t wall_us; /* of conditions that change now */
};
/*
 * The body of the apply patch; the caller frees it. version: the object it
 * may be applied to, or NULL for any. seen may be NULL.
 */
char *status_patch(const char *ns, const char *name, const char *version,
    const struct service_status *seen, const struct service_status *want,
    const struct status_style *style);

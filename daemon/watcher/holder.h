/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd has told of this node: the state of its instances, the addresses
 * of Services that are on it, and Services whose rules do not work. And what
 * follows from that for the status of one Service: the node that holds its
 * first address, and no other, says so (W3); only where there is none for a
 * while (vacancy.h), the allocator's node says that. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "event.h"
#include "msg.h"

struct service_status;
struct view;

struct held_address {
	struct ipaddr addr;
	char instance[NAME_LEN];
	uint32_t after_ms; /* how long after it became master */
	UT_hash_handle hh;
};

struct here_instance {
	struct msg_here told;
	UT_hash_handle hh;
};

struct holder {
	struct held_address *addresses;
	struct here_instance *instances;
};

void holder_fini(struct holder *h);
void holder_here(struct holder *h, const struct msg_here *m);
/* The instance is no longer configured. */
void holder_forget(struct holder *h, const char *instance);
void holder_held(struct holder *h, const struct msg_held_here *m,
    const struct ipaddr *list, size_t n, uint64_t now_us);
/* What vipd told of the instance; NULL: nothing. */
const struct msg_here *holder_instance(const struct holder *h, const char *instance);
const struct held_address *holder_find(const struct holder *h, const struct ipaddr *addr);

/* The address whose holder speaks for the Service: its first good one, or NULL. */
const struct msg_service_address *holder_address(const struct view *v);
/* The same, if it is here; or NULL. */
const struct held_address *holder_speaks(const struct holder *h, const struct view *v);
/* What the condition VIPReady should say. */
void holder_want(
    struct service_status *want, const struct held_address *a, const char *node);
/* And what in place of the holder, where there is none. */
void holder_want_vacant(
    struct service_status *want, const struct ipaddr *addr, const char *instance);
/*
 * The Event that it is here now: VIPMoved if the condition named another node
 * before. False: the condition says so already.
 */
bool holder_event(const struct service_status *seen, const struct held_address *a,
    const char *node, enum event_reason *reason, char *note, size_t size);

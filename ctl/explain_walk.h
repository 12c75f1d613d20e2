/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the parts of explain(): the stages that are the cluster's
 * (explain.c, explain_pool.c) and those of this node (explain_node.c, explain_local.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "explain.h"

struct model_service;
struct msg_service_address;
struct msg_service_port;

struct explain_walk {
	const struct model *m;
	const struct model_service *s; /* NULL: vipd does not know it */
	const char *key;
	struct explanation *out;
};

/* It is of type LoadBalancer and has no address of a pool, but waits for one. */
bool explain_lacks_allocation(const struct explain_walk *w);
void explain_pools(struct explain_walk *w);
void explain_allocation(struct explain_walk *w);
/* The port has so many endpoints, and the policy is Local, but none is here. */
void explain_nothing_local(
    struct explain_walk *w, const struct msg_service_port *p, size_t count);
/* Instance, address, announcement, rules, endpoints. */
void explain_node(struct explain_walk *w);

void explain_say(struct explain_walk *w, enum explain_stage stage, enum explain_mark mark,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The remedy of the step said last; kept if that step is the missing one. */
void explain_fix(struct explain_walk *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A reason vipd gave comes with its remedy; else ours. */
const char *explain_reason(const char *reason, const char *ours);
bool explain_usable(const struct msg_service_address *a);
bool explain_has_usable(const struct explain_walk *w);

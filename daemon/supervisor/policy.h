/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner of vipd's routing rules (ip-rule(8)): brings the kernel from what is
 * present to what is wanted, and keeps it there. Vipd's are those with
 * POLICY_PROTO (FRA_PROTOCOL, Linux 4.17); nobody else's is ever touched.
 *
 * It has an rtnetlink socket of its own, since every rule of a node is told
 * there. A refused rule is told and tried again, a deleted one comes back
 * (heal.h). Rules are few, some for each gateway and not one for a Service, so
 * what there is to do is done in one go.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

#include "policy_rule.h"

struct policy;

/* on_gone: nothing is wanted and nothing is left; may be NULL. Reads what a dead
 * vipd left; it goes unless it is wanted before the loop runs. */
struct policy *policy_new(struct ev_loop *loop, void (*on_gone)(void *arg), void *arg);
/* Leaves the kernel's rules alone. */
void policy_free(struct policy *p);
/* All that are wanted from now; others of vipd's go. Copied; asked for from the
 * kernel after this call has returned. */
void policy_want(struct policy *p, const struct policy_rule *rules, size_t n);
/* None is wanted, and none is there. */
bool policy_gone(const struct policy *p);
/* How many residues nobody wanted have been removed. */
unsigned policy_removed(const struct policy *p);

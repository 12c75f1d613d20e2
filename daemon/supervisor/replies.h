/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reply_gateway takes of the kernel's routing, as a pure function: for each
 * gateway a table with a default route, and rules that lead there
 *
 *   - what vipd-forward has marked (reply.h): replies of Services,
 *   - what the node itself sends from a static address: nothing marks that
 *     before it is routed,
 *   - behind everybody's rules, so only where the node has no route at all,
 *     what it sends from an address that a Service may have: answers to pings,
 *     resets. With another default route those are marked, and routed again.
 *
 * What the main table knows but for its default route goes on as it is: pods,
 * nodes, clients on the link. The number of rules follows from the
 * configuration alone.
 */
#pragma once

#include "conf.h"
#include "policy_rule.h"
#include "route.h"

struct replies {
	struct conf_route *routes;
	size_t n_routes;
	struct policy_rule *rules;
	size_t n_rules, cap_rules;
};

/* Of the configuration; NULL: of none. Frees what was there; starts zeroed. */
void replies_plan(struct replies *r, const struct conf *conf);

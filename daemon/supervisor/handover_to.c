/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover_to.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf_candidates.h"
#include "mem.h"

static bool
peer_target(
    const struct conf_instance *c, struct handover_target *out, char why[REASON_LEN])
{
	if (c->n_peers == 1 && ipaddr_eq(&c->peers[0].addr, &out->addr))
		return true;
	if (c->n_peers > 1)
		snprintf(why, REASON_LEN,
		    "%s has %zu unicast peers, and their priorities are not known here",
		    c->name, c->n_peers);
	else
		snprintf(why, REASON_LEN, "%s is not a unicast peer of %s", out->name,
		    c->name);
	return false;
}

static bool
candidate_target(
    const struct conf_instance *c, struct handover_target *out, char why[REASON_LEN])
{
	const char *best = NULL;
	uint8_t best_priority = 0;

	for (size_t i = 0; i < c->n_candidates; i++) {
		uint8_t priority = conf_candidate_priority(c, i);

		if (!strcasecmp(c->candidates[i], out->name))
			out->priority = priority;
		if (priority == c->priority || priority <= best_priority)
			continue;
		best = c->candidates[i];
		best_priority = priority;
	}
	if (!out->priority)
		snprintf(why, REASON_LEN, "%.60s is not a candidate of %s", out->name,
		    c->name);
	else if (out->priority == c->priority)
		snprintf(why, REASON_LEN, "%.60s is this node", out->name);
	else if (out->priority != best_priority)
		snprintf(why, REASON_LEN,
		    "%.30s has priority %u: %.30s with %u takes over, unless it is "
		    "down or drained",
		    out->name, out->priority, best, best_priority);
	else
		return true;
	return false;
}

bool
handover_target(const struct conf_instance *c, const char *to,
    struct handover_target *out, char why[REASON_LEN])
{
	*out = (struct handover_target){ 0 };
	if (!*to)
		return true;
	str_copy(out->name, sizeof(out->name), to);
	if (ipaddr_parse(to, &out->addr))
		return peer_target(c, out, why);
	if (c->priority_auto)
		return candidate_target(c, out, why);
	snprintf(why, REASON_LEN,
	    "who takes over %.40s is known only with candidates and priority auto, or "
	    "with one unicast peer (by its address)",
	    c->name);
	return false;
}

bool
handover_reached(const struct handover_target *t, const struct msg_yielded *y)
{
	if (t->priority && t->priority != y->successor_priority)
		return false;
	return !t->addr.family || ipaddr_eq(&t->addr, &y->successor);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance.h"

#include "instance_tell.h"
#include "log.h"

static void
log_soft(const char *who, enum soft_reason reason, bool holds)
{
	log_info("%s: %s priority (%s)", who, holds ? "soft" : "no longer soft",
	    soft_reason_name(reason));
}

uint32_t
instance_soft_reasons(const struct instances *is, const struct instance *in)
{
	uint32_t all = is->soft | in->soft;

	return in->conf->wants_services ? all : all & SOFT_DRAINED;
}

void
instances_set_soft(struct instances *is, enum soft_reason reason, bool holds)
{
	uint32_t before = is->soft;

	is->soft = holds ? before | reason : before & ~(uint32_t)reason;
	if (is->soft == before)
		return;
	log_soft("all instances", reason, holds);
	for (struct instance *in = is->first; in; in = in->next)
		if (in->conf)
			instance_send(is, in);
}

void
instance_set_soft(struct instance *in, enum soft_reason reason, bool holds)
{
	uint32_t before = in->soft;

	in->soft = holds ? before | reason : before & ~(uint32_t)reason;
	if (in->soft == before)
		return;
	log_soft(in->name, reason, holds);
	if (in->conf)
		instance_send(in->owner, in);
}

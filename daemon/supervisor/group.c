/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "group.h"

#include <string.h>

#include "instance.h"

enum vrrp_state
group_state(const struct instances *is, const char *group)
{
	enum vrrp_state least = VRRP_MASTER;
	bool any = false;

	for (const struct instance *in = is->first; in; in = in->next) {
		if (!in->conf || strcmp(in->conf->group, group))
			continue;
		any = true;
		if (in->state.state == VRRP_FAULT)
			return VRRP_FAULT;
		if (in->state.state < least)
			least = (enum vrrp_state)in->state.state;
	}
	return any ? least : VRRP_INIT;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmac_plan.h"

#include <stdio.h>
#include <string.h>

#define ALIAS "vipd vmac; arp_ignore=%u arp_announce=%u before"

enum vmac_step
vmac_plan(bool wanted, bool up, const struct vmac_place *p)
{
	if (!wanted)
		return p->present && p->marked ? VMAC_DELETE : VMAC_REST;
	if (p->present && !p->fits)
		return p->marked ? VMAC_DELETE : VMAC_CONFLICT;
	if (!p->parent)
		return VMAC_REST;
	if (!p->present)
		return VMAC_CREATE;
	if (!p->marked)
		return VMAC_MARK;
	if (!p->parent_ready)
		return VMAC_PARENT;
	if (!p->ready)
		return VMAC_READY;
	if (p->up != up)
		return up ? VMAC_UP : VMAC_DOWN;
	return VMAC_REST;
}

enum vmac_standing
vmac_standing(bool parent, bool marked, bool was_there, bool has_failed)
{
	if (marked)
		return VMAC_THERE;
	return parent && !was_there && !has_failed ? VMAC_AWAITED : VMAC_MISSING;
}

void
vmac_alias_write(const struct vmac_arp *before, char alias[VMAC_ALIAS_LEN])
{
	snprintf(alias, VMAC_ALIAS_LEN, ALIAS, before->ignore, before->announce);
}

bool
vmac_alias_read(const char *alias, struct vmac_arp *before)
{
	char again[VMAC_ALIAS_LEN];

	*before = (struct vmac_arp){ 0 };
	if (sscanf(alias, ALIAS, &before->ignore, &before->announce) != 2)
		return false;
	vmac_alias_write(before, again);
	return !strcmp(alias, again);
}

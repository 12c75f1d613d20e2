/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a sync group as vipd knows it: what its members come to. The
 * engine moves the members (daemon/engine/group.h); here it is only told.
 */
#pragma once

#include "msg.h"

struct instances;

/* FAULT if a member is, MASTER or BACKUP if all are, else what the last of
 * them is: INIT before BACKUP before MASTER. */
enum vrrp_state group_state(const struct instances *is, const char *group);

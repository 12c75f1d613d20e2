/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What link.c and link_query.c share.
 */
#pragma once

#include "link_table.h"
#include "netlink.h"

struct links {
	const struct links_ops *ops;
	void *arg;
	struct netlink netlink;
	struct link_table table;
	bool started;
	bool forgets_proto; /* the kernel is older than IFA_PROTO */
	bool foreign_changed;
};

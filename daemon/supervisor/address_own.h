/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What address.c and address_events.c share.
 */
#pragma once

#include <ev.h>

#include "address_lists.h"
#include "address_log.h"
#include "address_report.h"
#include "address_table.h"

struct addresses {
	struct ev_loop *loop;
	struct links *links;
	struct address_table table;
	struct address_lists lists;
	ev_timer work;
	ev_timer wait;
	ev_timer renewal;
	unsigned round;
	struct report report;
	struct address_log log;
	bool urgent; /* urgent.h */
};

/* The one place where anything is decided. False: e had no more to it, and is
 * freed. */
bool address_consider(struct addresses *as, struct entry *e);

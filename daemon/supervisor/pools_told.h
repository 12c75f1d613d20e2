/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address pools as the watcher told them last, kept for vipctl. vipd
 * decides nothing by them: its fence is its own configuration (fence.h).
 */
#pragma once

#include <stddef.h>

#include "msg.h"

struct chan;

/* More are not configured (conf_pool.h). */
#define POOLS_TOLD_MAX 1000

struct pools_told {
	struct msg_pools head;
	struct msg_pool *items;
	size_t n;
	size_t cap;
};

/* A MSG_POOLS; NULL, or why the watcher has to be ended. */
const char *pools_told_take(struct pools_told *p, const struct msg *m);
void pools_told_send(const struct pools_told *p, struct chan *to);
void pools_told_clear(struct pools_told *p);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_startup_delay and vrrp_delay_after_boot: instances stay in INIT until
 * both are over. Once in the life of vipd; a reload does not begin it anew.
 */
#pragma once

#include <ev.h>

struct conf;
struct instances;

struct startup_delay {
	ev_timer timer;
	struct instances *instances;
};

/* Before instances are told to the engine. */
void startup_delay_begin(
    struct startup_delay *d, struct instances *is, const struct conf *conf);

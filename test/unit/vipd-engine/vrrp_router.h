/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of vrrp.h: a router, what happens to it, and what it does. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "engine/vrrp.h"

#define T0 (1000 * US_PER_S)
#define NOW (T0 + 10 * US_PER_MS)
/* Priority 150. v3 at 100 ms: skew 106/256 of it; v2 at 1 s: of a second. */
#define SKEW3 41406
#define DOWN3 (300000 + SKEW3)
#define SKEW2 414062
#define DOWN2 (3000000 + SKEW2)
#define NEVER (-1)
#define SAME (-2)

static struct vrrp r;
static struct vrrp_actions done;

static inline struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

static inline struct vrrp_config
config(uint8_t version, uint8_t priority)
{
	return (struct vrrp_config){
		.source = host(10),
		.version = version,
		.priority = priority,
		.preempt = true,
		.down_adverts = 3,
		.advert_us = version == 2 ? 1000000 : 100000,
	};
}

static inline void
event(enum vrrp_event_type type, uint64_t now)
{
	struct vrrp_event ev = { .type = type, .reason = VRRP_REASON_LINK_DOWN };

	vrrp_step(&r, &ev, now, &done);
}

static inline void
hear(uint8_t priority, uint8_t from, uint32_t advert_us, uint64_t now)
{
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT };

	ev.advert.priority = priority;
	ev.advert.source = host(from);
	ev.advert.advert_us = advert_us;
	vrrp_step(&r, &ev, now, &done);
}

static inline void
configure(const struct vrrp_config *c, uint64_t now)
{
	struct vrrp_event ev = { .type = VRRP_EV_CONFIG, .config = c };

	vrrp_step(&r, &ev, now, &done);
}

/* What was done, in words. */
static inline const char *
actions(void)
{
	static char text[128];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < done.count; i++) {
		static const char *const names[] = {
			[VRRP_DO_ANNOUNCE] = "announce",
			[VRRP_DO_REANNOUNCE] = "reannounce",
			[VRRP_DO_SILENCE] = "silence",
			[VRRP_DO_REPORT] = "report",
		};
		const char *space = i ? " " : "";

		if (done.list[i].type == VRRP_DO_SEND)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%ssend %u",
			    space, done.list[i].priority);
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", space,
			    names[done.list[i].type]);
	}
	return text;
}

enum start { INIT, RESUMING, BACKUP, CLAIMING, MASTER, FAULT };

static inline void
reach(enum start state, const struct vrrp_config *c)
{
	vrrp_init(&r, c, T0);
	switch (state) {
	case INIT:
		return;
	case RESUMING:
		event(VRRP_EV_RESUME, T0);
		return;
	case FAULT:
		event(VRRP_EV_FAULT, T0);
		return;
	case BACKUP:
		event(VRRP_EV_STARTUP, T0);
		return;
	case CLAIMING:
		event(VRRP_EV_STARTUP, T0);
		event(VRRP_EV_MASTER_DOWN_TIMER, T0);
		return;
	case MASTER:
		event(VRRP_EV_STARTUP, T0);
		event(VRRP_EV_MASTER_DOWN_TIMER, T0);
		event(VRRP_EV_CLAIM_TIMER, T0);
		return;
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who sends adverts on an interface, by identifier and source, for vipd to judge
 * who is a stranger there. Anybody on the LAN can make up sources, so there is
 * room for a fixed number, and only who was heard twice is told, at most once in
 * ten seconds. Room is made by who was silent for a minute, or was heard once and
 * not again for three seconds, and by those alike for others: where there are many
 * virtual routers they are our own. Who finds none is not noted. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

#define SPEAKERS_MAX 32
#define SPEAKER_TELL_US 10000000
#define SPEAKER_ONCE_US 3000000

struct speaker {
	struct msg_speaker m; /* but for its ifindex */
	uint64_t heard_us;
	uint64_t told_us; /* 0: not yet */
};

struct speakers {
	struct speaker all[SPEAKERS_MAX];
	unsigned n;
};

/*
 * A packet that is an advert beyond doubt (advert_is_sound). alike: a virtual
 * router here takes it, and it lists that one's addresses. True: *out (but for
 * its ifindex) is to be told now.
 */
bool speakers_heard(struct speakers *s, const struct ipaddr *src, uint8_t vrid,
    bool alike, uint64_t now_us, struct msg_speaker *out);

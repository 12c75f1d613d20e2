/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speaker.h"

static bool
is_over(const struct speaker *sp, uint64_t now)
{
	return now - sp->heard_us >=
	    (sp->m.count > 1 ? SPEAKER_SILENT_US : SPEAKER_ONCE_US);
}

static struct speaker *
find_room(struct speakers *s, bool alike, uint64_t now)
{
	struct speaker *room = NULL;

	if (s->n < SPEAKERS_MAX)
		return &s->all[s->n++];
	for (unsigned i = 0; i < s->n; i++) {
		if (is_over(&s->all[i], now))
			return &s->all[i];
		if (!alike && s->all[i].m.alike)
			room = &s->all[i];
	}
	return room;
}

static struct speaker *
find(struct speakers *s, const struct ipaddr *src, uint8_t vrid)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->all[i].m.vrid == vrid && ipaddr_eq(&s->all[i].m.addr, src))
			return &s->all[i];
	return NULL;
}

bool
speakers_heard(struct speakers *s, const struct ipaddr *src, uint8_t vrid, bool alike,
    uint64_t now_us, struct msg_speaker *out)
{
	struct speaker *sp = find(s, src, vrid);

	if (!sp) {
		sp = find_room(s, alike, now_us);
		if (!sp)
			return false;
		*sp = (struct speaker){ .m = { .vrid = vrid, .addr = *src } };
	}
	sp->heard_us = now_us;
	sp->m.alike = alike;
	sp->m.count++;
	if (sp->m.count < 2 || (sp->told_us && now_us - sp->told_us < SPEAKER_TELL_US))
		return false;
	sp->told_us = now_us;
	*out = sp->m;
	return true;
}

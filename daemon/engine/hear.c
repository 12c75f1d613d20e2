/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hear.h"

#include "clock.h"
#include "engine.h"
#include "instance_note.h"

/*
 * Whoever speaks is told, to be judged by who knows the nodes: adverts that a
 * router here takes, and all others beyond doubt. vipd hears of them later if it
 * is slow now: they will come again.
 */
static void
note_speaker(struct engine *e, struct iface *i, const struct advert_packet *packet,
    bool alike, uint64_t now)
{
	struct chan *vipd = &e->child.chan;
	struct msg_speaker m;

	if (chan_backlog(vipd) != 0 ||
	    !speakers_heard(&i->speakers, &packet->src, packet->vrid, alike, now, &m))
		return;
	m.ifindex = i->info.ifindex;
	chan_send(vipd, MSG_SPEAKER, &m, NULL, 0);
}

/* Its own come back, and a replay has the source of somebody else. */
static bool
is_somebody(enum advert_verdict verdict)
{
	return verdict != ADVERT_OWN && verdict != ADVERT_AUTH_STALE &&
	    verdict != ADVERT_AUTH_REPLAY;
}

/*
 * Several routers may share an identifier if their unicast peers differ, so
 * one that merely does not know the sender leaves the packet to the next.
 */
void
hear_packet(
    void *arg, struct iface *i, uint8_t family, const struct advert_packet *packet)
{
	struct engine *e = arg;
	struct instance *in, *refused = NULL;
	enum advert_verdict verdict = ADVERT_VRID, v;
	uint64_t now = packet->mono_us;
	struct advert advert;
	struct iface *parent;

	parent = i->info.heard_for ? iface_find(e->ifaces, i->info.heard_for) : NULL;
	i = parent ? parent : i;
	in = roster_lookup(&e->roster, i, family, packet->vrid);
	for (; in; in = in->same) {
		v = instance_read(in, packet, &advert);
		if (v == ADVERT_OK) {
			instance_on_advert(in, packet, &advert, now);
			note_speaker(
			    e, i, packet, instance_note_alike(in, packet, &advert), now);
			roster_touch(&e->roster, in, now);
			return;
		}
		if (!refused || (v != ADVERT_SRC && v != ADVERT_DST)) {
			refused = in;
			verdict = v;
		}
	}
	if (is_somebody(verdict) && advert_is_sound(packet))
		note_speaker(e, i, packet, false, now);
	if (refused)
		instance_note_drop(refused, packet, verdict, now);
	else
		instance_note_stranger(i, family, packet, now);
}

void
hear_neighbour(void *arg, struct iface *i, const struct neighbour *neighbour)
{
	struct engine *e = arg;

	if (e->is_synced)
		roster_neighbour(&e->roster, i, neighbour, clock_us());
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "speakers.h"

#include <string.h>
#include <strings.h>

#include "chan.h"
#include "clock.h"
#include "mem.h"

#define LOG_US (10 * US_PER_S)
#define LOG_AGAIN_US (3600 * US_PER_S)

/* ---- who is a stranger ---- */

static bool
is_node(const struct cluster *c, const struct ipaddr *addr)
{
	for (const struct cluster_node *n = c->nodes; n; n = n->hh.next)
		for (size_t i = 0; i < n->n_instances; i++)
			if (ipaddr_eq(&n->instances[i].source, addr))
				return true;
	return false;
}

static bool
is_peer(const struct conf_instance *ci, const struct ipaddr *addr)
{
	for (size_t i = 0; i < ci->n_peers; i++)
		if (ipaddr_eq(&ci->peers[i].addr, addr))
			return true;
	return false;
}

static bool
has_source(const struct cluster *c, const char *node, const char *instance)
{
	for (const struct cluster_node *n = c->nodes; n; n = n->hh.next)
		for (size_t i = 0; !strcasecmp(n->head.name, node) && i < n->n_instances;
		     i++)
			if (n->instances[i].source.family &&
			    !strcmp(n->instances[i].name, instance))
				return true;
	return false;
}

/* It has candidates, and the cluster knows what address each of them has. */
static bool
knows_all(const struct conf_instance *ci, const struct cluster *c)
{
	for (size_t i = 0; i < ci->n_candidates; i++)
		if (!has_source(c, ci->candidates[i], ci->name))
			return false;
	return ci->n_candidates > 0;
}

bool
speakers_is_stranger(
    const struct msg_speaker *m, const struct conf_instance *ci, const struct cluster *c)
{
	if (is_node(c, &m->addr) || is_peer(ci, &m->addr))
		return false;
	return !m->alike || knows_all(ci, c);
}

uint8_t
speakers_free_vrid(const bool used[256], uint8_t vrid)
{
	for (unsigned i = 0; i < 255; i++) {
		unsigned next = (vrid + i) % 255 + 1;

		if (!used[next])
			return (uint8_t)next;
	}
	return 0;
}

/* ---- the list ---- */

static bool
is_recent(const struct speaker_told *s, uint64_t now)
{
	return now - s->heard_us < SPEAKER_SILENT_US;
}

/* Instances may share an identifier if their peers differ: a peer of one is no
 * stranger. */
static bool
clashes(const struct msg_speaker *m, const char *interface, const struct instances *is,
    const struct cluster *c)
{
	bool clash = false;

	for (const struct instance *in = is->first; in; in = in->next) {
		const struct conf_instance *ci = in->conf;

		if (!ci || strcmp(ci->interface, interface) != 0 || ci->vrid != m->vrid ||
		    ci->family != m->addr.family)
			continue;
		if (!speakers_is_stranger(m, ci, c))
			return false;
		clash = true;
	}
	return clash;
}

static uint8_t
find_free(const struct speakers_told *t, const struct msg_speaker *m,
    const char *interface, const struct instances *is, uint64_t now)
{
	bool used[256] = { 0 };

	for (size_t i = 0; i < t->n; i++)
		if (t->all[i].m.ifindex == m->ifindex && is_recent(&t->all[i], now))
			used[t->all[i].m.vrid] = true;
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->conf && !strcmp(in->conf->interface, interface))
			used[in->conf->vrid] = true;
	return speakers_free_vrid(used, m->vrid);
}

/* False: its interface is gone. */
static bool
describe(const struct speakers_told *t, const struct speaker_told *s,
    const struct instances *is, const struct cluster *c, struct msg_ctl_speaker *out)
{
	const char *name = links_name(is->links, s->m.ifindex);

	if (!name)
		return false;
	*out = (struct msg_ctl_speaker){
		.addr = s->m.addr,
		.vrid = s->m.vrid,
		.clashes = clashes(&s->m, name, is, c),
		.free_vrid = find_free(t, &s->m, name, is, clock_us()),
		.count = s->m.count,
		.heard_us = s->heard_us,
	};
	str_copy(out->interface, sizeof(out->interface), name);
	return true;
}

static struct speaker_told *
find_room(struct speakers_told *t, const struct msg_speaker *m, uint64_t now)
{
	struct speaker_told *room = NULL;

	for (size_t i = 0; i < t->n; i++) {
		struct speaker_told *s = &t->all[i];

		if (s->m.ifindex == m->ifindex && s->m.vrid == m->vrid &&
		    ipaddr_eq(&s->m.addr, &m->addr))
			return s;
		if (!is_recent(s, now) || (!room && s->m.alike && !m->alike))
			room = s;
	}
	if (t->n < SPEAKERS_TOLD_MAX)
		room = &t->all[t->n++];
	if (room)
		*room = (struct speaker_told){ 0 };
	return room;
}

static void
tell(struct speakers_told *t, struct speaker_told *s, const struct msg_ctl_speaker *d)
{
	char text[IPADDR_STRLEN];
	uint32_t held;

	t->limit.interval_us = LOG_US;
	if ((s->logged_us && s->heard_us - s->logged_us < LOG_AGAIN_US) ||
	    !log_allowed(&t->limit, s->heard_us, &held))
		return;
	s->logged_us = s->heard_us;
	log_warn("%s: virtual_router_id %u is also used by %s, no peer or node of ours; "
		 "one of both should have another, %u is free here",
	    d->interface, d->vrid, ipaddr_format(&d->addr, text), d->free_vrid);
}

void
speakers_take(struct speakers_told *t, const struct msg_speaker *m,
    const struct instances *is, const struct cluster *c)
{
	uint64_t now = clock_us();
	struct speaker_told *s = find_room(t, m, now);
	struct msg_ctl_speaker d;

	if (!s)
		return;
	s->m = *m;
	s->heard_us = now;
	if (describe(t, s, is, c, &d) && d.clashes)
		tell(t, s, &d);
}

void
speakers_answer(const struct speakers_told *t, const struct instances *is,
    const struct cluster *c, struct chan *to)
{
	uint64_t now = clock_us();
	struct msg_ctl_speaker d;

	for (size_t i = 0; i < t->n; i++)
		if (is_recent(&t->all[i], now) && !is_node(c, &t->all[i].m.addr) &&
		    describe(t, &t->all[i], is, c, &d))
			chan_send(to, MSG_CTL_SPEAKERS, NULL, &d, 1);
}

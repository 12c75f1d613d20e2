/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outlet.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static struct outlet *
find(const struct outlets *os, uint32_t ifindex)
{
	struct outlet *o = os->first;

	while (o && o->ifindex != ifindex)
		o = o->next;
	return o;
}

static struct outlet *
add(struct outlets *os, uint32_t ifindex, struct iface *iface, uint64_t now)
{
	struct outlet *o = xcalloc(1, sizeof(*o));

	o->ifindex = ifindex;
	o->iface = iface;
	pacing_init(&o->pacing);
	pacing_configure(&o->pacing, &os->conf, now);
	if (os->active)
		pacing_start(&o->pacing, now);
	o->next = os->first;
	os->first = o;
	return o;
}

static void
drop(struct outlets *os, struct outlet *o)
{
	struct outlet **at = &os->first;

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	if (os->turn == o)
		os->turn = o->next;
	pacing_fini(&o->pacing);
	free(o);
}

void
outlets_fini(struct outlets *os)
{
	while (os->first)
		drop(os, os->first);
}

void
outlets_configure(struct outlets *os, const struct pacing_conf *conf, uint64_t now_us)
{
	os->conf = *conf;
	for (struct outlet *o = os->first; o; o = o->next)
		pacing_configure(&o->pacing, conf, now_us);
}

void
outlets_install(struct outlets *os, uint32_t ifindex, struct iface *iface,
    const struct ipaddr *addr, uint64_t now_us)
{
	struct outlet *o = find(os, ifindex);

	if (!o)
		o = add(os, ifindex, iface, now_us);
	pacing_install(&o->pacing, addr, now_us);
}

void
outlets_remove(struct outlets *os, uint32_t ifindex, const struct ipaddr *addr)
{
	struct outlet *o = find(os, ifindex);

	if (!o)
		return;
	pacing_remove(&o->pacing, addr);
	if (!o->pacing.installed)
		drop(os, o);
}

void
outlets_on_iface(struct outlets *os, uint32_t ifindex, struct iface *iface)
{
	struct outlet *o = find(os, ifindex);

	if (o)
		o->iface = iface;
}

void
outlets_start(struct outlets *os, uint64_t now_us)
{
	os->active = true;
	for (struct outlet *o = os->first; o; o = o->next)
		pacing_start(&o->pacing, now_us);
}

void
outlets_stop(struct outlets *os)
{
	os->active = false;
	for (struct outlet *o = os->first; o; o = o->next)
		pacing_stop(&o->pacing);
}

void
outlets_repair(struct outlets *os, uint64_t now_us)
{
	for (struct outlet *o = os->first; o; o = o->next)
		pacing_repair(&o->pacing, now_us);
}

void
outlets_announce_anew(struct outlets *os, const struct iface *iface, uint64_t now_us)
{
	for (struct outlet *o = os->first; o && os->active; o = o->next)
		if (o->iface == iface)
			pacing_start(&o->pacing, now_us);
}

/* A macvlan comes up when every address is there; any other is tried as it is. */
static bool
can_send(const struct outlet *o)
{
	return o->iface && (o->iface->info.usable || !o->iface->info.heard_for);
}

bool
outlets_reach(const struct outlets *os, const uint8_t mac[6])
{
	for (const struct outlet *o = os->first; o; o = o->next)
		if (can_send(o) &&
		    !memcmp(o->iface->info.mac, mac, sizeof(o->iface->info.mac)))
			return true;
	return false;
}

bool
outlets_next(
    struct outlets *os, uint64_t now_us, struct ipaddr *addr, struct iface **iface)
{
	struct outlet *begin = os->turn ? os->turn : os->first, *o = begin;

	while (o) {
		os->turn = o->next;
		if (can_send(o) &&
		    pacing_next(&o->pacing, &o->iface->gate, now_us, addr)) {
			*iface = o->iface;
			return true;
		}
		o = os->turn ? os->turn : os->first;
		if (o == begin)
			break;
	}
	return false;
}

uint64_t
outlets_deadline(const struct outlets *os)
{
	uint64_t at = PACING_NEVER, next;

	for (const struct outlet *o = os->first; o; o = o->next) {
		if (!can_send(o))
			continue;
		next = pacing_deadline(&o->pacing, &o->iface->gate);
		at = next < at ? next : at;
	}
	return at;
}

bool
outlets_have(const struct outlets *os, const struct msg_installed_record *at)
{
	const struct outlet *o = find(os, at->ifindex);

	return o && pacing_has(&o->pacing, &at->addr);
}

void
outlets_defend(struct outlets *os, const struct msg_installed_record *at)
{
	struct outlet *o = find(os, at->ifindex);

	if (o)
		pacing_repeat(&o->pacing, &at->addr);
}

struct visit {
	uint32_t ifindex;
	void (*fn)(void *arg, const struct msg_installed_record *at);
	void *arg;
};

static void
visit_one(void *arg, const struct ipaddr *addr)
{
	const struct visit *v = arg;
	struct msg_installed_record at = { .addr = *addr, .ifindex = v->ifindex };

	v->fn(v->arg, &at);
}

void
outlets_each(const struct outlets *os,
    void (*fn)(void *arg, const struct msg_installed_record *at), void *arg)
{
	struct visit v = { .fn = fn, .arg = arg };

	for (const struct outlet *o = os->first; o; o = o->next) {
		v.ifindex = o->ifindex;
		pacing_each(&o->pacing, visit_one, &v);
	}
}
